//go:build e2e

package e2e

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func profileAddresses(t *testing.T, _ *deployment, shop site) {
	const old, fresh, others, password = "anna@shop.example", "anna.new@shop.example", "berta@shop.example", "correct horse"
	visit(t, shop, english).register(others, password)
	p := visit(t, shop, english)
	p.register(old, password)
	p.profile()
	p.lists(old + " - " + p.words.primary)

	p.unfold(p.words.addEmail)
	p.saves(p.words.newEmailInput, old)
	p.told(p.words.takenEmail)

	// An address of somebody else leads to a dead end, and she is told.
	p.fill(p.words.newEmailInput, others)
	p.press(p.words.save)
	p.at(p.words.passcode)
	notice := p.mail(others)
	assert.NotRegexp(t, codePattern, notice.Text)
	p.enter("123456")
	p.told(p.words.wrongCode)
	p.press(p.words.back)
	p.at(p.words.emails)

	p.unfold(p.words.addEmail)
	p.fill(p.words.newEmailInput, fresh)
	p.press(p.words.save)
	p.at(p.words.passcode)
	p.sees(fresh)
	code := p.code(fresh)
	p.enter(wrong(t, code))
	p.told(p.words.wrongCode)
	p.enter(code)
	p.lists(fresh)
	told := p.mail(old)
	assert.Contains(t, told.Text, fresh, "the old address is told of the new one")

	p.unfold(fresh)
	p.answered(func() { p.press(p.words.makePrimary) })
	p.lists(fresh + " - " + p.words.primary)
	p.unfold(old)
	p.confirms(p.words.delete)
	p.misses(old)

	p.signOut()
	p.byPassword(fresh, password)
	p.skips(p.words.passkey)
	p.is(fresh, "pwd")
	p.signOut()
	p.byPassword(old, password)
	p.told(p.words.invalid)
}

// profileUnverified is where a tenant takes addresses without a code, and checks them later.
func profileUnverified(t *testing.T, d *deployment, _ site) {
	const first, second, password = "ulla@shop.example", "ulla.too@shop.example", "correct horse"
	shop := d.tenant(t, plain(map[string]any{"email": map[string]any{"require_verification": false}}))
	p := visit(t, shop, english)
	p.begins(p.words.signIn)
	p.press(p.words.createAccount)
	p.begins(p.words.signUp)
	p.fill(p.words.email, first)
	p.press(p.words.next)
	p.at(p.words.newPassword)
	p.fill(p.words.newPasswordInput, password)
	p.press(p.words.next)
	p.profile()
	p.lists(first + " - " + p.words.unverified)

	p.unfold(p.words.addEmail)
	p.saves(p.words.newEmailInput, second)
	p.lists(second + " - " + p.words.unverified)
	p.unfold(second)
	p.press(p.words.verify)
	p.at(p.words.passcode)
	p.enter(p.code(second))
	p.lists(second)
}

func profileNameAndPassword(t *testing.T, d *deployment, _ site) {
	const address, first, second, third = "nina@shop.example", "correct horse", "battery staple", "paper clip office"
	shop := d.tenant(t, plain(map[string]any{
		"username": map[string]any{"enabled": true, "optional": true, "acquire_on_registration": false, "acquire_on_login": false},
		"password": map[string]any{"optional": true},
	}))
	byPassword := func(p *person, identifier, password string) {
		p.begins(p.words.signIn)
		p.fill(p.words.identifier, identifier)
		p.press(p.words.next)
		p.at(p.words.chooser)
		p.press(p.words.byPassword)
		p.at(p.words.password)
		p.tryPassword(password)
	}
	p := visit(t, shop, english)
	p.signUp(address)
	p.enter(p.code(address))
	p.at(p.words.newPassword)
	p.fill(p.words.newPasswordInput, first)
	p.press(p.words.next)

	p.profile()
	p.unfold(p.words.setUsername)
	p.saves(p.words.username, "not a name!")
	p.told(p.words.invalidUsername)
	p.saves(p.words.username, "Nina")
	p.lists(p.words.changeUsername)
	p.sees("nina")
	p.unfold(p.words.changeUsername)
	p.saves(p.words.username, "nina_2")
	p.sees("nina_2")
	p.unfold(p.words.changePassword)
	p.saves(p.words.newPasswordInput, second)
	p.lists(p.words.changePassword)
	notice := p.mail(address)
	assert.Contains(t, notice.Subject+notice.Text, "assword", "she is told of it")

	p.signOut()
	byPassword(p, "nina_2", first)
	p.told(p.words.invalid)
	p.tryPassword(second)
	require.Equal(t, "nina_2", p.is(address, "pwd").Claims.Username)

	p.profile()
	p.unfold(p.words.changeUsername)
	p.confirms(p.words.delete)
	p.lists(p.words.setUsername)
	p.unfold(p.words.changePassword)
	p.confirms(p.words.delete)
	p.lists(p.words.setPassword)
	p.signOut()
	byPassword(p, address, second)
	p.told(p.words.invalid)
	p.press(p.words.back)
	p.at(p.words.chooser)
	p.press(p.words.byCode)
	p.at(p.words.passcode)
	p.enter(p.code(address))
	p.is(address, "otp")

	p.profile()
	p.unfold(p.words.setPassword)
	p.saves(p.words.newPasswordInput, third)
	p.lists(p.words.changePassword)
	p.signOut()
	byPassword(p, address, third)
	p.is(address, "pwd")
}

