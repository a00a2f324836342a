//go:build e2e

package e2e

import (
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// A watch notes what goes wrong behind a page: scripts that throw, what the content security policy forbids, and requests that leave this
// machine. No test expects any of it.
type watch struct {
	mu    sync.Mutex
	wrong []string
}

// see is told every event of a tab.
func (w *watch) see(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		w.note("a script threw: " + text)
	case *log.EventEntryAdded:
		if e.Entry.Source == log.EntrySourceSecurity || strings.Contains(e.Entry.Text, "Content Security Policy") {
			w.note("the browser refused: " + e.Entry.Text)
		}
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		if err != nil {
			w.note(fmt.Sprintf("a request to %q", e.Request.URL))
			return
		}
		host := u.Hostname()
		local := host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "127.0.0.1"
		if (u.Scheme == "http" || u.Scheme == "https") && !local {
			w.note("a request left this machine: " + e.Request.URL)
		}
	}
}

func (w *watch) note(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrong = append(w.wrong, text)
}

func (w *watch) noted() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.wrong...)
}
