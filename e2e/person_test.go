//go:build e2e

package e2e

import (
	"context"
	_ "embed"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// patience is how long a person waits for the page to do something. Where nothing is wrong it is never used up; a machine that runs several browsers
// and servers at once on two cores has needed more than twenty seconds for the largest page.
const patience = 60 * time.Second

//go:embed page.js
var pageScript string

// recorder notes the events of the client in the tab's storage, so that they outlive a reload, and the states that a page has shown. Those
// that <hanko-events> dispatches are noted apart. And it makes the browser wait for somebody to pick one of the passkeys that it offers while
// an address is typed: an imitated authenticator never waits.
const recorder = `window.states = [];
document.addEventListener("hanko-after-state-change", (event) => window.states.push(event.detail.state.name));
const note = (list, name, detail) => {
	const seen = JSON.parse(sessionStorage.getItem(list) ?? "[]");
	seen.push({ name, detail });
	sessionStorage.setItem(list, JSON.stringify(seen));
};
for (const name of ["session-created", "session-expired", "user-logged-out", "user-deleted"]) {
	document.addEventListener("hanko-" + name, (event) => note("seen", name, event.detail));
}
for (const name of ["onSessionCreated", "onSessionExpired", "onUserLoggedOut", "onUserDeleted"]) {
	document.addEventListener(name, (event) => {
		if (event.target.localName === "hanko-events") {
			note("dispatched", name, event.detail);
		}
	}, true);
}
const ask = navigator.credentials?.get.bind(navigator.credentials);
if (ask) {
	navigator.credentials.get = (options) => options.mediation !== "conditional" ? ask(options) : new Promise((resolve, reject) => {
		options.signal?.addEventListener("abort", () => reject(options.signal.reason));
		window.pick = () => ask(options).then(resolve, reject);
	});
}`

// A person sits in front of a browser of their own, sees what is on a site's sign-in page, and types and clicks.
type person struct {
	t     *testing.T
	ctx   context.Context
	site  site
	words words
	watch watch
}

// visit opens the sign-in page of a site in a fresh profile, for somebody who reads these words.
func visit(t *testing.T, s site, w words) *person {
	t.Helper()
	ctx, leave := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	p := &person{t: t, ctx: ctx, site: s, words: w}
	t.Cleanup(leave)
	t.Cleanup(p.look)
	require.NoError(t, chromedp.Do(ctx)) // opens the tab, without a time limit that would close it
	require.NoError(t, chromedp.Listen(ctx, p.watch.see))
	_, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	require.NoError(t, err)
	_, err = chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: recorder})
	require.NoError(t, err)
	p.goTo(s.page)
	return p
}

// goTo opens an address in the person's language.
func (p *person) goTo(address string) {
	p.t.Helper()
	u, err := url.Parse(address)
	require.NoError(p.t, err)
	query := u.Query()
	query.Set("lang", p.words.language)
	u.RawQuery = query.Encode()
	p.do(navigate(u.String()))
}

func navigate(address string) chromedp.Action[chromedp.Void] { return chromedp.Navigate(address) }

// returnsWith waits until the browser is back on the page with an error of a provider in its address.
func (p *person) returnsWith(code string) {
	p.t.Helper()
	p.until("the error "+code, `new URLSearchParams(location.search).get("error")`, func(raw json.RawMessage) bool { return string(raw) == `"`+code+`"` })
}

// do runs steps in the browser.
func (p *person) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	require.NoError(p.t, chromedp.Do(ctx, steps...))
}

// eval evaluates an expression in the page and waits for its promise.
func (p *person) eval(ctx context.Context, expression string) (json.RawMessage, error) {
	return chromedp.Run(ctx, chromedp.Evaluate[[]byte](pageScript+"\n"+expression, chromedp.EvalAwaitPromise))
}

// until waits for an expression to have a value that is right. What is thrown, as while a page loads, is not right.
func (p *person) until(what, expression string, right func(raw json.RawMessage) bool) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var last json.RawMessage
	var err error
	for {
		var raw json.RawMessage
		if raw, err = p.eval(ctx, expression); err == nil {
			last = raw
			if right(raw) {
				return
			}
		}
		select {
		case <-ctx.Done():
			require.FailNow(p.t, "waited in vain for "+what, "the last value was %s, the last error %v; the page says:\n%s", last, err, p.text())
		case <-tick.C:
		}
	}
}

