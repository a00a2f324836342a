package operator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent"
	entoperator "github.com/latchkeep/latchkeep/ent/operator"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

const (
	// InvitationPrefix begins the token of every invitation.
	InvitationPrefix = "lki_"
	// InvitationTime is how long an invitation is good for.
	InvitationTime = 72 * time.Hour
	// MethodLink is the method of a session that began with an invitation (amr).
	MethodLink = "link"

	nameRule = "must have at most 255 characters and no control characters"
)

// ErrInvitation is the answer to a link that is unknown, used, replaced or too old; nobody is told which.
var ErrInvitation = problem.NotFound("invitation_invalid", "this link is not good any more: ask for a new one")

// An Invitation is a new operator, or a new link for one.
type Invitation struct {
	Email  string
	Name   string
	Grants []Grant
}

// Invite makes an operator who is to join, and the token of her link, which is shown once. by is nil for the command line. Errors:
// invalid_operator, ErrExceeded, ErrExists.
func (r *Room) Invite(ctx context.Context, actor tenants.Actor, by *tenants.Principal, n Invitation) (*Operator, string, error) {
	fields := check(n.Grants)
	address, err := user.ParseAddress(n.Email)
	if err != nil {
		fields = append(fields, problem.Field{Path: "email", Reason: "is not an e-mail address"})
	}
	if n.Name = strings.TrimSpace(n.Name); !isName(n.Name) {
		fields = append(fields, problem.Field{Path: "name", Reason: nameRule})
	}
	if len(fields) > 0 {
		return nil, "", problem.Invalid("invalid_operator", "the operator is not valid", fields...)
	}
	if by != nil && !by.Covers(allowed(n.Grants)) {
		return nil, "", ErrExceeded
	}
	grants, err := json.Marshal(n.Grants)
	if err != nil {
		return nil, "", err
	}
	token, hash := secret.NewToken(InvitationPrefix)
	var made *Operator
	err = r.n.Store.Do(ctx, scope.System(doing), func(ctx context.Context, tx *store.Tx) error {
		now := r.now()
		row, err := tx.Operator.Create().SetEmail(address).SetName(n.Name).SetGrants(grants).SetInvitedBy(string(actor)).
			SetInviteHash(hash).SetInviteExpiresAt(now.Add(InvitationTime)).SetCreatedAt(now).SetUpdatedAt(now).Save(ctx)
		if store.IsUniqueViolation(err) {
			return ErrExists
		}
		if made, err = one(row, err); err != nil {
			return err
		}
		return r.n.Outbox.Write(ctx, tx, tenants.Recorded(ctx, tenants.SystemID, tenants.AuditOperatorInvited, actor, map[string]any{
			"operator": made.ID.String(), "email": made.Email, "grants": n.Grants,
		}))
	})
	if err != nil {
		return nil, "", fmt.Errorf("invite an operator: %w", err)
	}
	return made, token, nil
}

// InviteAgain makes a new link for an operator, in place of one before. For who has joined it is a way back in when she lost all else; so where
// somebody makes it through the console (by is not nil) she must not have joined. Errors: ErrNotFound, ErrExceeded, operator_joined, operator_disabled.
func (r *Room) InviteAgain(ctx context.Context, actor tenants.Actor, by *tenants.Principal, id uuid.UUID) (*Operator, string, error) {
	token, hash := secret.NewToken(InvitationPrefix)
	var invited *Operator
	err := r.n.Store.Do(ctx, scope.System(doing), func(ctx context.Context, tx *store.Tx) error {
		old, err := one(store.Lock(tx, tx.Operator.Query().Where(entoperator.ID(id))).Only(ctx))
		switch {
		case err != nil:
			return err
		case by != nil && !by.Covers(allowed(old.Grants)):
			return ErrExceeded
		case by != nil && old.UserID != nil:
			return problem.Conflict("operator_joined", "this operator has joined: a new link can only be made with the command line")
		case old.DisabledAt != nil:
			return problem.Conflict("operator_disabled", "this operator is disabled")
		}
		now := r.now()
		row, err := tx.Operator.UpdateOneID(id).SetInviteHash(hash).SetInviteExpiresAt(now.Add(InvitationTime)).SetUpdatedAt(now).Save(ctx)
		if invited, err = one(row, err); err != nil {
			return err
		}
		return r.n.Outbox.Write(ctx, tx, tenants.Recorded(ctx, tenants.SystemID, tenants.AuditOperatorInvited, actor, map[string]any{
			"operator": id.String(), "email": invited.Email, "grants": invited.Grants, "again": true,
		}))
	})
	if err != nil {
		return nil, "", fmt.Errorf("invite operator %s again: %w", id, err)
	}
	return invited, token, nil
}

