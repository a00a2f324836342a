package management

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/tenants"
)

// TimelineLength is how many of the latest audit records of a person a dossier has.
const TimelineLength = 50

// A Dossier is what is kept about a person, but secrets.
type Dossier struct {
	User     *user.User
	View     user.AdminView
	Sessions []session.View
	Timeline []audit.Entry
}

// Dossier reads what is kept about a person: with sessions her sessions, with a log the latest records about her. Who asks gets what her scopes allow.
// Error: user_not_found.
func (s *Service) Dossier(ctx context.Context, t *tenants.Tenant, id uuid.UUID, sessions bool, log *audit.Log) (Dossier, error) {
	u, err := s.n.Users.Load(ctx, t, id)
	if err != nil {
		return Dossier{}, err
	}
	d := Dossier{User: u, View: user.NewAdminView(t, u)}
	if sessions {
		if d.Sessions, err = s.n.Sessions.Of(ctx, t, id); err != nil {
			return d, err
		}
	}
	if log != nil {
		found, err := log.List(ctx, t, audit.Filter{ActorUserID: id.String()}, 1, TimelineLength)
		if err != nil {
			return d, err
		}
		d.Timeline = found.Entries
	}
	return d, nil
}

// Export is a dossier as it is handed out: all that is kept about a person but secrets (GDPR articles 15 and 20), as indented JSON.
func (d Dossier) Export(t *tenants.Tenant, now time.Time) ([]byte, error) {
	return json.MarshalIndent(map[string]any{
		"user": d.View, "sessions": d.Sessions, "latest_audit_records": d.Timeline, "tenant_id": t.ID, "exported_at": now.UTC(),
	}, "", "  ")
}

// NoteExport writes down that an operator took a dossier out.
func (s *Service) NoteExport(ctx context.Context, t *tenants.Tenant, by tenants.Actor, id uuid.UUID) error {
	w := &auth.Work{}
	w.Emit(tenants.Recorded(ctx, t.ID, tenants.AuditPersonExported, by, map[string]any{"user_id": id.String()}))
	return s.commit(ctx, t, w, "record an export")
}