func profilePasskeys(t *testing.T, _ *deployment, shop site) {
	const address, password = "paul@shop.example", "correct horse"
	p := visit(t, shop, english)
	device := p.builtIn()
	p.reopen()
	p.register(address, password)
	p.profile()

	device.recognises(false)
	p.unfold(p.words.createPasskey)
	p.makes(p.words.createPasskey)
	p.told(p.words.cancelled)
	device.recognises(true)
	p.makes(p.words.createPasskey)
	p.unfold("Passkey-")
	p.press(p.words.rename)
	p.at(p.words.renamePasskey)
	p.press(p.words.back)
	p.at(p.words.emails)
	p.unfold("Passkey-")
	p.press(p.words.rename)
	p.at(p.words.renamePasskey)
	p.saves(p.words.passkeyName, "Laptop")
	p.lists("Laptop")

	// The authenticator knows that it holds one.
	p.unfold(p.words.createPasskey)
	p.makes(p.words.createPasskey)
	p.told(p.words.cancelled)
	device.holds(1)

	p.reload()
	p.profile()
	p.unfold("Laptop")
	p.confirms(p.words.delete)
	p.misses("Laptop")
	p.signOut()
	p.identify(address)
	p.press(p.words.viaPasskey)
	p.told(p.words.invalidPasskey)
}

func profileSecondFactors(t *testing.T, d *deployment, _ site) {
	const address, password = "fritz@shop.example", "correct horse"
	shop := d.tenant(t, map[string]any{
		"passkey": map[string]any{"acquire_on_registration": "never", "acquire_on_login": "never"},
		"mfa":     map[string]any{"acquire_on_registration": false},
	})
	p := visit(t, shop, english)
	key := p.plug()
	p.reopen()
	p.signUp(address)
	p.enter(p.code(address))
	p.at(p.words.newPassword)
	p.fill(p.words.newPasswordInput, password)
	p.press(p.words.next)
	p.profile()

	p.unfold(p.words.addKey)
	p.makes(p.words.addKey)
	p.unfold("SecurityKey-")
	p.press(p.words.rename)
	p.at(p.words.renameKey)
	p.saves(p.words.keyName, "Blue key")
	p.lists("Blue key")
	p.unfold(p.words.addKey)
	p.makes(p.words.addKey)
	p.told(p.words.cancelled)
	key.holds(1)

	p.unfold(p.words.manageApp)
	p.press(p.words.setUp)
	p.at(p.words.setUpApp)
	app := p.scan()
	p.enter(wrong(t, app.code()))
	p.told(p.words.wrongCode)
	p.press(p.words.back)
	p.at(p.words.emails)
	p.unfold(p.words.manageApp)
	p.press(p.words.setUp)
	p.at(p.words.setUpApp)
	p.enter(p.scan().code())
	p.lists(p.words.manageApp + " - " + p.words.configured)

	p.unfold("Blue key")
	p.confirms(p.words.delete)
	p.misses("Blue key")
	p.signOut()
	p.byPassword(address, password)
	p.at(p.words.appCode)

	for range 3 { // two second factors more, and one less
		require.NotRegexp(t, codePattern, p.mail(address).Text)
	}
	p = visit(t, shop, english)
	p.byCode(address)
	p.enter(p.code(address))
	p.at(p.words.appCode)
}

