//go:build chaos

package chaos

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A mood is how a receiver answers.
type mood int32

const (
	good mood = iota
	failing
	busy
	gone // of the endpoint that nobody counts: a 410 ends what is sent there
	hanging
	resetting
)

// A receiver takes webhooks and keeps which it took.
type receiver struct {
	url  string
	mood atomic.Int32

	mu    sync.Mutex
	taken map[delivery]map[string]int // by what happened to whom: how often, by webhook-id
	calls int
}

// A delivery is what happened to whom.
type delivery struct{ event, user string }

func newReceiver(t testing.TB) *receiver {
	t.Helper()
	r := &receiver{taken: map[delivery]map[string]int{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: r, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	r.url = "http://" + l.Addr().String()
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(io.LimitReader(req.Body, 1<<20))
	if err != nil {
		return // the program was killed while it sent
	}
	switch mood(r.mood.Load()) {
	case failing:
		http.Error(w, "not now", http.StatusInternalServerError)
		return
	case busy:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "slowly", http.StatusTooManyRequests)
		return
	case hanging:
		select {
		case <-req.Context().Done():
		case <-time.After(2 * time.Second):
		}
	case resetting:
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
			}
			_ = conn.Close()
		}
		return
	case good, gone:
	}
	if strings.HasSuffix(req.URL.Path, "/gone") {
		w.WriteHeader(http.StatusGone)
		return
	}
	r.take(req.Header.Get("webhook-id"), body)
	w.WriteHeader(http.StatusNoContent)
}

// take notes what a webhook tells. Its signature is looked at elsewhere.
func (r *receiver) take(id string, body []byte) {
	var envelope struct{ Token, Event string }
	var claims struct {
		Data struct{ ID string }
	}
	err := json.Unmarshal(body, &envelope)
	if err == nil {
		err = payload(envelope.Token, &claims)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	d := delivery{envelope.Event, claims.Data.ID}
	if err != nil {
		d = delivery{"unreadable", err.Error()}
	}
	if r.taken[d] == nil {
		r.taken[d] = map[string]int{}
	}
	r.taken[d][id]++
}

// payload reads what a token says, without a look at its signature.
func payload(token string, claims any) error {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return errors.New("not a token")
	}
	plain, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, claims)
}
