package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/pkg/telemetry"
	"github.com/latchkeep/latchkeep/tenants"
)

// Deliver delivers some of what waits for an endpoint, for a slice of time, and says when it is due next. The lease must be the caller's: one
// that has ended is left to others. When stop is closed nothing more is begun.
func (r *Room) Deliver(ctx context.Context, t *tenants.Tenant, lease rawsql.ClaimedEndpoint, stop <-chan struct{}) error {
	to, err := r.target(ctx, t, lease.ID)
	if err != nil {
		return err
	}
	if to.row == nil || to.row.DueAt == nil || !to.row.DueAt.Equal(lease.Until) {
		return nil // somebody else's by now
	}
	if to.off != "" {
		return r.drop(ctx, t, to)
	}
	s := &slice{room: r, tenant: t, to: to, lease: lease, stop: stop, ends: r.now().Add(sliceTime), failures: to.row.Failures}
	s.probing = s.failures >= breakAfter
	if s.key, err = t.Keys.Signer(r.now()); err != nil {
		return err
	}
	if s.secrets, err = r.secrets(ctx, t, to, r.now()); err != nil {
		return err
	}
	for {
		tried, more, err := s.round(ctx)
		if err != nil {
			return err
		}
		if !more {
			return s.settle(ctx, tried)
		}
		if err := s.save(ctx, tried); err != nil {
			return err
		}
	}
}

// A slice is what is delivered to an endpoint under one lease.
type slice struct {
	room    *Room
	tenant  *tenants.Tenant
	to      target
	lease   rawsql.ClaimedEndpoint
	key     *jose.Key
	secrets secrets
	stop    <-chan struct{}
	ends    time.Time
	begun   int
	// probing is whether the circuit was open until now: one attempt tells whether it stays so.
	probing bool

	mu          sync.Mutex
	failures    int // attempts in a row that failed
	pause       time.Duration
	gone        bool // it said 410
	dead        int  // events given up
	lastSuccess time.Time
	lastFailure time.Time
	lastError   string
	recovered   bool // the circuit closed
	disabled    bool // it was switched off
}