// reload loads the page anew, and waits for it.
func (p *person) reload() {
	p.t.Helper()
	p.do(chromedp.Reload())
}

// call is a call of a function of page.js.
func call(function string, args ...string) string {
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = strconv.QuoteToASCII(a)
	}
	return "person." + function + "(" + strings.Join(quoted, ", ") + ")"
}

// click moves the mouse to what the expression finds, and clicks.
func (p *person) click(what, expression string) {
	p.t.Helper()
	var at struct{ X, Y float64 }
	p.until(what, expression, func(raw json.RawMessage) bool {
		return string(raw) != "null" && json.Unmarshal(raw, &at) == nil
	})
	p.do(chromedp.MouseClickXY(at.X, at.Y))
}

// press clicks a button or link by what is written on it.
func (p *person) press(text string) {
	p.t.Helper()
	p.click("a button “"+text+"”", call("button", text))
}

// fill types a text into an input, which is known by what it asks for, instead of what is in it.
func (p *person) fill(label, text string) {
	p.t.Helper()
	p.click("an input “"+label+"”", call("input", label))
	p.do(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), insert(text))
	p.until("the typed text", call("value", label), func(raw json.RawMessage) bool {
		var value string
		return json.Unmarshal(raw, &value) == nil && value == text
	})
}

// tick clicks a box by what is written next to it, and waits for the answer.
func (p *person) tick(text string) {
	p.t.Helper()
	p.answered(func() { p.click("a box “"+text+"”", call("box", text)) })
}

// insert pastes a text. Typed without a pause between the keys, some are lost: the component draws its inputs anew after each.
func insert(text string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, input.InsertText, input.InsertTextParams{Text: text})
		return err
	})
}

// enter types a code, which is sent with its last digit, and waits for the answer.
func (p *person) enter(code string) {
	p.t.Helper()
	p.click("the boxes of a code", call("boxes"))
	p.answered(func() { p.do(chromedp.KeyEvent(code)) })
}

// answered does something that the server is asked about, and waits for the state that it answers.
func (p *person) answered(do func()) {
	p.t.Helper()
	var before int
	p.ask("window.states.length", &before)
	do()
	p.until("an answer", "window.states.length", func(raw json.RawMessage) bool {
		now, err := strconv.Atoi(string(raw))
		return err == nil && now > before
	})
}

// sees waits for a text on the page.
func (p *person) sees(text string) {
	p.t.Helper()
	p.until("the text “"+text+"”", call("text"), func(raw json.RawMessage) bool {
		var page string
		return json.Unmarshal(raw, &page) == nil && strings.Contains(page, text)
	})
}

// at waits for the page with a headline.
func (p *person) at(headline string) {
	p.t.Helper()
	p.until("the page “"+headline+"”", call("headline"), func(raw json.RawMessage) bool {
		var page string
		return json.Unmarshal(raw, &page) == nil && page == headline
	})
}

// begins waits for the first page of a flow. The component shows that twice, half a second apart, so that whoever is faster with the next
// page is thrown back: nobody is, but a test.
func (p *person) begins(headline string) {
	p.t.Helper()
	p.at(headline)
	p.until("the start of the flow", "window.states.slice(-2)", func(raw json.RawMessage) bool {
		var last []string
		return json.Unmarshal(raw, &last) == nil && len(last) == 2 && last[0] == last[1] && strings.HasSuffix(last[0], "_init")
	})
}

// told waits until the page shows exactly this error.
func (p *person) told(text string) {
	p.t.Helper()
	p.until("the error “"+text+"”", call("errors"), func(raw json.RawMessage) bool {
		var errors []string
		return json.Unmarshal(raw, &errors) == nil && len(errors) == 1 && errors[0] == text
	})
}

// untold waits until the page shows no error.
func (p *person) untold() {
	p.t.Helper()
	p.until("no error", call("errors"), func(raw json.RawMessage) bool { return string(raw) == "[]" })
}

