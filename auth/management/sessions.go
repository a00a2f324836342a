package management

import (
	"context"
	"net/netip"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

var errBadIP = problem.Invalid("invalid_ip_address", "ip_address must be an IPv4 or IPv6 address")

// Sessions lists a person's sessions that have not expired, newest first. Error: user_not_found.
func (s *Service) Sessions(ctx context.Context, t *tenants.Tenant, userID uuid.UUID) ([]session.View, error) {
	list, err := s.n.Sessions.Of(ctx, t, userID)
	if err != nil || len(list) > 0 {
		return list, err
	}
	_, err = s.n.Users.Brief(ctx, t, userID)
	return list, err
}

// RevokeSession ends a session of a person, on every replica. Error: session_not_found, also for somebody else's or where the person does not
// exist.
func (s *Service) RevokeSession(ctx context.Context, t *tenants.Tenant, by Caller, userID, id uuid.UUID) error {
	w := &auth.Work{}
	w.Do(s.n.Sessions.Withdraw(t, w, userID, id))
	w.Emit(by.record(t, event.SessionRevoked, event.Actor{UserID: userID}, map[string]any{"session_id": id.String()}))
	return s.commit(ctx, t, w, "revoke a session")
}

// RevokeSessions ends all sessions of a person, on every replica. It is no error where she has none. Error: user_not_found.
func (s *Service) RevokeSessions(ctx context.Context, t *tenants.Tenant, by Caller, userID uuid.UUID) error {
	u, err := s.n.Users.Brief(ctx, t, userID)
	if err != nil {
		return err
	}
	w := &auth.Work{}
	w.Do(s.n.Sessions.WithdrawAll(t, w, userID, func(n int) {
		if n == 0 {
			return
		}
		concerns := event.Actor{UserID: userID, Email: u.PrimaryAddress()}
		w.Emit(by.record(t, event.SessionRevoked, concerns, map[string]any{"sessions": n}))
	}))
	return s.commit(ctx, t, w, "revoke all sessions of a user")
}

// NewSession asks for a session for a person who proved to the back end who she is.
type NewSession struct {
	UserID uuid.UUID
	// UserAgent and IPAddress are where the session will be used, where the back end tells; empty is unknown.
	UserAgent, IPAddress string
}

// OpenSession opens a session and returns its token. Sessions beyond the tenant's limit end, oldest first. Errors: user_not_found,
// session.ErrBlocked, invalid_ip_address. Spec: rest-admin §5, session §4.
func (s *Service) OpenSession(ctx context.Context, t *tenants.Tenant, by Caller, n NewSession) (string, error) {
	if n.IPAddress != "" {
		if ip, err := netip.ParseAddr(n.IPAddress); err != nil || ip.Zone() != "" {
			return "", errBadIP
		}
	}
	u, err := s.n.Users.Brief(ctx, t, n.UserID)
	if err != nil {
		return "", err
	}
	if u.BlockedAt != nil {
		return "", session.ErrBlocked
	}
	issued, err := s.n.Sessions.Prepare(t, by.Client, session.Order{
		User: u, Event: event.SessionCreateAdmin, Origin: &session.Origin{IPAddress: n.IPAddress, UserAgent: n.UserAgent},
	})
	if err != nil {
		return "", err
	}
	w := &auth.Work{}
	issued.Save(w)
	concerns := event.Actor{UserID: u.ID, Email: u.PrimaryAddress()}
	w.Emit(by.record(t, event.LoginSuccess, concerns, nil))
	err = s.commit(ctx, t, w, "open a session")
	switch {
	case store.IsForeignKeyViolation(err):
		return "", user.ErrNotFound // she was deleted meanwhile
	case err != nil:
		return "", err
	}
	return issued.Token, nil
}
