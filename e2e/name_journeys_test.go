//go:build e2e

package e2e

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// plain leaves out passkeys and second factors, where a journey is about something else.
func plain(config map[string]any) map[string]any {
	config["passkey"], config["mfa"] = withoutPasskeys, map[string]any{"enabled": false}
	return config
}

// nameAtSignIn asks for a name after the sign-in, which then is another way in.
func nameAtSignIn(t *testing.T, d *deployment, _ site) {
	const taken, address, password = "first", "quinn@shop.example", "correct horse"
	shop := d.tenant(t, plain(map[string]any{
		"username": map[string]any{"enabled": true, "optional": true, "acquire_on_registration": false, "acquire_on_login": true},
	}))
	// asked signs up and in again, and ends where a name is asked for.
	asked := func(address string) *person {
		p := visit(t, shop, english)
		p.signUp(address)
		p.enter(p.code(address))
		p.at(p.words.newPassword)
		p.fill(p.words.newPasswordInput, password)
		p.press(p.words.next)
		p.is(address, "otp", "pwd")
		p.signOut()
		p.begins(p.words.signIn)
		p.fill(p.words.identifier, address)
		p.press(p.words.next)
		p.at(p.words.chooser)
		p.press(p.words.byPassword)
		p.at(p.words.password)
		p.tryPassword(password)
		p.at(p.words.newUsername)
		return p
	}
	first := asked("first@shop.example")
	first.fill(first.words.username, taken)
	first.press(first.words.next)
	first.signedIn()

	p := asked(address)
	p.fill(p.words.username, taken)
	p.press(p.words.next)
	p.told(p.words.takenUsername)
	p.fill(p.words.username, "not a name!")
	p.press(p.words.next)
	p.told(p.words.invalidUsername)
	p.fill(p.words.username, "Quinn_7")
	p.press(p.words.next)
	require.Equal(t, "quinn_7", p.is(address, "pwd").Claims.Username)

	p.signOut()
	p.begins(p.words.signIn)
	p.fill(p.words.identifier, "QUINN_7")
	p.press(p.words.next)
	p.at(p.words.chooser)
	p.press(p.words.byCode)
	p.at(p.words.passcode)
	p.enter(p.code(address))
	p.is(address, "otp")
}

// addressAtSignIn asks who signed up with a name only for an address.
func addressAtSignIn(t *testing.T, d *deployment, _ site) {
	const name, address, password = "vera", "vera@shop.example", "correct horse"
	shop := d.tenant(t, plain(map[string]any{
		"email":    map[string]any{"optional": true, "acquire_on_registration": false, "acquire_on_login": true},
		"username": map[string]any{"enabled": true, "optional": false},
	}))
	p := visit(t, shop, english)
	p.begins(p.words.signIn)
	p.press(p.words.createAccount)
	p.begins(p.words.signUp)
	p.fill(p.words.username, name)
	p.press(p.words.next)
	p.at(p.words.newPassword)
	p.fill(p.words.newPasswordInput, password)
	p.press(p.words.next)
	p.signedIn()
	require.Equal(t, name, p.session().Claims.Username)

	p.signOut()
	p.begins(p.words.signIn)
	p.fill(p.words.identifier, name)
	p.press(p.words.next)
	p.at(p.words.password)
	p.tryPassword(password)
	p.at(p.words.newEmail)
	p.fill(p.words.email, address)
	p.press(p.words.next)
	p.at(p.words.passcode)
	p.enter(wrong(t, p.code(address)))
	p.told(p.words.wrongCode)
	p.press(p.words.sendAgain)
	fresh := p.code(address)
	p.untold()
	p.enter(fresh)
	p.is(address, "pwd")
}

// apart has sign-in and sign-up on pages of their own, on another site than the tenant.
func apart(t *testing.T, d *deployment, _ site) {
	const address, password = "gil@shop.example", "correct horse"
	origin := "http://elsewhere.localhost:" + servePage(t)
	shop := d.tenant(t, plain(map[string]any{
		"session": map[string]any{"enable_auth_token_header": true},
		"cors":    map[string]any{"allow_origins": []string{origin}},
	}))
	page := func(element string) string {
		return origin + "/?element=" + element + "&api=" + url.QueryEscape(shop.api)
	}
	shop.page = page("hanko-registration")
	p := visit(t, shop, english)
	p.begins(p.words.signUp)
	p.fill(p.words.email, address)
	p.press(p.words.next)
	p.at(p.words.passcode)
	p.enter(p.code(address))
	p.at(p.words.newPassword)
	p.fill(p.words.newPasswordInput, password)
	p.press(p.words.next)
	p.is(address, "otp", "pwd")
	p.signOut()
	p.begins(p.words.signUp)

	p.goTo(page("hanko-login"))
	p.byPassword(address, password)
	p.is(address, "pwd")
	p.profile()
	p.lists(address + " - " + p.words.primary)
	require.Equal(t, []string{"onSessionCreated", "onUserLoggedOut", "onSessionCreated"}, p.dispatched())
}
