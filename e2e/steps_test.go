//go:build e2e

package e2e

import (
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// The steps of which journeys consist. Each begins and ends on a page that it names.

// signUp goes from the sign-in page to that where the code from a mail is entered, to make an account.
func (p *person) signUp(address string) {
	p.t.Helper()
	w := p.words
	p.begins(w.signIn)
	p.press(w.createAccount)
	p.begins(w.signUp)
	p.fill(w.email, address)
	p.press(w.next)
	p.at(w.passcode)
	p.sees(address)
}

// begin signs up from the sign-in page, with a code from a mail and a password, and ends where a second factor is offered.
func (p *person) begin(address, password string) {
	p.t.Helper()
	w := p.words
	p.signUp(address)
	p.enter(p.code(address))
	p.at(w.newPassword)
	p.fill(w.newPasswordInput, password)
	p.press(w.next)
	p.at(w.secondFactor)
}

// register signs up from the sign-in page, with a code from a mail and a password and nothing else, and ends signed in.
func (p *person) register(address, password string) {
	p.t.Helper()
	p.begin(address, password)
	p.skips(p.words.secondFactor)
	p.skips(p.words.passkey)
	p.signedIn()
}

// skips leaves out what the page with a headline offers.
func (p *person) skips(headline string) {
	p.t.Helper()
	p.at(headline)
	p.press(p.words.skip)
}

// identify gives an address on the sign-in page, and ends where the way to sign in is chosen.
func (p *person) identify(address string) {
	p.t.Helper()
	p.begins(p.words.signIn)
	p.fill(p.words.email, address)
	p.press(p.words.next)
	p.at(p.words.chooser)
}

// tryPassword gives a password on the password page.
func (p *person) tryPassword(password string) {
	p.t.Helper()
	p.fill(p.words.passwordInput, password)
	p.press(p.words.signIn)
}

// byPassword goes from the sign-in page to the password page, and gives the password.
func (p *person) byPassword(address, password string) {
	p.t.Helper()
	p.identify(address)
	p.press(p.words.byPassword)
	p.at(p.words.password)
	p.tryPassword(password)
}

// byCode goes from the sign-in page to that where the code from a mail is entered.
func (p *person) byCode(address string) {
	p.t.Helper()
	p.identify(address)
	p.press(p.words.byCode)
	p.at(p.words.passcode)
}

// signOut presses the button of the page, and ends on the sign-in page.
func (p *person) signOut() {
	p.t.Helper()
	p.press("Sign out")
	p.signedOut()
	require.False(p.t, p.session().Valid, "the session is over")
}

// is checks whose session it is and how it came about.
func (p *person) is(address string, amr ...string) session {
	p.t.Helper()
	p.signedIn()
	s := p.session()
	require.True(p.t, s.Valid)
	require.Equal(p.t, address, s.Claims.Email.Address)
	require.True(p.t, s.Claims.Email.Verified)
	require.True(p.t, s.Claims.Email.Primary)
	require.Equal(p.t, s.User, s.Claims.Subject)
	require.Equal(p.t, amr, s.Claims.AMR)
	return s
}

// cookie is the one that the session is in; nil where there is none.
func (p *person) cookie() *network.Cookie {
	p.t.Helper()
	found, err := chromedp.Call(p.ctx, network.GetCookies, network.GetCookiesParams{URLs: []string{p.site.api + "/"}})
	require.NoError(p.t, err)
	for _, c := range found.Cookies {
		if c.Name == "hanko" {
			return c
		}
	}
	return nil
}

// wrong is a code that is not the right one.
func wrong(t *testing.T, code string) string {
	t.Helper()
	n, err := strconv.Atoi(code)
	require.NoError(t, err)
	other := strconv.Itoa(1_000_000 + (n+1)%1_000_000)
	return other[1:]
}
