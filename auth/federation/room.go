package federation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// A Room decides what accounts at providers mean for the people of all tenants. It is safe for concurrent use.
type Room struct{ n Needs }

// Needs are what a Room works with.
type Needs struct {
	Store  *store.Store
	Outbox *outbox.Writer
	Users  *user.Directory
	Log    *slog.Logger
}

// New makes a Room.
func New(n Needs) *Room { return &Room{n: n} }

// tries is how often an account is looked at again because what was found had changed before it could be acted on.
const tries = 8

// SignIn acts on an account that a provider vouches for: it signs in who owns it, adds it to who has its address or asked to connect it, or
// makes a new user. The result is a one-time token for the flow of the state. Errors: *Error, for which the caller calls Refused.
// Spec: third-party §8, §9; saml §6.4.
func (r *Room) SignIn(ctx context.Context, t *tenants.Tenant, c auth.Client, s State, a Account) (string, error) {
	a, refused := a.normal()
	if refused != nil {
		return "", refused
	}
	var err error
	for range tries {
		var token string
		if token, err = r.signIn(ctx, t, c, s, a); err == nil || !overtaken(err) || ctx.Err() != nil {
			return token, orServerError(err)
		}
	}
	return "", Refuse(ServerError, "", fmt.Errorf("others were faster %d times: %w", tries, err))
}

func (r *Room) signIn(ctx context.Context, t *tenants.Tenant, c auth.Client, s State, a Account) (string, error) {
	f, err := r.look(ctx, t, s, a)
	if err != nil {
		return "", err
	}
	does, how, refused := decide(f)
	if refused != nil {
		return "", refused
	}
	if t.ReadOnly() {
		if refused := staysAsItIs(does); refused != nil {
			return "", refused
		}
	}
	if _, closed := t.Quotas.Closed(time.Now()); closed && does == signUp {
		return "", Refuse(SignupDisabled, "nobody can sign up just now", nil)
	}
	act := action{facts: f, tenant: t, client: c}
	switch does {
	case signIn:
		act.signIn(how)
	case link:
		act.link()
	case connect:
		act.connect()
	case signUp:
		act.signUp()
	}
	token, write := newToken(s, act.who, act.identityID, does == signUp, time.Now())
	act.work.Do(write)
	if err := act.work.Commit(ctx, r.n.Store, scope.Tenant(t.ID), r.n.Outbox); err != nil {
		return "", err
	}
	return token, nil
}

// overtaken reports whether somebody else changed what was acted on: the same account signed in twice at the same moment, its owner was
// deleted, the address taken.
func overtaken(err error) bool {
	p, ok := errors.AsType[*problem.Error](err)
	return ok && (p.Kind == problem.KindConflict || p.Kind == problem.KindNotFound) ||
		store.IsUniqueViolation(err) || store.IsForeignKeyViolation(err)
}

func orServerError(err error) error {
	if err == nil {
		return nil
	}
	return AsError(err)
}

// Refused records that a sign-in through a provider failed. What is our own fault is logged, and no business of the tenant's.
// Spec: third-party §8.5.
func (r *Room) Refused(ctx context.Context, t *tenants.Tenant, c auth.Client, why *Error) {
	if why.Code == ServerError {
		if ctx.Err() == nil {
			r.n.Log.ErrorContext(ctx, "a third-party sign-in failed", "tenant", t.ID, "error", why)
		}
		return
	}
	var w auth.Work
	w.Emit(event.Audit(t, c, event.ThirdPartyFailed, event.Actor{}, nil, readable(why.Error())))
	if err := w.Commit(ctx, r.n.Store, scope.Tenant(t.ID), r.n.Outbox); err != nil && ctx.Err() == nil {
		r.n.Log.ErrorContext(ctx, "a refused third-party sign-in was not recorded", "tenant", t.ID, "error", err)
	}
}

// maxReason is how much of a reason is kept: part of it may be a stranger's.
const maxReason = 1000

func readable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if runes := []rune(text); len(runes) > maxReason {
		return string(runes[:maxReason]) + "…"
	}
	return text
}
