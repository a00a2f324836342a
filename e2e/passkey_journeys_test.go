//go:build e2e

package e2e

import (
	"net/url"
	"testing"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/stretchr/testify/require"
)

// passkeyFromTheStart makes a passkey with the account, and signs in with it in every place that offers to.
func passkeyFromTheStart(t *testing.T, _ *deployment, shop site) {
	const address, password = "pia@shop.example", "correct horse"
	p := visit(t, shop, english)
	device := p.builtIn()
	p.reopen()
	p.begin(address, password)
	p.skips(p.words.secondFactor)
	p.at(p.words.passkey)
	p.press(p.words.createPasskey)
	who := p.is(address, "otp", "pwd", "passkey").User
	require.True(t, device.holds(1)[0].IsResidentCredential)

	p.signOut()
	p.byPasskey()
	require.Equal(t, who, p.is(address, "passkey").User)

	p.signOut()
	p.identify(address)
	p.press(p.words.viaPasskey)
	require.Equal(t, who, p.is(address, "passkey").User)

	// While an address is typed, the browser offers the passkey by itself.
	p.signOut()
	p.begins(p.words.signIn)
	p.picks()
	require.Equal(t, who, p.is(address, "passkey").User)
}

// newDevice signs in by a code on a device without passkeys, which may then have its own.
func newDevice(t *testing.T, _ *deployment, shop site) {
	const address, password = "nora@shop.example", "correct horse"
	visit(t, shop, english).register(address, password)

	p := visit(t, shop, english)
	p.builtIn()
	p.reopen()
	p.byCode(address)
	p.enter(p.code(address))
	p.at(p.words.passkey)
	p.press(p.words.createPasskey)
	p.is(address, "otp")
	p.signOut()
	p.byPasskey()
	p.is(address, "passkey")

	// Who has a passkey is not asked again, but may add another.
	p = visit(t, shop, english)
	phone := p.builtIn()
	p.reopen()
	p.byPassword(address, password)
	p.profile()
	p.unfold(p.words.createPasskey)
	p.makes(p.words.createPasskey)
	phone.holds(1)
	p.signOut()
	p.byPasskey()
	p.is(address, "passkey")
}

// cancelled is a person whom her authenticator does not recognise, or who changes her mind.
func cancelled(t *testing.T, _ *deployment, shop site) {
	const address, password = "carl@shop.example", "correct horse"
	p := visit(t, shop, english)
	device := p.builtIn()
	p.reopen()
	p.begin(address, password)
	p.skips(p.words.secondFactor)
	p.at(p.words.passkey)
	device.recognises(false)
	p.answered(func() { p.press(p.words.createPasskey) })
	p.told(p.words.cancelled)
	p.at(p.words.passkey)
	device.recognises(true)
	p.press(p.words.createPasskey)
	p.is(address, "otp", "pwd", "passkey")

	p.signOut()
	device.recognises(false)
	p.byPasskey()
	p.refusedAtSignIn()
	p.untold()
	device.recognises(true)
	p.press(p.words.byPasskey)
	p.is(address, "passkey")
}

// strangePasskeys are those that sign nobody in here: of another tenant, of an account that is gone, of somebody who copied it, and one that
// is for second factors.
func strangePasskeys(t *testing.T, d *deployment, _ site) {
	const address, password = "otto@shop.example", "correct horse"
	shop := d.tenant(t, map[string]any{
		"account": map[string]any{"allow_deletion": true},
		"mfa":     map[string]any{"acquire_on_registration": false},
	})
	p := visit(t, shop, english)
	device := p.builtIn()
	p.reopen()
	p.signUp(address)
	p.enter(p.code(address))
	p.at(p.words.newPassword)
	p.fill(p.words.newPasswordInput, password)
	p.press(p.words.next)
	p.at(p.words.passkey)
	p.press(p.words.createPasskey)
	who := p.is(address, "otp", "pwd", "passkey").User
	mine := device.holds(1)[0]

	refuses := func(site site, strange *webauthn.Credential, text string) {
		t.Helper()
		p := visit(t, site, english)
		hers := p.builtIn()
		p.reopen()
		hers.keep(strange)
		p.identify(address)
		p.press(p.words.viaPasskey)
		p.told(text)
		p.at(p.words.chooser)
		require.False(t, p.session().Valid)
	}

	// Of another tenant.
	other := d.tenant(t, nil)
	foreign := *mine
	foreign.RpID = relyingParty(t, other)
	refuses(other, &foreign, english.invalidPasskey)

	// Copied: the owner used hers since, so the counter of the copy does not grow.
	thief := *mine
	p.signOut()
	p.byPasskey()
	p.is(address, "passkey")
	refuses(shop, &thief, english.invalidPasskey)
	warning := p.mail(address)
	require.NotRegexp(t, codePattern, warning.Text)

	// A security key.
	key := p.plug()
	p.profile()
	p.unfold(p.words.addKey)
	p.makes(p.words.addKey)
	asPasskey := *key.holds(1)[0]
	asPasskey.IsResidentCredential, asPasskey.UserHandle = true, handle(p, who)
	key.unplug()
	refuses(shop, &asPasskey, english.secondFactorOnly)

	// Of an account that is gone.
	p.reload()
	p.profile()
	p.deletesAccount()
	refuses(shop, device.holds(1)[0], english.invalidPasskey)
}

// relyingParty is the one of a site's passkeys: each tenant's page is at its host.
func relyingParty(t *testing.T, s site) string {
	t.Helper()
	u, err := url.Parse(s.page)
	require.NoError(t, err)
	return u.Hostname()
}
