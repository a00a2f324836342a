//go:build e2e

package e2e

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

var updateConsole = flag.Bool("update-console", false, "write docs/images/console anew")

// axe finds barriers on a page: see testdata/axe.
//
//go:embed testdata/axe/axe.js.txt
var axe string

// An operator is a person at the console.
type operator struct {
	*person
	base string
}

// open opens a page of the console.
func (o *operator) open(path string) {
	o.t.Helper()
	o.do(navigate(o.base + "/console" + path))
}

// finds opens a page again until a text is on it: what is on a page stays as it was when it was made.
func (o *operator) finds(path, text string) {
	o.t.Helper()
	require.Eventually(o.t, func() bool {
		o.open(path)
		var page string
		o.ask("document.body.innerText", &page)
		return strings.Contains(page, text)
	}, patience, 100*time.Millisecond, "%s on %s", text, path)
}

// types writes into a field of a form of the console, by its id, in place of what is in it.
func (o *operator) types(id, text string) {
	o.t.Helper()
	o.until("the field "+id, fmt.Sprintf(`(() => { const f = document.getElementById(%q); if (!f) return false;
		if (f.type === "checkbox" || f.type === "radio") { f.checked = %q === "true"; } else { f.value = %q; }
		f.dispatchEvent(new Event("input", {bubbles: true})); return true; })()`, id, text, text), isTrue)
}

// sends presses a button of the console, and waits for the page that comes.
func (o *operator) sends(button string) {
	o.t.Helper()
	o.ask(`window.confirm = () => true, window.left = true, 0`, new(any))
	o.until("a button “"+button+"”", fmt.Sprintf(`(() => { const b = [...document.querySelectorAll("button")].find((b) => b.innerText.trim() === %q && !b.closest(".top"));
		if (!b) return false; b.click(); return true; })()`, button), isTrue)
	o.until("the next page", `!window.left && document.readyState === "complete"`, isTrue)
}

func isTrue(raw json.RawMessage) bool { return string(raw) == "true" }

// where is the path of the page.
func (o *operator) where() string {
	o.t.Helper()
	var path string
	o.ask("location.pathname", &path)
	return path
}

// barriers are what keeps people from using the page: serious and critical findings of axe.
func (o *operator) barriers() []string {
	o.t.Helper()
	// As a script of the page's own world could not be, it is evaluated by the tools of the browser: the policy of the page stays as it is.
	_, err := chromedp.Run(o.ctx, chromedp.Evaluate[[]byte](axe+"\n;0"))
	require.NoError(o.t, err)
	var found []struct {
		ID, Impact string
		Nodes      []struct{ HTML string }
	}
	o.ask(`axe.run(document, {resultTypes: ["violations"], iframes: false, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
		.then((r) => r.violations.map((v) => ({ID: v.id, Impact: v.impact, Nodes: v.nodes.map((n) => ({HTML: n.html}))})))`, &found)
	var list []string
	for _, f := range found {
		if f.Impact == "serious" || f.Impact == "critical" {
			list = append(list, f.ID+": "+f.Nodes[0].HTML)
		}
	}
	return list
}

// looksRound looks at a page as it is in light and dark and on a phone: nothing keeps anybody out, nothing needs to be scrolled to the side. With
// -update-console it takes the pictures of docs/images/console.
func (o *operator) looksRound(t *testing.T, name string) {
	t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		_, err := chromedp.Call(o.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		require.NoError(t, err)
		o.until("the end of all motion", `[document, ...[...document.querySelectorAll("hanko-auth, hanko-login, hanko-profile")].map((e) => e.shadowRoot)].every((d) => d.getAnimations().length === 0)`, isTrue)
		require.Empty(t, o.barriers(), "%s, %s", name, scheme)
		if *updateConsole {
			o.picture(t, filepath.Join("..", "docs", "images", "console", name+"-"+scheme+".png"))
		}
	}
	_, err := chromedp.Call(o.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 360, Height: 740, DeviceScaleFactor: 1, Mobile: true})
	require.NoError(t, err)
	o.until("a page no wider than a phone: "+name, "document.documentElement.scrollWidth", func(raw json.RawMessage) bool {
		width, err := strconv.Atoi(string(raw))
		return err == nil && width <= 360
	})
	_, err = chromedp.Call(o.ctx, emulation.ClearDeviceMetricsOverride, cdp.Empty{})
	require.NoError(t, err)
}

func (o *operator) picture(t *testing.T, path string) {
	t.Helper()
	shot, err := chromedp.Call(o.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{})
	require.NoError(t, err)
	seen, err := png.Decode(bytes.NewReader(shot.Data))
	require.NoError(t, err)
	var small bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	require.NoError(t, encoder.Encode(&small, seen))
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, small.Bytes(), 0o644))
}

// joinLink is the link that dev mode announces.
func joinLink(t *testing.T, log string) string {
	t.Helper()
	_, rest, found := strings.Cut(log, "/console/join?token=")
	require.True(t, found, "dev mode announces a link: %s", log)
	token, _, _ := strings.Cut(rest, " ")
	return "/join?token=" + token
}
