//go:build e2e

package e2e

import (
	"net/url"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A journey is what a person does with a tenant's page, in every deployment alike. Each has addresses of its own: they share a mail host.
type journey struct {
	name string
	run  func(*testing.T, *deployment, site)
}

// journeys walks the main ways, which say whether a deployment works.
func journeys(t *testing.T, d *deployment) {
	t.Helper()
	walk(t, d, mainWays)
}

// allJourneys walks the ways that lead through rules of ours, too. Once for each database, and for either addressing, is enough.
func allJourneys(t *testing.T, d *deployment) {
	t.Helper()
	walk(t, d, append(byways[:len(byways):len(byways)], mainWays...))
}

var mainWays = []journey{
	{"every way to sign in", everyWay},
	{"wrong password", wrongPassword},
	{"wrong code three times", wrongCode},
	{"unknown address, not told", unknownAddress},
	{"unknown address, told", unknownAddressTold},
	{"address taken, not told", takenAddress},
	{"in German", inGerman},
	{"token in a header", headerToken},
	{"stay signed in", staySignedIn},
	{"by user name", byUsername},
	{"another tenant", anotherTenant},
	{"too fast", tooFast},
	{"passkey from the start", passkeyFromTheStart},
	{"authenticator app", appAsSecondFactor},
	{"security key", keyAsSecondFactor},
	{"profile, sessions", profileSessions},
	{"account deleted", accountDeleted},
	{"third party", signUpAtProvider},
	{"SAML", signInBySAML},
}

// byways are in the order of their length, the longest first.
var byways = []journey{
	{"passkeys of others", strangePasskeys},
	{"profile, addresses", profileAddresses},
	{"profile, name and password", profileNameAndPassword},
	{"profile, second factors", profileSecondFactors},
	{"profile, passkeys", profilePasskeys},
	{"profile in German", profileInGerman},
	{"profile, address not verified", profileUnverified},
	{"second factor required", secondFactorRequired},
	{"second factor in German", secondFactorInGerman},
	{"passkey on a new device", newDevice},
	{"passkey, cancelled", cancelled},
	{"name chosen at sign-in", nameAtSignIn},
	{"address given at sign-in", addressAtSignIn},
	{"login and registration apart", apart},
	{"third party, connected", connectProvider},
	{"third party, same address", linkWithProvider},
	{"SAML, same address", linkBySAML},
	{"SAML, a provider of others", strangeProvider},
}

func walk(t *testing.T, d *deployment, ways []journey) {
	t.Helper()
	shop := d.tenant(t, nil)
	for _, j := range ways {
		t.Run(j.name, func(t *testing.T) {
			t.Parallel()
			j.run(t, d, shop)
		})
	}
}

func everyWay(t *testing.T, _ *deployment, shop site) {
	const address, first, second = "kim@shop.example", "correct horse", "battery staple"
	p := visit(t, shop, english)
	require.False(t, p.session().Valid)

	p.register(address, first)
	who := p.is(address, "otp", "pwd").User
	p.signOut()

	p.byPassword(address, first)
	p.skips(p.words.passkey)
	require.Equal(t, who, p.is(address, "pwd").User)
	p.signOut()

	p.byCode(address)
	p.enter(p.code(address))
	p.skips(p.words.passkey)
	require.Equal(t, who, p.is(address, "otp").User)
	p.signOut()

	p.identify(address)
	p.press(p.words.byPassword)
	p.at(p.words.password)
	p.press(p.words.forgotten)
	p.at(p.words.passcode)
	p.enter(p.code(address))
	p.at(p.words.newPassword)
	p.fill(p.words.newPasswordInput, second)
	p.press(p.words.next)
	p.skips(p.words.passkey)
	p.signedIn()
	require.Equal(t, who, p.session().User)
	p.signOut()

	p.byPassword(address, first)
	p.told(p.words.invalid)
	p.tryPassword(second)
	p.skips(p.words.passkey)
	p.is(address, "pwd")

	p.reload()
	p.is(address, "pwd")
	p.signOut()

	in, out := "session-created", "user-logged-out"
	require.Equal(t, []string{in, out, in, out, in, out, in, out, in, out}, p.events())
}

func wrongPassword(t *testing.T, _ *deployment, shop site) {
	const address, right = "lee@shop.example", "correct horse"
	p := visit(t, shop, english)
	p.register(address, right)
	p.signOut()

	p.byPassword(address, "wrong horse")
	p.told(p.words.invalid)
	p.at(p.words.password)
	require.False(t, p.session().Valid)

	p.tryPassword(right)
	p.skips(p.words.passkey)
	p.is(address, "pwd")
}

func wrongCode(t *testing.T, _ *deployment, shop site) {
	const address = "max@shop.example"
	p := visit(t, shop, english)
	p.signUp(address)
	right := p.code(address)

	for _, text := range []string{p.words.wrongCode, p.words.wrongCode, p.words.tooManyCodes} {
		p.enter(wrong(t, right))
		p.told(text)
	}
	// The component now takes no code until there is a new one.
	p.press(p.words.sendAgain)
	fresh := p.code(address)
	p.untold()
	p.enter(fresh)
	p.at(p.words.newPassword)
}

// By default the page does not tell who has an account: a stranger walks the same way, to a dead end.
func unknownAddress(t *testing.T, _ *deployment, shop site) {
	const address = "nobody@shop.example"
	p := visit(t, shop, english)
	p.byPassword(address, "any password")
	p.told(p.words.invalid)

	p = visit(t, shop, english)
	p.byCode(address)
	p.sees(address)
	notice := p.mail(address)
	assert.NotRegexp(t, codePattern, notice.Text, "there is no code for nobody")
	p.enter("123456")
	p.told(p.words.wrongCode)
	require.False(t, p.session().Valid)
}

func unknownAddressTold(t *testing.T, d *deployment, _ site) {
	open := d.tenant(t, map[string]any{"privacy": map[string]any{"show_account_existence_hints": true}})
	p := visit(t, open, english)
	p.begins(p.words.signIn)
	p.fill(p.words.email, "nobody@shop.example")
	p.press(p.words.next)
	p.told(p.words.unknown)

	const address = "ann@shop.example"
	p.reload()
	p.register(address, "correct horse")
	p.signOut()
	p.begins(p.words.signIn)
	p.press(p.words.createAccount)
	p.begins(p.words.signUp)
	p.fill(p.words.email, address)
	p.press(p.words.next)
	p.told(p.words.takenEmail)
}

func takenAddress(t *testing.T, _ *deployment, shop site) {
	const address = "pat@shop.example"
	visit(t, shop, english).register(address, "correct horse")

	p := visit(t, shop, english)
	p.signUp(address)
	notice := p.mail(address)
	assert.NotRegexp(t, codePattern, notice.Text, "the account is not made a second time")
	p.enter("123456")
	p.told(p.words.wrongCode)
}

func inGerman(t *testing.T, _ *deployment, shop site) {
	const address, password = "joerg@shop.example", "richtiges Pferd"
	p := visit(t, shop, german)
	p.register(address, password)
	p.signOut()

	p.byPassword(address, "falsches Pferd")
	p.told(p.words.invalid)
	p.press(p.words.back)
	p.at(p.words.chooser)
	p.press(p.words.byCode)
	p.at(p.words.passcode)
	m := p.mail(address)
	assert.Contains(t, m.Subject, p.words.subject)
	right := codePattern.FindString(m.Text)
	for _, text := range []string{p.words.wrongCode, p.words.wrongCode, p.words.tooManyCodes} {
		p.enter(wrong(t, right))
		p.told(text)
	}
}

// A page on another site than its tenant cannot use cookies: the token travels in a header, and the client keeps it.
func headerToken(t *testing.T, d *deployment, _ site) {
	const address, password = "ida@shop.example", "correct horse"
	origin := "http://elsewhere.localhost:" + servePage(t)
	shop := d.tenant(t, map[string]any{
		"session": map[string]any{"enable_auth_token_header": true},
		"cors":    map[string]any{"allow_origins": []string{origin}},
	})
	shop.page = origin + "/?api=" + url.QueryEscape(shop.api)
	p := visit(t, shop, english)
	p.register(address, password)
	p.is(address, "otp", "pwd")
	require.Nil(t, p.cookie(), "the server sets no cookie")
	p.reload()
	p.is(address, "otp", "pwd")
	p.signOut()
	p.reload()
	p.signedOut()
}

// The session outlives the browser by default. A tenant may leave that to the person.
func staySignedIn(t *testing.T, d *deployment, shop site) {
	const address, password = "tom@shop.example", "correct horse"
	p := visit(t, shop, english)
	p.register(address, password)
	c := p.cookie()
	require.NotNil(t, c)
	assert.True(t, c.HTTPOnly)
	assert.True(t, c.Secure)
	assert.Equal(t, network.CookieSameSiteStrict, c.SameSite)
	assert.False(t, c.Session, "it outlives the browser")

	asks := d.tenant(t, map[string]any{"session": map[string]any{"cookie": map[string]any{"retention": "prompt"}}})
	p = visit(t, asks, english)
	p.register(address, password)
	p.signOut()
	p.byPassword(address, password)
	p.skips(p.words.passkey)
	p.signedIn()
	require.True(t, p.cookie().Session, "it ends with the browser")
	p.signOut()
	p.begins(p.words.signIn)
	p.tick(p.words.stay)
	p.byPassword(address, password)
	p.skips(p.words.passkey)
	p.signedIn()
	require.False(t, p.cookie().Session, "it outlives the browser")
}

func byUsername(t *testing.T, d *deployment, _ site) {
	const name, address, password = "una_42", "una@shop.example", "correct horse"
	shop := d.tenant(t, map[string]any{"username": map[string]any{"enabled": true, "optional": false}})
	p := visit(t, shop, english)
	p.begins(p.words.signIn)
	p.press(p.words.createAccount)
	p.begins(p.words.signUp)
	p.fill(p.words.username, name)
	p.fill(p.words.email, address)
	p.press(p.words.next)
	p.at(p.words.passcode)
	p.enter(p.code(address))
	p.at(p.words.newPassword)
	p.fill(p.words.newPasswordInput, password)
	p.press(p.words.next)
	p.skips(p.words.secondFactor)
	p.skips(p.words.passkey)
	p.is(address, "otp", "pwd")
	p.signOut()

	p.begins(p.words.signIn)
	p.fill(p.words.identifier, "nobody_at_all")
	p.press(p.words.next)
	p.told(p.words.unknownUsername)

	p.fill(p.words.identifier, name)
	p.press(p.words.next)
	p.at(p.words.chooser)
	p.press(p.words.byPassword)
	p.at(p.words.password)
	p.tryPassword(password)
	p.skips(p.words.passkey)
	p.is(address, "pwd")
}

// Neither an account nor a session of one tenant is known to another, though one browser visits both.
func anotherTenant(t *testing.T, d *deployment, shop site) {
	const address, password = "zoe@shop.example", "correct horse"
	p := visit(t, shop, english)
	p.register(address, password)

	other := d.tenant(t, nil)
	p.site = other
	// Pages of two tenants may be at one origin, where the client would take the session of the one for one of the other that has expired.
	p.ask("(localStorage.clear(), true)", new(bool))
	p.goTo(other.page)
	p.signedOut()
	require.False(t, p.session().Valid)
	p.byPassword(address, password)
	p.told(p.words.invalid)
}

// Mails and passwords are limited. Until the next mail the page counts down; for passwords, this version of the component does not.
func tooFast(t *testing.T, _ *deployment, shop site) {
	const address = "eve@shop.example"
	p := visit(t, shop, english)
	p.signUp(address)
	p.code(address)
	for range 2 {
		p.answered(func() { p.press(p.words.sendAgain) })
		p.untold()
		p.code(address)
	}
	p.press(p.words.sendAgain)
	p.told(p.words.slower)
	p.sees("Request a new code in ")

	p = visit(t, shop, english)
	p.byPassword("mallory@shop.example", "guess 0")
	for range 4 {
		p.told(p.words.invalid)
		p.answered(func() { p.tryPassword("another guess") })
	}
	p.told(p.words.invalid)
	p.tryPassword("one guess too many")
	p.told(p.words.slower)
}
