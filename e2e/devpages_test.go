//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"flag"
	"image/png"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

var updatePicture = flag.Bool("update", false, "write docs/images/demo.png anew")

// The pages that "make run" announces: a newcomer follows the links of the first one.
func TestDevPages(t *testing.T) {
	needBrowser(t)
	t.Parallel()
	d := devMode(t)
	p := visit(t, site{page: d.home}, english)
	var links map[string]string
	p.ask(`Object.fromEntries([...document.querySelectorAll("nav a")].map((a) => [a.querySelector("strong").innerText, a.href]))`, &links)
	require.Len(t, links, 6)

	t.Run("the APIs are described", func(t *testing.T) {
		for name, route := range map[string]string{
			"Public API": "/sessions/validate", "Admin API": "/users/{user_id}/emails", "Console API": "/tenants/{id}/config",
		} {
			p.goTo(links[name])
			p.shows(route)
		}
	})

	t.Run("the console lets nobody sign up", func(t *testing.T) {
		p.goTo(links["Console"])
		p.shows("latchkeep operator invite")
		p.until("the form without a way to sign up", `document.querySelector("#sign-in > hanko-login") !== null`, isTrue)
	})

	if *updatePicture {
		t.Run("the picture", func(t *testing.T) {
			taken := picture(t, site{page: links["Demo tenant"]})
			require.Less(t, len(taken), smallEnough)
			require.NoError(t, os.WriteFile("../docs/images/demo.png", taken, 0o644))
		})
	}

	t.Run("the inbox fills by itself", func(t *testing.T) {
		const address = "new@shop.example"
		p.goTo(links["Mail inbox"])
		p.shows("Nothing yet")

		kim := visit(t, site{page: links["Demo tenant"], mailbox: d.inbox}, english)
		kim.signUp(address)
		code := kim.code(address)

		p.shows("to " + address)
		p.do(chromedp.Click(chromedp.CSS(".mails a")))
		p.shows("Plain text")
		p.shows(code)
		var inside string
		p.ask(`fetch(document.querySelector("iframe").src).then((answer) => answer.text())`, &inside)
		require.Contains(t, inside, "<html")
	})
}

// The demo page is the first that a newcomer sees of the product, and may be on a phone.
func TestDemoPageFitsAPhone(t *testing.T) {
	needBrowser(t)
	t.Parallel()
	d := devMode(t)
	p := visit(t, site{page: d.demo, api: strings.TrimSuffix(d.demo, "/"), mailbox: d.inbox}, english)
	_, err := chromedp.Call(p.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: 360, Height: 740, DeviceScaleFactor: 1, Mobile: true,
	})
	require.NoError(t, err)
	fits := func() {
		t.Helper()
		var width int
		p.ask("document.documentElement.scrollWidth", &width)
		require.LessOrEqual(t, width, 360, "nobody needs to scroll to the side")
	}
	p.reopen()
	fits()
	p.register("a.person.with.rather.a.long.address@shop.example", "correct horse")
	p.profile()
	fits()
	p.unfold(p.words.addEmail)
	p.unfold(p.words.changePassword)
	p.sees("Must be between")
	fits()
	p.signOut()
}

// smallEnough is the most that the picture in the README may weigh, in bytes.
const smallEnough = 150_000

// picture is what the README shows: the sign-in page as it is.
func picture(t *testing.T, s site) []byte {
	t.Helper()
	p := visit(t, s, english)
	_, err := chromedp.Call(p.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: 800, Height: 600, DeviceScaleFactor: 1.6,
	})
	require.NoError(t, err)
	p.begins(p.words.signIn)
	p.fill(p.words.email, "kim@shop.example")
	p.until("the end of all motion", `document.querySelector("hanko-auth").shadowRoot.getAnimations().length`, func(raw json.RawMessage) bool {
		return string(raw) == "0"
	})
	shot, err := chromedp.Call(p.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{})
	require.NoError(t, err)
	seen, err := png.Decode(bytes.NewReader(shot.Data))
	require.NoError(t, err)
	var small bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	require.NoError(t, encoder.Encode(&small, seen))
	return small.Bytes()
}

// shows waits for a text on a page that has no form of ours.
func (p *person) shows(text string) {
	p.t.Helper()
	p.until("the text “"+text+"”", "document.body.innerText", func(raw json.RawMessage) bool {
		var page string
		return json.Unmarshal(raw, &page) == nil && strings.Contains(page, text)
	})
}