// Invited is whom an invitation is for. It uses nothing up. Error: ErrInvitation.
func (r *Room) Invited(ctx context.Context, token string) (*Operator, error) {
	hash, err := secret.HashToken(InvitationPrefix, token)
	if err != nil {
		return nil, ErrInvitation
	}
	row, err := r.n.Store.Reader().Operator.Query().
		Where(entoperator.InviteHash(hash), entoperator.InviteExpiresAtGT(r.now()), entoperator.DisabledAtIsNil()).Only(system(ctx))
	if ent.IsNotFound(err) {
		return nil, ErrInvitation
	}
	return one(row, err)
}

// Join uses an invitation up: the operator is a person of the operators' tenant from now on, and signed in. What she signs in with later is for her
// to add. Of two at once one joins. Error: ErrInvitation.
//
// The person and her session come first, in a unit of work of their tenant: without an operator they are worth nothing, so what is left of a join that
// ends between the two can do nothing, and the link is still good.
func (r *Room) Join(ctx context.Context, c auth.Client, token string) (*session.Issued, error) {
	invited, err := r.Invited(ctx, token)
	if err != nil {
		return nil, err
	}
	t, err := r.n.Registry.ByID(ctx, tenants.SystemID)
	if err != nil {
		return nil, err
	}
	w := &auth.Work{}
	u, isNew, err := r.person(ctx, t, w, c, invited)
	if err != nil {
		return nil, err
	}
	issued, err := r.n.Sessions.Prepare(t, c, session.Order{User: u, NewUser: isNew, AMR: []string{MethodLink}, Event: event.SessionCreateFlow})
	if err != nil {
		return nil, err
	}
	issued.Save(w)
	switch err := w.Commit(ctx, r.n.Store, scope.Tenant(t.ID), r.n.Outbox); {
	case errors.Is(err, user.ErrEmailTaken):
		return nil, ErrInvitation // somebody else uses it this very moment
	case err != nil:
		return nil, fmt.Errorf("join: %w", err)
	}
	joined := event.Audit(t, c, tenants.AuditOperatorJoined, event.Actor{UserID: u.ID, Email: invited.Email}, map[string]any{
		"operator": invited.ID.String(), "by": string(invited.InvitedBy),
	}, "")
	err = r.n.Store.Do(ctx, scope.System(doing), func(ctx context.Context, tx *store.Tx) error {
		if err := r.use(invited, token, u.ID)(ctx, tx); err != nil {
			return err
		}
		return r.n.Outbox.Write(ctx, tx, joined)
	})
	if err != nil {
		return nil, fmt.Errorf("join: %w", err)
	}
	return issued, nil
}

// person is who an operator is in the operators' tenant, and whether she is new there. Whoever has her address there already is her: nobody signs
// up by herself.
func (r *Room) person(ctx context.Context, t *tenants.Tenant, w *auth.Work, c auth.Client, invited *Operator) (_ *user.User, isNew bool, err error) {
	known := user.Account{}
	if invited.UserID != nil {
		known.UserID = *invited.UserID
	} else if known, err = r.n.Users.ByEmail(ctx, t, invited.Email); err != nil {
		return nil, false, err
	}
	if known.Known() {
		u, err := r.n.Users.Load(ctx, t, known.UserID)
		return u, false, err
	}
	u := user.New(uuid.Must(uuid.NewV7()))
	u.Name = invited.Name
	u.AddEmail(invited.Email, true)
	w.Do(user.Create(u))
	w.Emit(event.Audit(t, c, event.UserCreated, event.Actor{UserID: u.ID, Email: invited.Email}, nil, ""))
	return u, true, nil
}

// use uses an invitation up, unless somebody did already.
func (r *Room) use(invited *Operator, token string, userID uuid.UUID) store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		hash, err := secret.HashToken(InvitationPrefix, token)
		if err != nil {
			return ErrInvitation
		}
		n, err := tx.Operator.Update().Where(entoperator.ID(invited.ID), entoperator.InviteHash(hash), entoperator.DisabledAtIsNil()).
			SetUserID(userID).ClearInviteHash().ClearInviteExpiresAt().SetUpdatedAt(r.now()).Save(ctx)
		if err == nil && n == 0 {
			err = ErrInvitation
		}
		return err
	}
}

// JoinPath is where the console takes in who has a link.
const JoinPath = "/console/join"

// InvitationLink is the link to a console, at its base URL, that an operator joins with.
func InvitationLink(console, token string) string {
	return strings.TrimRight(console, "/") + JoinPath + "?token=" + token
}

func isName(name string) bool {
	return utf8.ValidString(name) && utf8.RuneCountInString(name) <= 255 && !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// InviteOrAgain is Invite; for who is an operator already InviteAgain.
func (r *Room) InviteOrAgain(ctx context.Context, actor tenants.Actor, n Invitation) (*Operator, string, error) {
	o, token, err := r.Invite(ctx, actor, nil, n)
	if !errors.Is(err, ErrExists) {
		return o, token, err
	}
	address, err := user.ParseAddress(n.Email)
	if err != nil {
		return nil, "", err
	}
	if o, err = r.ByEmail(ctx, address); err != nil {
		return nil, "", err
	}
	return r.InviteAgain(ctx, actor, nil, o.ID)
}