// profileSessions ends the session of one browser in another, which notices.
func profileSessions(t *testing.T, _ *deployment, shop site) {
	const address, password = "sara@shop.example", "correct horse"
	lost := visit(t, shop, english)
	lost.register(address, password)
	lost.profile()

	p := visit(t, shop, english)
	p.byPassword(address, password)
	p.skips(p.words.passkey)
	p.profile()
	const browser = "Linux (Headless Chrome)"
	p.lists(browser + " - " + p.words.thisSession)
	p.lists(browser)
	p.click("the other session", call("box", browser))
	p.confirms(p.words.revoke)
	p.misses(browser)

	lost.signedOut()
	require.Equal(t, []string{"session-created", "session-expired"}, lost.events())
	require.Equal(t, []string{"onSessionCreated", "onSessionExpired"}, lost.dispatched())
	p.is(address, "pwd")
}

func profileInGerman(t *testing.T, d *deployment, _ site) {
	const first, second, password = "heidi@shop.example", "heidi.neu@shop.example", "richtiges Pferd"
	shop := d.tenant(t, map[string]any{
		"account":  map[string]any{"allow_deletion": true},
		"passkey":  map[string]any{"acquire_on_registration": "never", "acquire_on_login": "never"},
		"mfa":      map[string]any{"acquire_on_registration": false},
		"username": map[string]any{"enabled": true, "optional": true, "acquire_on_registration": false, "acquire_on_login": false},
	})
	p := visit(t, shop, german)
	device := p.builtIn()
	p.reopen()
	p.signUp(first)
	p.enter(p.code(first))
	p.at(p.words.newPassword)
	p.fill(p.words.newPasswordInput, password)
	p.press(p.words.next)
	p.profile()

	p.unfold(p.words.addEmail)
	p.fill(p.words.newEmailInput, second)
	p.press(p.words.save)
	p.at(p.words.passcode)
	m := p.mail(second)
	assert.Contains(t, m.Text, "Code")
	p.enter(codePattern.FindString(m.Text))
	p.lists(second)
	notice := p.mail(first)
	assert.Contains(t, notice.Text, "E-Mail", "the notice is in her language")

	p.unfold(p.words.setUsername)
	p.saves(p.words.username, "heidi")
	p.lists(p.words.changeUsername)
	p.unfold(p.words.createPasskey)
	p.makes(p.words.createPasskey)
	device.holds(1)
	p.unfold("Passkey-")
	p.confirms(p.words.delete)
	p.lists(p.words.createPasskey)
	p.unfold(p.words.manageApp)
	p.press(p.words.setUp)
	p.at(p.words.setUpApp)
	p.enter(p.scan().code())
	p.lists(p.words.manageApp + " - " + p.words.configured)
	p.deletesAccount()
}

func accountDeleted(t *testing.T, d *deployment, _ site) {
	const address, password = "dora@shop.example", "correct horse"
	shop := d.tenant(t, plain(map[string]any{"account": map[string]any{"allow_deletion": true}}))
	p := visit(t, shop, english)
	p.signUp(address)
	p.enter(p.code(address))
	p.at(p.words.newPassword)
	p.fill(p.words.newPasswordInput, password)
	p.press(p.words.next)
	p.is(address, "otp", "pwd")
	p.profile()
	p.press(p.words.deleteAccount)
	p.at(p.words.deleteAccount)
	p.press(p.words.back)
	p.at(p.words.emails)
	p.deletesAccount()
	require.Nil(t, p.cookie())

	// The client remembers a session until it looks after it the next time, and then begins anew.
	p.until("the end of the session", `sessionStorage.getItem("seen")`, func(json.RawMessage) bool { return len(p.events()) == 3 })
	require.Equal(t, []string{"session-created", "user-deleted", "session-expired"}, p.events())
	require.Equal(t, []string{"onSessionCreated", "onUserDeleted", "onSessionExpired"}, p.dispatched())
	p.reload()
	p.byPassword(address, password)
	p.told(p.words.invalid)
}