// signedIn waits for the page of somebody who is signed in; signedOut for that of somebody who is not.
func (p *person) signedIn() { p.t.Helper(); p.state("signed-in") }

func (p *person) signedOut() { p.t.Helper(); p.state("signed-out") }

func (p *person) state(state string) {
	p.t.Helper()
	p.until("being "+state, "document.body.dataset.state ?? null", func(raw json.RawMessage) bool { return string(raw) == `"`+state+`"` })
}

// A session is what the client says about the session.
type session struct {
	Valid  bool   `json:"is_valid"`
	User   string `json:"user_id"`
	Claims struct {
		Subject string `json:"subject"`
		Email   struct {
			Address  string `json:"address"`
			Primary  bool   `json:"is_primary"`
			Verified bool   `json:"is_verified"`
		} `json:"email"`
		Username string   `json:"username"`
		AMR      []string `json:"amr"`
	} `json:"claims"`
}

// session asks the client to validate the session.
func (p *person) session() session {
	p.t.Helper()
	var s session
	p.ask("hanko.validateSession()", &s)
	return s
}

// ask evaluates an expression in the page and decodes its value.
func (p *person) ask(expression string, into any) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	raw, err := p.eval(ctx, expression)
	require.NoError(p.t, err)
	require.NoError(p.t, json.Unmarshal(raw, into), "%s", raw)
}

// An event is one that the client dispatched.
type event struct {
	Name   string          `json:"name"`
	Detail json.RawMessage `json:"detail"`
}

// events are the names of those that the client dispatched in this tab, in their order.
func (p *person) events() []string {
	p.t.Helper()
	return p.noted("seen")
}

// dispatched are the names of those that <hanko-events> dispatched in this tab, in their order.
func (p *person) dispatched() []string {
	p.t.Helper()
	return p.noted("dispatched")
}

func (p *person) noted(list string) []string {
	p.t.Helper()
	var seen []event
	p.ask(`JSON.parse(sessionStorage.getItem("`+list+`") ?? "[]")`, &seen)
	names := []string{}
	for _, e := range seen {
		names = append(names, e.Name)
	}
	return names
}

// mail waits for the next mail to an address.
func (p *person) mail(to string) mail {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	m, err := p.site.mailbox.next(ctx, to)
	require.NoError(p.t, err, "waited in vain for a mail to %s", to)
	return m
}

var codePattern = regexp.MustCompile(`\b\d{6}\b`)

// code waits for the next mail to an address, and reads the code in it.
func (p *person) code(to string) string {
	p.t.Helper()
	m := p.mail(to)
	code := codePattern.FindString(m.Text)
	require.NotEmpty(p.t, code, "no code in the mail:\n%s", m.Text)
	require.Contains(p.t, strings.ReplaceAll(m.HTML, " ", ""), code, "both parts of the mail have the code")
	return code
}

// text is what can be read on the page at this moment.
func (p *person) text() string {
	ctx, cancel := context.WithTimeout(p.ctx, time.Second)
	defer cancel()
	raw, err := p.eval(ctx, call("text"))
	if err != nil {
		return "(" + err.Error() + ")"
	}
	var text string
	_ = json.Unmarshal(raw, &text) // nothing to read
	return text
}

// look fails where something went wrong behind the page, and keeps what a person saw when the test failed.
func (p *person) look() {
	for _, text := range p.watch.noted() {
		p.t.Error(text)
	}
	if !p.t.Failed() {
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if where, err := p.eval(ctx, "[location.href, window.states]"); err == nil {
		p.t.Logf("the browser is at, and went through: %s", where)
	}
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		p.t.Logf("no screenshot: %v", err)
		return
	}
	file, err := os.CreateTemp("", "latchkeep-e2e-"+filepath.Base(p.t.Name())+"-*.png")
	if err != nil {
		p.t.Logf("no screenshot: %v", err)
		return
	}
	defer file.Close()
	if _, err := file.Write(png); err == nil {
		p.t.Logf("screenshot: %s", file.Name())
	}
}