// round makes attempts at some of what is due, and says what became of it and whether there may be more to do now.
func (s *slice) round(ctx context.Context) ([]rawsql.TriedDelivery, bool, error) {
	limit := min(sliceFetch, sliceDeliveries-s.begun)
	if s.probing {
		limit = 1
	}
	var due []rawsql.DueDelivery
	err := s.room.n.Store.Do(ctx, scope.Tenant(s.tenant.ID), func(ctx context.Context, tx *store.Tx) (err error) {
		due, err = tx.Raw.DueDeliveries(ctx, s.to.id, s.room.now(), limit)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	tried := s.attempt(ctx, due)
	s.begun += len(tried)
	expired := s.probing && len(tried) == 1 && tried[0].State == Dropped // it was not tried: it proves nothing
	full := len(due) == limit || len(tried) < len(due)
	return tried, full && len(tried) > 0 && (!s.probing || expired) && s.goesOn(), nil
}

// attempt makes attempts, some at once but one after the other for an ordering key.
func (s *slice) attempt(ctx context.Context, due []rawsql.DueDelivery) []rawsql.TriedDelivery {
	chains := chain(due)
	next := make(chan []rawsql.DueDelivery, len(chains))
	for _, c := range chains {
		next <- c
	}
	close(next)
	var tried []rawsql.TriedDelivery
	var running sync.WaitGroup
	for range min(sliceTogether, len(chains)) {
		running.Go(func() {
			for c := range next {
				for _, d := range c {
					if !s.goesOn() {
						return
					}
					done := s.one(ctx, d)
					s.mu.Lock()
					tried = append(tried, done)
					s.mu.Unlock()
					if done.State == Waiting || d.Attempts > 0 {
						break // later ones wait for it; or one that lies between may be due only now
					}
				}
			}
		})
	}
	running.Wait()
	return tried
}

// chain puts together what has one ordering key, and keeps the order.
func chain(due []rawsql.DueDelivery) [][]rawsql.DueDelivery {
	var chains [][]rawsql.DueDelivery
	at := map[string]int{}
	for _, d := range due {
		if i, ok := at[d.Ordering]; ok && d.Ordering != "" {
			chains[i] = append(chains[i], d)
			continue
		}
		at[d.Ordering] = len(chains)
		chains = append(chains, []rawsql.DueDelivery{d})
	}
	for _, c := range chains {
		slices.SortFunc(c, func(a, b rawsql.DueDelivery) int { return bytes.Compare(a.MessageID[:], b.MessageID[:]) })
	}
	return chains
}

// goesOn reports whether another attempt may begin.
func (s *slice) goesOn() bool {
	select {
	case <-s.stop:
		return false
	default:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	open := s.failures >= breakAfter && !s.probing
	return !open && !s.gone && s.pause == 0 && s.room.now().Before(s.ends)
}

// one makes an attempt at a delivery.
func (s *slice) one(ctx context.Context, d rawsql.DueDelivery) rawsql.TriedDelivery {
	now := s.room.now()
	if forgets(d.Event) && now.After(d.GiveUpAt) {
		return rawsql.TriedDelivery{
			ID: d.ID, State: Dropped, Attempts: d.Attempts, AvailableAt: now, AttemptLog: logOf(d), FinishedAt: &now, Blank: true,
		}
	}
	m, err := s.room.open(s.tenant, d)
	if err != nil {
		s.room.n.Log.ErrorContext(ctx, "an event of a webhook cannot be read and is given up", "tenant_id", s.tenant.ID, "message_id", d.MessageID, "error", err)
		a := Attempt{At: now, Error: "the event cannot be read any more"}
		return rawsql.TriedDelivery{ID: d.ID, State: Dead, Attempts: d.Attempts + 1, AvailableAt: now, AttemptLog: logOf(d, a), FinishedAt: &now, Blank: forgets(d.Event)}
	}
	a := s.room.send(ctx, s.tenant, s.key, s.secrets, s.to.callback, m)
	tried := decide(d, a, s.room.now())
	s.room.n.Attempted(tried.State, time.Duration(a.LatencyMS)*time.Millisecond)
	s.note(a, tried)
	return tried
}

// note keeps in mind how an attempt went.
func (s *slice) note(a Attempt, tried rawsql.TriedDelivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.OK() {
		s.recovered = s.recovered || s.probing
		s.failures, s.lastSuccess = 0, s.room.now()
		return
	}
	if s.failures++; !s.probing {
		s.failures = min(s.failures, breakAfter) // those that were under way together open it once
	}
	s.lastFailure, s.lastError = s.room.now(), a.Error
	s.gone = s.gone || a.Status == http.StatusGone
	if a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable {
		s.pause = max(s.pause, min(a.retryAfter, longestPause))
	}
	if tried.State == Dead {
		s.dead++
	}
}

// decide says what becomes of a delivery after an attempt.
func decide(d rawsql.DueDelivery, a Attempt, now time.Time) rawsql.TriedDelivery {
	tried := rawsql.TriedDelivery{
		ID: d.ID, State: Waiting, Attempts: d.Attempts + 1, AttemptLog: logOf(d, a), LastStatus: a.Status,
		AvailableAt: now.Add(wait(d.Attempts+1, a.retryAfter)),
	}
	switch {
	case a.OK():
		tried.State = Delivered
	case tried.AvailableAt.Before(d.GiveUpAt):
		return tried
	case forgets(d.Event):
		tried.State = Dropped
	default:
		tried.State = Dead
	}
	tried.AvailableAt, tried.FinishedAt, tried.Blank = now, &now, forgets(d.Event)
	return tried
}

// logOf is what is remembered of a delivery's attempts, with those just made.
func logOf(d rawsql.DueDelivery, made ...Attempt) json.RawMessage {
	var log []Attempt
	if len(d.AttemptLog) > 0 {
		_ = json.Unmarshal(d.AttemptLog, &log) // of an unreadable one nothing is kept
	}
	log = append(log, made...)
	if len(log) > keptAttempts {
		log = log[len(log)-keptAttempts:]
	}
	encoded, err := json.Marshal(log)
	if err != nil || len(log) == 0 {
		return json.RawMessage("[]")
	}
	return encoded
}

// open reads the event of a delivery.
func (r *Room) open(t *tenants.Tenant, d rawsql.DueDelivery) (message, error) {
	plain, cause, err := outbox.OpenWithCause(r.n.Keyring, t.ID, event.KindWebhook, d.MessageID, d.Payload)
	if err != nil {
		return message{}, err
	}
	var p event.WebhookPayload
	if err := json.Unmarshal(plain, &p); err != nil {
		return message{}, fmt.Errorf("read event: %w", err)
	}
	m := message{id: d.MessageID, event: p.Event, data: p.Data, cause: cause}
	if p.Event == event.EmailSend {
		m.data, err = renderEmail(t, p.Data)
	}
	return m, err
}

// send signs a message and posts it.
func (r *Room) send(ctx context.Context, t *tenants.Tenant, key *jose.Key, s secrets, callback string, m message) Attempt {
	ctx, end := r.n.Traces.Follow(ctx, m.cause, "webhook", telemetry.Attr("tenant_id", t.ID.String()), telemetry.Attr("event", string(m.event)))
	defer end(nil)
	now := r.now()
	content, err := m.body(t, key, now)
	if err != nil {
		r.n.Log.ErrorContext(ctx, "an event of a webhook cannot be signed", "tenant_id", t.ID, "message_id", m.id, "error", err)
		return Attempt{At: now, Error: "the event cannot be signed"}
	}
	return r.post(ctx, callback, content, m.headers(content, s, now))
}
