package operator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent"
	entoperator "github.com/latchkeep/latchkeep/ent/operator"
	"github.com/latchkeep/latchkeep/ent/operatortoken"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// An Operator is a person who runs the deployment.
type Operator struct {
	ID     uuid.UUID
	Email  string
	Name   string
	Grants []Grant
	// UserID is who she is in the tenant of the operators; nil before she joined.
	UserID    *uuid.UUID
	InvitedBy tenants.Actor
	// InvitedUntil is when her open invitation ends; nil where there is none.
	InvitedUntil *time.Time
	LastSeenAt   *time.Time // to some minutes
	DisabledAt   *time.Time
	CreatedAt    time.Time
}

// Actor is how changes made by her are signed.
func (o *Operator) Actor() tenants.Actor { return tenants.ByOperator(o.Email) }

// Principal is who she is to the console.
func (o *Operator) Principal() *tenants.Principal {
	name := o.Name
	if name == "" {
		name = o.Email
	}
	return tenants.NewPrincipal(o.Actor(), name, o.ID, allowed(o.Grants), nil)
}

// The errors of this room.
var (
	ErrNotFound = problem.NotFound("operator_not_found", "there is no such operator")
	// ErrLastOwner keeps a deployment from having nobody who may do everything.
	ErrLastOwner = problem.Conflict("last_owner", "this is the last owner of the whole deployment: make another one first")
	// ErrExceeded is the answer to who would give more than she has, or take it away.
	ErrExceeded = problem.Forbidden("scope_exceeded", "you cannot give, change or take away more than you may do yourself")
	// ErrExists is the answer to a second invitation of the same address.
	ErrExists = problem.Conflict("operator_exists", "there is an operator with this address")
	// ErrNotOperator is the answer to somebody who is signed in to the operators' tenant but is no operator any more.
	ErrNotOperator = problem.Forbidden("not_an_operator", "this account may not use the console")
)

// Needs are what the room works with; all are required.
type Needs struct {
	Store    *store.Store
	Outbox   *outbox.Writer
	Registry *tenants.Registry
	Users    *user.Directory
	Sessions *session.Service
	Now      func() time.Time
}

// A Room knows the operators.
type Room struct{ n Needs }

// NewRoom makes the room.
func NewRoom(n Needs) *Room { return &Room{n} }

func (r *Room) now() time.Time { return r.n.Now().UTC().Truncate(time.Microsecond) }

const doing = "manage operators"

// system is the scope of what concerns operators, who belong to no tenant.
func system(ctx context.Context) context.Context { return scope.With(ctx, scope.System(doing)) }

