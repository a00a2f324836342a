package tenants

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/secret"
)

// ErrBadToken is returned for a token that is unknown, malformed, expired or revoked; the caller is not told which.
var ErrBadToken = problem.Unauthorized("invalid_token", "the token is missing, unknown, expired or revoked")

const (
	bearerCacheFor  = time.Second // how late a revocation by another replica may take effect
	bearerCacheSize = 10_000
	// useEvery is how often the use of a token is written down at most.
	useEvery = time.Minute
)

// NewToken is what an API key or operator token is made from.
type NewToken struct {
	Name      string     // for people
	Scopes    []string   // all where empty
	ExpiresAt *time.Time // never where nil
}

// A Token is an API key or operator token as it is kept: the token itself is not, so it can be shown only once, when it is made.
type Token struct {
	ID         uuid.UUID
	Name       string
	Hint       string // prefix and last characters, to recognise it by
	Scopes     Scopes
	CreatedBy  Actor
	CreatedAt  time.Time
	ExpiresAt  *time.Time
	LastUsedAt *time.Time // to the minute
	RevokedAt  *time.Time
}

func (t Token) live(now time.Time) bool {
	return t.RevokedAt == nil && (t.ExpiresAt == nil || now.Before(*t.ExpiresAt))
}

// check finds all that is wrong with a new token, and gives it its final form.
func (n NewToken) check(now time.Time, known []string) (NewToken, error) {
	var fields []problem.Field
	if n.Name == "" {
		fields = append(fields, problem.Field{Path: "name", Reason: "must not be empty"})
	} else if why := nameProblem(n.Name); why != "" {
		fields = append(fields, problem.Field{Path: "name", Reason: why})
	}
	scopes, wrong := checkScopes(n.Scopes, known)
	n.Scopes = scopes
	fields = append(fields, wrong...)
	if n.ExpiresAt != nil {
		at := n.ExpiresAt.UTC().Truncate(time.Microsecond)
		n.ExpiresAt = &at
		if !now.Before(at) {
			fields = append(fields, problem.Field{Path: "expires_at", Reason: "must be in the future"})
		}
	}
	if len(fields) > 0 {
		return n, problem.Invalid("invalid_token_request", "the token cannot be made", fields...)
	}
	return n, nil
}

// hint shows enough of a token to recognise it by.
func hint(prefix, plain string) string {
	last := plain[max(0, len(plain)-4):]
	if !utf8.ValidString(last) {
		last = ""
	}
	return prefix + "…" + last
}

// bearers authenticates tokens of one kind: it looks each up at most once a second, and writes down their use now and then.
type bearers[T any] struct {
	prefix string
	now    func() time.Time
	log    *slog.Logger
	find   func(ctx context.Context, hash []byte) (T, error)              // Error: ErrBadToken
	about  func(T) Token                                                  // what all kinds have in common
	used   func(ctx context.Context, at time.Time, ids []uuid.UUID) error // writes down

	mu      sync.Mutex
	cache   *lru[string, cached[T]] // by hash
	touched map[uuid.UUID]struct{}  // used since the last writing
}

type cached[T any] struct {
	token T
	until time.Time
}

// newBearers makes those of one kind; the functions are those of bearers.
func newBearers[T any](prefix string, log *slog.Logger, now func() time.Time, find func(context.Context, []byte) (T, error),
	used func(context.Context, time.Time, []uuid.UUID) error, about func(T) Token,
) *bearers[T] {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &bearers[T]{
		prefix: prefix, now: now, log: log, find: find, about: about, used: used,
		cache: newLRU[string, cached[T]](bearerCacheSize, nil), touched: map[uuid.UUID]struct{}{},
	}
}

func (b *bearers[T]) authenticate(ctx context.Context, plain string) (T, error) {
	var none T
	hash, err := secret.HashToken(b.prefix, plain)
	if err != nil {
		return none, ErrBadToken
	}
	now := b.now()
	b.mu.Lock()
	c, ok := b.cache.get(string(hash))
	b.mu.Unlock()
	if !ok || !now.Before(c.until) {
		token, err := b.find(ctx, hash)
		if errors.Is(err, ErrBadToken) {
			return none, ErrBadToken
		}
		if err != nil {
			return none, fmt.Errorf("authenticate token: %w", err)
		}
		c = cached[T]{token, now.Add(bearerCacheFor)}
	}
	about := b.about(c.token)
	if !about.live(now) {
		return none, ErrBadToken
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cache.put(string(hash), c)
	if about.LastUsedAt == nil || now.Sub(*about.LastUsedAt) >= useEvery {
		b.touched[about.ID] = struct{}{}
	}
	return c.token, nil
}

// forget makes the next use of any token look it up. A look-up under way may still keep what it found for a second.
func (b *bearers[T]) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cache.clear()
}

// flush writes down the uses since the last time.
func (b *bearers[T]) flush(ctx context.Context) error {
	b.mu.Lock()
	ids := make([]uuid.UUID, 0, len(b.touched))
	for id := range b.touched {
		ids = append(ids, id)
	}
	clear(b.touched)
	b.mu.Unlock()
	if len(ids) == 0 {
		return nil
	}
	return b.used(ctx, b.now().UTC().Truncate(time.Microsecond), ids)
}

// run flushes once a minute, and once more when the context ends.
func (b *bearers[T]) run(ctx context.Context) {
	tick := time.NewTicker(useEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		if err := b.flush(last); err != nil {
			b.log.WarnContext(ctx, "the use of tokens is not written down", "error", err)
		}
		cancel()
	}
}
