//go:build e2e

package e2e

import (
	"encoding/json"
	"strconv"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// reopen loads the sign-in page again, which then knows the authenticators that are there now.
func (p *person) reopen() {
	p.t.Helper()
	p.reload()
	p.begins(p.words.signIn)
}

// byPasskey goes from the sign-in page on with a passkey.
func (p *person) byPasskey() {
	p.t.Helper()
	p.begins(p.words.signIn)
	p.press(p.words.byPasskey)
}

// picks takes the passkey that the browser offers next to the address.
func (p *person) picks() {
	p.t.Helper()
	p.until("an offer of the browser", "window.pick ? (window.pick(), true) : false", func(raw json.RawMessage) bool {
		return string(raw) == "true"
	})
}

// setUpApp chooses the app on the page that offers second factors, and ends after it.
func (p *person) setUpApp() *authenticatorApp {
	p.t.Helper()
	p.press(p.words.app)
	p.at(p.words.setUpApp)
	a := p.scan()
	p.enter(a.code())
	return a
}

// setUpKey chooses the security key on the page that offers second factors, and ends after it.
func (p *person) setUpKey() {
	p.t.Helper()
	p.press(p.words.key)
	p.at(p.words.setUpKey)
	p.press(p.words.addKey)
}

// retype takes back a code that was wrong, where the component leaves it standing, and enters another.
func (p *person) retype(code string) {
	p.t.Helper()
	p.click("the last box of a code", call("lastBox"))
	p.until("empty boxes", call("boxes"), func(raw json.RawMessage) bool {
		if string(raw) != "null" {
			return true
		}
		p.do(chromedp.KeyEvent(kb.Backspace))
		return false
	})
	p.enter(code)
}

// unfold opens the entry of the profile that begins with a text.
func (p *person) unfold(beginning string) {
	p.t.Helper()
	p.click("an entry “"+beginning+"”", call("boxLike", beginning))
}

// lists waits until the profile has an entry that is called so.
func (p *person) lists(entry string) {
	p.t.Helper()
	p.entries("the entry “"+entry+"”", func(all map[string]bool) bool { return all[entry] })
}

// misses waits until the profile has no entry that is called so.
func (p *person) misses(entry string) {
	p.t.Helper()
	p.entries("no entry “"+entry+"”", func(all map[string]bool) bool { return len(all) > 0 && !all[entry] })
}

func (p *person) entries(what string, right func(all map[string]bool) bool) {
	p.t.Helper()
	p.until(what, call("labels"), func(raw json.RawMessage) bool {
		var labels []string
		all := map[string]bool{}
		if json.Unmarshal(raw, &labels) != nil {
			return false
		}
		for _, l := range labels {
			all[l] = true
		}
		return right(all)
	})
}

// shown counts how often the profile was shown since the page was loaded.
const shown = `window.states.filter((state) => state === "profile_init").length`

// profile waits for the profile of who is signed in, until it has begun: see begins.
func (p *person) profile() {
	p.t.Helper()
	p.signedIn()
	p.showsProfile(2)
}

func (p *person) showsProfile(times int) {
	p.t.Helper()
	p.until("the profile", shown, func(raw json.RawMessage) bool {
		n, err := strconv.Atoi(string(raw))
		return err == nil && n >= times
	})
}

// makes presses what begins a ceremony in the profile, and waits for its end: the component then shows the profile twice, and folds
// everything the second time.
func (p *person) makes(text string) {
	p.t.Helper()
	var before int
	p.ask(shown, &before)
	p.press(text)
	p.showsProfile(before + 2)
}

// saves fills in a text in the unfolded entry, and waits for the answer.
func (p *person) saves(label, text string) {
	p.t.Helper()
	p.fill(label, text)
	p.answered(func() { p.press(p.words.save) })
}

// confirms presses something dangerous, says yes, and waits for the answer.
func (p *person) confirms(text string) {
	p.t.Helper()
	p.press(text)
	p.answered(func() { p.press(p.words.yes) })
}

// refusedAtSignIn waits for the form with the address to come back from a passkey.
func (p *person) refusedAtSignIn() {
	p.t.Helper()
	p.until("the form again", "window.states.slice(-2)", func(raw json.RawMessage) bool { return string(raw) == `["login_passkey","login_init"]` })
	p.at(p.words.signIn)
}

// offersNo checks that nothing can be pressed that is called so, on a page that was waited for.
func (p *person) offersNo(text string) {
	p.t.Helper()
	var spot any
	p.ask(call("button", text), &spot)
	require.Nil(p.t, spot, "there is a button “%s”", text)
}

// deletesAccount goes from the profile to the end of the account, and ends on the sign-in page.
func (p *person) deletesAccount() {
	p.t.Helper()
	p.press(p.words.deleteAccount)
	p.at(p.words.deleteAccount)
	p.click("the box to confirm", call("box", p.words.reallyDelete))
	p.press(p.words.delete)
	p.signedOut()
	require.False(p.t, p.session().Valid, "the session is over")
}

// handle is what authenticators know a user by: the bytes of her id (flow-login-registration §9).
func handle(p *person, userID string) []byte {
	p.t.Helper()
	id, err := uuid.Parse(userID)
	require.NoError(p.t, err)
	return id[:]
}
