// Package idempotency lets a client send a request again that changes something, when it does not know whether the first one arrived.
//
// The client names the request by a key. The first request with a key claims it; the answer is stored, sealed, in the transaction of the
// change itself, so that there is no moment at which one is there without the other. It knows no HTTP: an answer is a status, headers that
// matter and a body.
package idempotency

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/idempotencykey"
	"github.com/latchkeep/latchkeep/ent/predicate"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

const (
	// KeptFor is how long an answer can be asked for again.
	KeptFor = 24 * time.Hour
	// claimedFor is how long a request may take. After that another one may claim its key, and the first one can change nothing any more.
	claimedFor = time.Minute
	// maxSealed is how much the table takes of an answer.
	maxSealed = 1 << 20
)

// The reasons for which a request with a key is refused.
var (
	// ErrReused is told where the key came with another request before.
	ErrReused = problem.Conflict("idempotency_key_reused", "this idempotency key came with another request before")
	// ErrInProgress is told where the first request with the key is still under way.
	ErrInProgress = problem.Conflict("idempotency_in_progress", "a request with this idempotency key is under way").After(time.Second)
	// ErrAnswerLost is told where the request was carried out and its answer could not be kept.
	ErrAnswerLost = problem.Conflict("idempotency_answer_lost", "the request with this idempotency key was carried out; its answer was not kept")
)

// statusLost stands in the column of the status where a change was committed and its answer is not known.
const statusLost = 1

// An Answer is what a client is told.
type Answer struct {
	Status int               `json:"-"`
	Header map[string]string `json:"header"`
	Body   []byte            `json:"body"`
}

// Keys keeps the keys of all tenants.
type Keys struct {
	store   *store.Store
	keyring *secret.Keyring
	now     func() time.Time
}

// New keeps keys in a store; answers are sealed with the keyring.
func New(st *store.Store, keyring *secret.Keyring, now func() time.Time) *Keys {
	return &Keys{st, keyring, now}
}

// A Request is one that has a key.
type Request struct {
	// Owner is who sends it: the same key of somebody else is another one.
	Owner uuid.UUID
	Key   string
	// Content is all of the request that decides what it does.
	Content [sha256.Size]byte
}

func (r Request) hash() []byte {
	sum := sha256.Sum256(append(r.Owner[:], r.Key...))
	return sum[:]
}

// Begin claims the key of a request, or finds the answer that the first request with it got: one of the two results is nil.
// Errors: ErrReused, ErrInProgress, ErrAnswerLost.
func (k *Keys) Begin(ctx context.Context, t *tenants.Tenant, r Request) (*Claim, *Answer, error) {
	for range 3 { // the row may go between the two looks at it
		c, err := k.claim(ctx, t, r)
		if err == nil {
			return c, nil, nil
		}
		if !store.IsUniqueViolation(err) {
			return nil, nil, fmt.Errorf("claim idempotency key: %w", err)
		}
		row, err := k.store.Reader().IdempotencyKey.Query().Where(idempotencykey.Hash(r.hash())).Only(scope.With(ctx, scope.Tenant(t.ID)))
		switch {
		case ent.IsNotFound(err):
			continue
		case err != nil:
			return nil, nil, fmt.Errorf("find idempotency key: %w", err)
		case row.ExpiresAt.After(k.stamp()):
			a, err := k.answer(t, r, row)
			return nil, a, err
		}
		// Old enough to be forgotten, or its request broke off. Whoever still works on it finds its claim gone and undoes what it did.
		if err := k.forget(ctx, t, idempotencykey.ID(row.ID), idempotencykey.ExpiresAt(row.ExpiresAt)); err != nil {
			return nil, nil, err
		}
	}
	return nil, nil, ErrInProgress
}

// stamp is the time as the databases keep it.
func (k *Keys) stamp() time.Time { return k.now().UTC().Truncate(time.Microsecond) }

func (k *Keys) claim(ctx context.Context, t *tenants.Tenant, r Request) (*Claim, error) {
	c := &Claim{keys: k, tenant: t, hash: r.hash(), id: uuid.Must(uuid.NewV7())}
	return c, k.store.Do(ctx, scope.Tenant(t.ID), func(ctx context.Context, tx *store.Tx) error {
		return tx.IdempotencyKey.Create().
			SetID(c.id).SetHash(c.hash).SetRequestHash(r.Content[:]).SetExpiresAt(k.stamp().Add(claimedFor)).Exec(ctx)
	})
}

// forget deletes the row that meets conditions, if it is there.
func (k *Keys) forget(ctx context.Context, t *tenants.Tenant, where ...predicate.IdempotencyKey) error {
	err := k.store.Do(ctx, scope.Tenant(t.ID), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.IdempotencyKey.Delete().Where(where...).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("forget idempotency key: %w", err)
	}
	return nil
}

// answer is what the first request with the key was told.
func (k *Keys) answer(t *tenants.Tenant, r Request, row *ent.IdempotencyKey) (*Answer, error) {
	switch {
	case !bytes.Equal(row.RequestHash, r.Content[:]):
		return nil, ErrReused
	case row.Status == 0:
		return nil, ErrInProgress
	case row.Status == statusLost:
		return nil, ErrAnswerLost
	}
	plain, err := k.keyring.Open(row.Answer, aad(t, row.Hash))
	a := &Answer{Status: row.Status}
	if err == nil {
		err = json.Unmarshal(plain, a)
	}
	if err != nil { // sealed under a secret that is gone
		return nil, ErrAnswerLost.Wrap(err)
	}
	return a, nil
}

// aad binds a sealed answer to its tenant and key.
func aad(t *tenants.Tenant, hash []byte) []byte {
	return slices.Concat([]byte("latchkeep idempotent answer v1 "), t.ID[:], hash)
}
