//go:build e2e

package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// withoutPasskeys is the part of a configuration that leaves them out, where they are not what a journey is about.
var withoutPasskeys = map[string]any{"enabled": false}

func appAsSecondFactor(t *testing.T, d *deployment, _ site) {
	const address, password = "tilda@shop.example", "correct horse"
	shop := d.tenant(t, map[string]any{"passkey": withoutPasskeys})
	p := visit(t, shop, english)
	p.begin(address, password)
	p.press(p.words.app)
	p.at(p.words.setUpApp)
	given := p.scan()
	p.press(p.words.back)
	p.at(p.words.secondFactor)
	p.press(p.words.app)
	p.at(p.words.setUpApp)
	app := p.scan()
	require.NotEqual(t, given.secret, app.secret, "each visit draws a secret")
	p.enter(wrong(t, app.latest()))
	p.told(p.words.wrongCode)
	require.Equal(t, app.secret, p.scan().secret, "a wrong code changes nothing")
	p.retype(app.show())
	who := p.is(address, "otp", "pwd", "totp").User

	// The code that enrolled is used up. This version of the component has no words for that.
	p.signOut()
	p.byPassword(address, password)
	p.at(p.words.appCode)
	p.enter(app.show())
	p.told("flowErrors.otp_code_already_used")
	require.False(t, p.session().Valid)
	p.enter(app.code())

	// Not trusted: the next sign-in asks again. Trusted: it does not, until the browser forgets.
	p.skips(p.words.trust)
	require.Equal(t, who, p.is(address, "pwd", "totp").User)
	p.signOut()
	p.byCode(address)
	p.enter(p.code(address))
	p.at(p.words.appCode)
	p.enter(app.code())
	p.at(p.words.trust)
	p.press(p.words.trustIt)
	p.is(address, "otp", "totp")
	p.signOut()
	p.byPassword(address, password)
	p.is(address, "pwd")

	// Another browser is not trusted. A password that is forgotten does not replace the second factor.
	p = visit(t, shop, english)
	p.identify(address)
	p.press(p.words.byPassword)
	p.at(p.words.password)
	p.press(p.words.forgotten)
	p.at(p.words.passcode)
	p.enter(p.code(address))
	p.at(p.words.appCode)
}

func keyAsSecondFactor(t *testing.T, d *deployment, _ site) {
	const address, password = "sven@shop.example", "correct horse"
	shop := d.tenant(t, map[string]any{"passkey": withoutPasskeys})
	p := visit(t, shop, english)
	key := p.plug()
	p.reopen()
	p.begin(address, password)
	p.press(p.words.key)
	p.at(p.words.setUpKey)
	p.press(p.words.back)
	p.at(p.words.secondFactor)
	p.setUpKey()
	p.is(address, "otp", "pwd", "security_key")
	mine := key.holds(1)[0]
	require.False(t, mine.IsResidentCredential)

	// The wrong key, then the right one.
	p.signOut()
	p.byPassword(address, password)
	p.at(p.words.keyLogin)
	key.forget()
	p.answered(func() { p.press(p.words.useKey) })
	p.at(p.words.keyLogin)
	require.False(t, p.session().Valid)
	key.keep(mine)
	p.press(p.words.useKey)
	p.skips(p.words.trust)
	p.is(address, "pwd", "security_key")

	// Who has an app, too, may choose.
	p.profile()
	p.unfold(p.words.manageApp)
	p.press(p.words.setUp)
	p.at(p.words.setUpApp)
	app := p.scan()
	p.enter(app.code())
	p.lists(p.words.manageApp + " - " + p.words.configured)
	p.signOut()
	p.byPassword(address, password)
	p.at(p.words.keyLogin)
	p.press(p.words.another)
	p.at(p.words.appCode)
	p.press(p.words.another)
	p.at(p.words.keyLogin)
	p.press(p.words.another)
	p.at(p.words.appCode)
	p.enter(wrong(t, app.show()))
	p.told(p.words.wrongCode)
	require.False(t, p.session().Valid)
	p.enter(app.code())
	p.at(p.words.trust)
	p.press(p.words.trustIt)
	p.is(address, "pwd", "totp")
}

func secondFactorInGerman(t *testing.T, _ *deployment, shop site) {
	const address, password = "jutta@shop.example", "richtiges Pferd"
	p := visit(t, shop, german)
	device, key := p.builtIn(), p.plug()
	p.reopen()
	p.begin(address, password)
	p.setUpKey()
	p.at(p.words.passkey)
	hers := key.holds(1)[0]
	key.unplug()
	device.recognises(false)
	p.press(p.words.createPasskey)
	p.told(p.words.cancelled)
	device.recognises(true)
	p.press(p.words.createPasskey)
	p.is(address, "otp", "pwd", "passkey", "security_key")

	p.signOut()
	p.byPasskey()
	p.is(address, "passkey")
	p.signOut()
	p.plug().keep(hers)
	p.byPassword(address, password)
	p.at(p.words.keyLogin)
	p.press(p.words.useKey)
	p.at(p.words.trust)
	p.press(p.words.trustIt)
	p.is(address, "pwd", "security_key")
}

// secondFactorRequired leaves nobody in without one, where she cannot have one, too.
func secondFactorRequired(t *testing.T, d *deployment, _ site) {
	const address, password = "rita@shop.example", "correct horse"
	strict := d.tenant(t, map[string]any{"mfa": map[string]any{"optional": false}, "passkey": withoutPasskeys})
	p := visit(t, strict, english)
	p.begin(address, password)
	p.offersNo(p.words.skip)
	p.setUpApp()
	p.is(address, "otp", "pwd", "totp")
	p.profile()
	p.unfold(p.words.manageApp)
	p.sees("Authenticator app is set up")
	p.offersNo(p.words.delete)

	// A tenant that wants the authenticator of the computer, and a computer that has none.
	builtIn := d.tenant(t, map[string]any{
		"mfa": map[string]any{
			"optional": false, "acquire_on_login": true,
			"totp":          map[string]any{"enabled": false},
			"security_keys": map[string]any{"authenticator_attachment": "platform"},
		},
		"passkey": withoutPasskeys,
	})
	p = visit(t, builtIn, english)
	p.signUp("bob@shop.example")
	p.enter(p.code("bob@shop.example"))
	p.at(p.words.newPassword)
	p.fill(p.words.newPasswordInput, password)
	p.press(p.words.next)
	p.at(p.words.failed)
	p.told(p.words.needsBuiltIn)
	require.False(t, p.session().Valid)

	// With one, she can.
	p = visit(t, builtIn, english)
	p.builtIn()
	p.reopen()
	p.begin("eva@shop.example", password)
	p.press(p.words.next)
	p.at(p.words.setUpKey)
	p.press(p.words.addKey)
	p.is("eva@shop.example", "otp", "pwd", "security_key")

	// Elsewhere, her computer's authenticator is missing.
	p = visit(t, builtIn, english)
	p.byPassword("eva@shop.example", password)
	p.at(p.words.failed)
	p.told(p.words.needsBuiltIn)
	require.False(t, p.session().Valid)
}
