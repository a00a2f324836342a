package testenv

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/store"
)

// Loopback lets the program call receivers on this machine.
func Loopback() Option { return With("egress.allow_cidrs", "127.0.0.0/8") }

// A Call is an attempt that reached a Receiver.
type Call struct {
	Header http.Header
	Body   []byte
	// Token and Event are the members of the body, and Claims those of the token, unverified.
	Token, Event string
	Claims       map[string]any
}

// ID is the message's.
func (c Call) ID() string { return c.Header.Get("webhook-id") }

// Data is what the event tells.
func (c Call) Data() map[string]any {
	data, _ := c.Claims["data"].(map[string]any)
	return data
}

// A Reply is how a Receiver answers.
type Reply struct {
	Status int
	Header map[string]string
	Body   string
	// Hang lets the caller wait until it gives up, or the test ends.
	Hang bool
}

// A Receiver is where webhooks are posted to.
type Receiver struct {
	URL string

	mu    sync.Mutex
	calls []Call
	reply func(Call) Reply
	ended chan struct{}
}

// NewReceiver listens on loopback and answers 200, until it is told otherwise.
func NewReceiver(t testing.TB) *Receiver {
	t.Helper()
	r := &Receiver{ended: make(chan struct{})}
	server := httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(r.ended) })
	r.URL = server.URL
	return r
}

func (r *Receiver) serve(w http.ResponseWriter, req *http.Request) {
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	c := Call{Header: req.Header, Body: raw}
	var body struct{ Token, Event string }
	if json.Unmarshal(raw, &body) == nil {
		c.Token, c.Event = body.Token, body.Event
		if parts := strings.Split(body.Token, "."); len(parts) == 3 {
			claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
			_ = json.Unmarshal(claims, &c.Claims)
		}
	}
	r.mu.Lock()
	r.calls = append(r.calls, c)
	reply := r.reply
	r.mu.Unlock()
	answer := Reply{Status: http.StatusOK}
	if reply != nil {
		answer = reply(c)
	}
	if answer.Hang {
		select {
		case <-req.Context().Done():
		case <-r.ended:
		}
		return
	}
	for name, value := range answer.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(answer.Status)
	_, _ = io.WriteString(w, answer.Body)
}

// Answer has the receiver answer as a function says, from now on.
func (r *Receiver) Answer(reply func(Call) Reply) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reply = reply
}

// Always has the receiver answer with a status.
func (r *Receiver) Always(status int) { r.Answer(func(Call) Reply { return Reply{Status: status} }) }

// Calls are those that arrived so far.
func (r *Receiver) Calls() []Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Call(nil), r.calls...)
}

// Wait waits until n calls have arrived in all, and returns them.
func (r *Receiver) Wait(t testing.TB, n int) []Call {
	t.Helper()
	require.Eventually(t, func() bool { return len(r.Calls()) >= n }, 2*patience, 5*time.Millisecond, "%d calls", n)
	return r.Calls()
}

// Events are the names of the events that arrived so far.
func (r *Receiver) Events() []string {
	var names []string
	for _, c := range r.Calls() {
		names = append(names, c.Event)
	}
	return names
}

// Tell commits events about a user, as a request does; one for each data.
func (s *Tenant) Tell(t testing.TB, name event.Name, user uuid.UUID, data ...any) {
	t.Helper()
	snapshot, err := s.Env.App.Registry.ByID(t.Context(), s.ID)
	require.NoError(t, err)
	var intents []outbox.Intent
	for _, d := range data {
		if intent, ok := event.Webhook(snapshot, name, user, d); ok {
			intents = append(intents, intent)
		}
	}
	out := outbox.NewWriter(s.Env.keyring, func() {})
	require.NoError(t, s.Change(t, func(ctx context.Context, tx *store.Tx) error { return out.Write(ctx, tx, intents...) }))
	s.Env.App.Ring()
}

// A Clock can be moved ahead.
type Clock struct {
	mu    sync.Mutex
	began time.Time
	ahead time.Duration
}

// The clock is early by some seconds, so that what was made by another one before is in its past, and goes much slower than time: what is due by it in
// seconds stays until it is moved, however slow the machine is.
const (
	early = 5 * time.Second
	crawl = 100
)

// Now is the time by the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.began.IsZero() {
		c.began = time.Now().Add(early)
	}
	return c.began.Add(time.Since(c.began.Add(-early))/crawl + c.ahead)
}

// Move moves the clock ahead.
func (c *Clock) Move(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += by
}

// Mail commits a mail that is to be sent, as a request does.
func (s *Tenant) Mail(t testing.TB, p event.MailPayload) {
	t.Helper()
	snapshot, err := s.Env.App.Registry.ByID(t.Context(), s.ID)
	require.NoError(t, err)
	out := outbox.NewWriter(s.Env.keyring, func() {})
	require.NoError(t, s.Change(t, func(ctx context.Context, tx *store.Tx) error { return out.Write(ctx, tx, event.Mail(snapshot, p)...) }))
	s.Env.App.Ring()
}
