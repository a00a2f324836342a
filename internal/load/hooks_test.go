package load_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// hooks take webhooks, and keep of whom they told what.
type hooks struct {
	url string

	mu    sync.Mutex
	taken map[string]bool // event and user
}

func newHooks(t testing.TB) *hooks {
	t.Helper()
	h := &hooks{taken: map[string]bool{}}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

// ServeHTTP implements http.Handler. Signatures are looked at elsewhere.
func (h *hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return
	}
	var envelope struct{ Token, Event string }
	var claims struct{ Data struct{ ID string } }
	if json.Unmarshal(raw, &envelope) == nil {
		if parts := strings.Split(envelope.Token, "."); len(parts) == 3 {
			plain, _ := base64.RawURLEncoding.DecodeString(parts[1])
			_ = json.Unmarshal(plain, &claims) // what cannot be read is not heard
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.taken[envelope.Event+" "+claims.Data.ID] = true
	w.WriteHeader(http.StatusNoContent)
}

// heard reports whether an event of all of them was told.
func (h *hooks) heard(event string, ids []string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range ids {
		if !h.taken[event+" "+id] {
			return false
		}
	}
	return true
}
