package session

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	entsession "github.com/latchkeep/latchkeep/ent/session"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// clockSkew is how far the clocks of replicas may differ, for iat and nbf only.
const clockSkew = 5 * time.Second

// idleFresh is how old the last use of a session may be, as we remember it, before the database is asked again.
const idleFresh = 5 * time.Second

// touchEvery is how often a session's last use is written where no idle timeout needs it exactly.
const touchEvery = time.Minute

// A Mode says whether a check counts as a use of the session.
type Mode bool

// The modes.
const (
	// Look checks without using.
	Look Mode = false
	// Use checks and notes the use.
	Use Mode = true
)

// Valid is a session whose token was accepted.
type Valid struct {
	UserID, SessionID uuid.UUID
	// Issued is when the person signed in, in whole seconds.
	Issued, Expires time.Time
	// Body is the answer of the validation endpoint: JSON, complete.
	Body []byte
}

// ErrInvalid is the answer to no token, or to one that does not name a live session of the tenant.
var ErrInvalid = problem.Unauthorized("unauthorized", "Unauthorized")

// ErrIdle is ErrInvalid for a session that ended just now because it was not used for too long: the browser should forget its cookie.
var ErrIdle = fmt.Errorf("the session was idle for too long: %w", ErrInvalid)

// ErrMalformed is the answer to a token of ours whose members have the wrong shape.
var ErrMalformed = problem.Invalid("malformed_token", "the token's claims are malformed")

// Validate accepts the first of the client's tokens that names a live session of the tenant.
//
// Statements: none for a token seen before (one every few seconds where there is an idle timeout), else one; one more where the use is
// noted. Errors: ErrInvalid, ErrIdle, ErrMalformed, or a failure to find out.
func (s *Service) Validate(ctx context.Context, t *tenants.Tenant, c auth.Client, mode Mode) (*Valid, error) {
	refusal := error(ErrInvalid)
	for _, token := range c.Tokens {
		v, err := s.validate(ctx, t, token, mode)
		switch {
		case err == nil:
			return v, nil
		case errors.Is(err, ErrInvalid), errors.Is(err, ErrMalformed):
			if refusal == error(ErrInvalid) {
				refusal = err
			}
		default:
			return nil, err
		}
	}
	return nil, refusal
}

func (s *Service) validate(ctx context.Context, t *tenants.Tenant, token string, mode Mode) (*Valid, error) {
	at := now()
	hash := tokenHash(sha256.Sum256([]byte(token)))
	e := s.cache.get(hash)
	idle := t.Config.Session.IdleTimeout.Std()
	known := e != nil && e.tenantID == t.ID && e.version == t.Version
	if known && !at.Before(e.expires) {
		return nil, ErrInvalid
	}
	if !known || idle > 0 && at.Sub(e.read) > idleFresh {
		fresh, err := s.read(ctx, t, token, at)
		if err != nil {
			return nil, err
		}
		e = fresh
		s.cache.put(hash, e)
	}
	if idle > 0 && at.Sub(e.lastUsed) > idle {
		ended, err := s.expire(ctx, t, e.sessionID, at, idle)
		if err != nil {
			return nil, err
		}
		if ended {
			return nil, ErrIdle
		}
		if e, err = s.read(ctx, t, token, at); err != nil { // used through another replica meanwhile, or gone
			return nil, err
		}
	}
	if mode == Use && (idle > 0 || at.Sub(e.lastUsed) >= touchEvery) {
		if err := s.touch(ctx, t, hash, e, at); err != nil {
			return nil, err
		}
		used := *e
		used.lastUsed = at
		e = &used
	}
	v := &Valid{UserID: e.userID, SessionID: e.sessionID, Issued: e.issued, Expires: e.expires, Body: e.body}
	if idle > 0 {
		v.Body = answer(e.parsed, min(e.lastUsed.Add(idle).UnixMicro(), e.expires.UnixMicro()))
	}
	return v, nil
}

