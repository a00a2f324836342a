package flows

import (
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/pkg/password"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// What a tenant may ask of passwords beyond Hanko's rules. Both are off where a configuration does not name them.

// tooCommon says whether a new password is one of those that are guessed first. Clients show what they show for any other value that is not taken.
func tooCommon(plain string, c *config.Config) bool {
	return c.Password.RefuseCommon && password.Common(plain)
}

// endOtherSessions ends the sessions of a person whose password was replaced, but for the one in which she did that: who knew the old one may be
// signed in.
func (f *Flows) endOtherSessions(t *turn, userID, kept uuid.UUID) {
	if !t.Env.config().Password.EndSessions {
		return
	}
	t.Env.Work.Do(f.sessions.RevokeOthers(t.Env.Tenant, &t.Env.Work, userID, kept, func(id uuid.UUID) {
		f.audit(t, event.SessionRevoked, t.Data.actor(), map[string]any{"session_id": id.String(), "context": "password"}, "")
	}))
}
