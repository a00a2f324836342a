package idempotency

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/idempotencykey"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

// A Claim is the right of one request to do what its key stands for. It is for one goroutine.
type Claim struct {
	keys   *Keys
	tenant *tenants.Tenant
	hash   []byte
	id     uuid.UUID

	// Render makes the answer of what an operation results in, before it is sent.
	Render func(result any) (Answer, error)

	answer    *Answer
	committed bool
}

type claimKey struct{}

// With returns a context in which changes are made under the claim.
func With(ctx context.Context, c *Claim) context.Context {
	return context.WithValue(ctx, claimKey{}, c)
}

// From is the claim of the context, or nil.
func From(ctx context.Context) *Claim {
	c, _ := ctx.Value(claimKey{}).(*Claim)
	return c
}

// Without returns a context without claim, for an operation that takes several transactions and may be repeated from the start.
func Without(ctx context.Context) context.Context { return With(ctx, nil) }

// Settle says, before the change is committed, what its answer will be. It does nothing without a claim.
func Settle(ctx context.Context, result any) error {
	c := From(ctx)
	if c == nil || c.Render == nil {
		return nil
	}
	a, err := c.Render(result)
	if err != nil {
		return fmt.Errorf("render the answer that is to be kept: %w", err)
	}
	c.answer = &a
	return nil
}

// Done is the write that belongs into the unit of work of the change: it keeps the answer, or at least that the change was made. It fails
// with ErrInProgress where the request took so long that another one has the key.
func (c *Claim) Done() store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		if err := c.keep(ctx, tx, 0); err != nil {
			return err
		}
		tx.OnCommit(func() { c.committed = true })
		return nil
	}
}

// Finish keeps the answer that was sent, unless the change kept it. One that failed by our own fault, or that may go better later, is not
// kept: the key is free again, unless something was changed.
func (c *Claim) Finish(ctx context.Context, sent Answer, passing bool) error {
	switch {
	case c.committed && c.answer != nil:
		return nil
	case passing && c.committed:
		return nil // the change is there, and its answer is lost
	case passing:
		return c.Release(ctx)
	}
	from := 0
	if c.committed {
		from = statusLost
	}
	c.answer = &sent
	err := c.keys.store.Do(ctx, scope.Tenant(c.tenant.ID), func(ctx context.Context, tx *store.Tx) error { return c.keep(ctx, tx, from) })
	if err != nil {
		return fmt.Errorf("keep an answer: %w", err)
	}
	return nil
}

// Release frees the key of a request that came to nothing.
func (c *Claim) Release(ctx context.Context) error {
	return c.keys.forget(ctx, c.tenant, idempotencykey.ID(c.id), idempotencykey.Status(0))
}

// keep stores the answer in the row, which must be in a state.
func (c *Claim) keep(ctx context.Context, tx *store.Tx, from int) error {
	row := tx.IdempotencyKey.Update().Where(idempotencykey.ID(c.id), idempotencykey.Status(from)).
		SetExpiresAt(c.keys.stamp().Add(KeptFor)).SetStatus(statusLost)
	if c.answer != nil {
		plain, err := json.Marshal(c.answer)
		if err != nil {
			return fmt.Errorf("encode an answer: %w", err)
		}
		if sealed := c.keys.keyring.Seal(plain, aad(c.tenant, c.hash)); len(sealed) <= maxSealed {
			row.SetStatus(c.answer.Status).SetAnswer(sealed)
		}
	}
	changed, err := row.Save(ctx)
	if err != nil {
		return fmt.Errorf("store idempotency key: %w", err)
	}
	if changed == 0 {
		return ErrInProgress
	}
	return nil
}