// read verifies a token and looks its session up.
func (s *Service) read(ctx context.Context, t *tenants.Tenant, token string, at time.Time) (*entry, error) {
	claims, err := t.Keys.Set().Verify(token, at, jose.Validation{Leeway: clockSkew})
	if err != nil {
		return nil, ErrInvalid
	}
	p, ok, err := parse(claims)
	switch {
	case err != nil:
		return nil, ErrMalformed
	case !ok:
		return nil, ErrInvalid
	}
	row, err := s.store.Reader().Session.Get(scope.With(ctx, scope.Tenant(t.ID)), p.sessionID)
	switch {
	case ent.IsNotFound(err):
		return nil, ErrInvalid
	case err != nil:
		return nil, fmt.Errorf("load session: %w", err)
	case row.UserID != p.userID:
		return nil, ErrInvalid
	}
	return &entry{
		tenantID: t.ID, version: t.Version, parsed: p,
		lastUsed: row.LastUsedAt.UTC(), read: at, body: answer(p, 0),
	}, nil
}

// answer renders the body of the validation endpoint. idleExpires is in Unix microseconds, zero for none.
func answer(p parsed, idleExpires int64) []byte {
	body := struct {
		IsValid       bool            `json:"is_valid"`
		Claims        json.RawMessage `json:"claims"`
		Expiration    time.Time       `json:"expiration_time"`
		UserID        uuid.UUID       `json:"user_id"`
		IdleExpiresAt *time.Time      `json:"idle_expires_at,omitempty"`
	}{IsValid: true, Claims: p.shown, Expiration: p.expires, UserID: p.userID}
	if idleExpires > 0 {
		at := time.UnixMicro(idleExpires).UTC()
		body.IdleExpiresAt = &at
	}
	b, err := json.Marshal(body)
	if err != nil {
		panic("session: the claims were rendered before: " + err.Error())
	}
	return b
}

func (s *Service) touch(ctx context.Context, t *tenants.Tenant, hash tokenHash, e *entry, at time.Time) error {
	touched := 0
	err := s.store.Do(ctx, scope.Tenant(t.ID), func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Session.Update().Where(entsession.ID(e.sessionID)).SetLastUsedAt(at).Save(ctx)
		touched = n
		return err
	})
	if err != nil {
		return fmt.Errorf("note use of session: %w", err)
	}
	if touched == 0 {
		s.cache.forget(e.sessionID)
		return ErrInvalid
	}
	s.cache.used(hash, at)
	return nil
}

// expire ends a session that was idle, unless another replica has seen it used: the database decides.
func (s *Service) expire(ctx context.Context, t *tenants.Tenant, id uuid.UUID, at time.Time, idle time.Duration) (bool, error) {
	ended := false
	var w auth.Work
	w.Do(func(ctx context.Context, tx *store.Tx) error {
		row, err := store.Lock(tx, tx.Session.Query().Where(entsession.ID(id), entsession.LastUsedAtLT(at.Add(-idle)))).Only(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("load idle session: %w", err)
		}
		ended = true
		return s.end(ctx, tx, t, &w, event.SessionExpire, row)
	})
	if err := w.Commit(ctx, s.store, scope.Tenant(t.ID), s.outbox); err != nil {
		return false, fmt.Errorf("end idle session: %w", err)
	}
	return ended, nil
}

// Logout ends the session of the client's token. Errors: as Validate.
func (s *Service) Logout(ctx context.Context, t *tenants.Tenant, c auth.Client, actor event.Actor, v *Valid) error {
	var w auth.Work
	w.Do(func(ctx context.Context, tx *store.Tx) error {
		row, err := store.Lock(tx, tx.Session.Query().Where(entsession.ID(v.SessionID))).Only(ctx)
		if ent.IsNotFound(err) {
			return nil // it ended meanwhile
		}
		if err != nil {
			return fmt.Errorf("load session: %w", err)
		}
		w.Emit(event.Audit(t, c, event.UserLoggedOut, actor, nil, ""))
		return s.end(ctx, tx, t, &w, event.SessionLogout, row)
	})
	if err := w.Commit(ctx, s.store, scope.Tenant(t.ID), s.outbox); err != nil {
		return fmt.Errorf("log out: %w", err)
	}
	return nil
}