// List reads all operators, by address.
func (r *Room) List(ctx context.Context) ([]*Operator, error) {
	rows, err := r.n.Store.Reader().Operator.Query().Order(ent.Asc(entoperator.FieldEmail)).All(system(ctx))
	if err != nil {
		return nil, fmt.Errorf("list operators: %w", err)
	}
	list := make([]*Operator, len(rows))
	for i, row := range rows {
		if list[i], err = fromRow(row); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Get reads an operator. Error: ErrNotFound.
func (r *Room) Get(ctx context.Context, id uuid.UUID) (*Operator, error) {
	return one(r.n.Store.Reader().Operator.Query().Where(entoperator.ID(id)).Only(system(ctx)))
}

// ByEmail reads the operator with an address. Error: ErrNotFound.
func (r *Room) ByEmail(ctx context.Context, address string) (*Operator, error) {
	return one(r.n.Store.Reader().Operator.Query().Where(entoperator.Email(address)).Only(system(ctx)))
}

// Joined reports whether anybody has joined yet.
func (r *Room) Joined(ctx context.Context) (bool, error) {
	any, err := r.n.Store.Reader().Operator.Query().Where(entoperator.UserIDNotNil()).Exist(system(ctx))
	if err != nil {
		return false, fmt.Errorf("look for operators: %w", err)
	}
	return any, nil
}

// A Change is of an operator; nil members stay.
type Change struct {
	Name     *string
	Grants   []Grant
	Disabled *bool
}

// Change changes an operator. Who is disabled is out at once, and so are her tokens; her sessions end, and she can sign in no more. by is nil for
// the command line. Errors: ErrNotFound, invalid_operator, ErrExceeded, ErrLastOwner.
func (r *Room) Change(ctx context.Context, actor tenants.Actor, by *tenants.Principal, id uuid.UUID, c Change) (*Operator, error) {
	if c.Grants != nil {
		if fields := check(c.Grants); len(fields) > 0 {
			return nil, problem.Invalid("invalid_operator", "the operator is not valid", fields...)
		}
	}
	if c.Name != nil && !isName(*c.Name) {
		return nil, problem.Invalid("invalid_operator", "the operator is not valid", problem.Field{Path: "name", Reason: nameRule})
	}
	var changed *Operator
	err := r.n.Store.Do(ctx, scope.System(doing), func(ctx context.Context, tx *store.Tx) error {
		rows, err := store.Lock(tx, tx.Operator.Query().Order(ent.Asc(entoperator.FieldID))).All(ctx) // all: the last owner must stay
		if err != nil {
			return err
		}
		i := slices.IndexFunc(rows, func(row *ent.Operator) bool { return row.ID == id })
		if i < 0 {
			return ErrNotFound
		}
		old, err := fromRow(rows[i])
		if err != nil {
			return err
		}
		if by != nil && (!by.Covers(allowed(old.Grants)) || !by.Covers(allowed(c.Grants))) {
			return ErrExceeded
		}
		next := c.of(old, r.now())
		if owns(old.Grants) && old.DisabledAt == nil && (!owns(next.Grants) || next.DisabledAt != nil) {
			if err := another(rows, id); err != nil {
				return err
			}
		}
		records, err := r.write(ctx, tx, actor, old, next)
		if err != nil {
			return err
		}
		changed = next
		return r.n.Outbox.Write(ctx, tx, records...)
	})
	if err != nil {
		return nil, fmt.Errorf("change operator %s: %w", id, err)
	}
	return changed, nil
}

// of is what an operator becomes.
func (c Change) of(old *Operator, now time.Time) *Operator {
	next := *old
	if c.Name != nil {
		next.Name = *c.Name
	}
	if c.Grants != nil {
		next.Grants = c.Grants
	}
	if c.Disabled != nil {
		switch {
		case !*c.Disabled:
			next.DisabledAt = nil
		case old.DisabledAt == nil:
			next.DisabledAt = &now
		}
	}
	return &next
}

// another makes sure that there is an owner beside somebody.
func another(rows []*ent.Operator, id uuid.UUID) error {
	for _, row := range rows {
		grants, err := decode(row.Grants)
		if err != nil {
			return err
		}
		if row.ID != id && row.DisabledAt == nil && row.UserID != nil && owns(grants) {
			return nil
		}
	}
	return ErrLastOwner
}

func (r *Room) write(ctx context.Context, tx *store.Tx, actor tenants.Actor, old, next *Operator) ([]outbox.Intent, error) {
	grants, err := json.Marshal(next.Grants)
	if err != nil {
		return nil, err
	}
	update := tx.Operator.UpdateOneID(next.ID).SetName(next.Name).SetGrants(grants).SetUpdatedAt(r.now())
	note := func(kind outbox.AuditType, more map[string]any) outbox.Intent {
		details := map[string]any{"operator": next.ID.String(), "email": next.Email}
		for name, value := range more {
			details[name] = value
		}
		return tenants.Recorded(ctx, tenants.SystemID, kind, actor, details)
	}
	var records []outbox.Intent
	if before, err := json.Marshal(old.Grants); err != nil || string(before) != string(grants) || old.Name != next.Name {
		records = append(records, note(tenants.AuditOperatorChanged, map[string]any{"name": next.Name, "grants": next.Grants}))
	}
	switch {
	case old.DisabledAt == nil && next.DisabledAt != nil:
		update = update.SetDisabledAt(*next.DisabledAt).ClearInviteHash().ClearInviteExpiresAt()
		records = append(records, note(tenants.AuditOperatorDisabled, nil))
		err := tx.OperatorToken.Update().Where(operatortoken.OperatorID(next.ID), operatortoken.RevokedAtIsNil()).SetRevokedAt(r.now()).Exec(ctx)
		if err := errors.Join(err, r.block(ctx, tx, next)); err != nil {
			return nil, err
		}
	case old.DisabledAt != nil && next.DisabledAt == nil:
		update = update.ClearDisabledAt()
		records = append(records, note(tenants.AuditOperatorEnabled, nil))
		if err := r.block(ctx, tx, next); err != nil {
			return nil, err
		}
	}
	return records, update.Exec(ctx)
}

// block blocks an operator who is disabled as a person of the operators' tenant, and unblocks one who is not any more. Her sessions end either way:
// one from before would be good again.
func (r *Room) block(ctx context.Context, tx *store.Tx, o *Operator) error {
	if o.UserID == nil {
		return nil
	}
	ctx = scope.With(ctx, scope.Tenant(tenants.SystemID))
	if err := r.n.Sessions.EndAll(*o.UserID)(ctx, tx); err != nil {
		return err
	}
	u := user.New(*o.UserID)
	write := u.Unblock()
	if o.DisabledAt != nil {
		write = u.Block()
	}
	if err := write(ctx, tx); err != nil && !errors.Is(err, user.ErrNotFound) {
		return err
	}
	return nil
}

// seenEvery is how often it is written down that an operator was there.
const seenEvery = 10 * time.Minute

// SignedIn is the operator whose session in the operators' tenant a client has, and her session. Errors: tenants.ErrBadToken where there is none,
// ErrNotOperator.
func (r *Room) SignedIn(ctx context.Context, c auth.Client) (*Operator, *session.Valid, error) {
	t, err := r.n.Registry.ByID(ctx, tenants.SystemID)
	if err != nil {
		return nil, nil, err
	}
	valid, err := r.n.Sessions.Validate(ctx, t, c, session.Use)
	if err != nil {
		if errors.Is(err, session.ErrInvalid) || errors.Is(err, session.ErrMalformed) {
			return nil, nil, tenants.ErrBadToken
		}
		return nil, nil, err
	}
	o, err := one(r.n.Store.Reader().Operator.Query().Where(entoperator.UserID(valid.UserID)).Only(system(ctx)))
	switch {
	case errors.Is(err, ErrNotFound), err == nil && o.DisabledAt != nil:
		return nil, nil, ErrNotOperator
	case err != nil:
		return nil, nil, err
	}
	if now := r.now(); o.LastSeenAt == nil || now.Sub(*o.LastSeenAt) >= seenEvery {
		err := r.n.Store.Do(ctx, scope.System(doing), func(ctx context.Context, tx *store.Tx) error {
			return tx.Operator.UpdateOneID(o.ID).SetLastSeenAt(now).SetUpdatedAt(now).Exec(ctx)
		})
		if err != nil {
			return nil, nil, fmt.Errorf("note that an operator was there: %w", err)
		}
	}
	return o, valid, nil
}

// Held are what an operator may do now: see tenants.Holders.
func (r *Room) Held(ctx context.Context, id uuid.UUID) (tenants.Grants, error) {
	o, err := r.Get(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound), err == nil && o.DisabledAt != nil:
		return nil, tenants.ErrBadToken
	case err != nil:
		return nil, err
	}
	return allowed(o.Grants), nil
}

func one(row *ent.Operator, err error) (*Operator, error) {
	if ent.IsNotFound(err) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read operator: %w", err)
	}
	return fromRow(row)
}

func fromRow(row *ent.Operator) (*Operator, error) {
	grants, err := decode(row.Grants)
	if err != nil {
		return nil, err
	}
	o := &Operator{
		ID: row.ID, Email: row.Email, Name: row.Name, Grants: grants, UserID: row.UserID, InvitedBy: tenants.Actor(row.InvitedBy),
		LastSeenAt: row.LastSeenAt, DisabledAt: row.DisabledAt, CreatedAt: row.CreatedAt.UTC(),
	}
	if row.InviteHash != nil && len(*row.InviteHash) > 0 {
		o.InvitedUntil = row.InviteExpiresAt
	}
	return o, nil
}

// SignOut ends the session that a client has in the operators' tenant. Error: session.ErrInvalid where there is none.
func (r *Room) SignOut(ctx context.Context, c auth.Client) error {
	t, err := r.n.Registry.ByID(ctx, tenants.SystemID)
	if err != nil {
		return err
	}
	valid, err := r.n.Sessions.Validate(ctx, t, c, session.Look)
	if err != nil {
		return err
	}
	by := event.Actor{UserID: valid.UserID}
	if o, err := one(r.n.Store.Reader().Operator.Query().Where(entoperator.UserID(valid.UserID)).Only(system(ctx))); err == nil {
		by.Email = o.Email
	}
	return r.n.Sessions.Logout(ctx, t, c, by, valid)
}
