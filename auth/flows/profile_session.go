package flows

import (
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/pkg/flow"
)

// sessionView is a session as its owner sees it. Spec: flow-profile §5.3.
type sessionView struct {
	ID           uuid.UUID `json:"id"`
	UserAgentRaw *string   `json:"user_agent_raw,omitempty"`
	UserAgent    string    `json:"user_agent,omitempty"`
	IPAddress    *string   `json:"ip_address,omitempty"`
	Current      bool      `json:"current"`
	CreatedAt    time.Time `json:"created_at"`
	ExpiresAt    time.Time `json:"expires_at"`
	LastUsed     time.Time `json:"last_used"`
}

func sessionViews(t *turn) []sessionView {
	views := make([]sessionView, len(t.Env.sessions))
	for i, s := range t.Env.sessions {
		views[i] = sessionView{
			ID: s.ID, UserAgentRaw: s.UserAgent, IPAddress: s.IPAddress, Current: s.ID == t.Env.session.SessionID,
			CreatedAt: s.CreatedAt, ExpiresAt: s.ExpiresAt, LastUsed: s.LastUsed,
		}
		if s.UserAgent != nil {
			views[i].UserAgent = session.Device(*s.UserAgent)
		}
	}
	return views
}

// sessionDelete ends one of her other sessions. Spec: flow-profile §7.
func (f *Flows) sessionDelete() action {
	return action{
		Name: "session_delete", Description: "Sign out on another device.",
		Inputs: func(t *turn) []flow.Input {
			var choices []flow.Choice
			for _, s := range ownOf(t).otherSessions() {
				choices = append(choices, flow.Choice{Value: s.ID.String(), Name: s.ID.String()})
			}
			return []flow.Input{flow.String("session_id").Required().Hidden().Allowed(choices...)}
		},
		Run: func(t *turn) (flow.Outcome, error) {
			id := parseID(t.Input("session_id"))
			if id == uuid.Nil {
				return flow.Reject("session_id", flow.ValueInvalid), nil
			}
			t.Env.Work.Do(f.sessions.Revoke(t.Env.Tenant, &t.Env.Work, t.Data.UserID, id, func() {
				f.audit(t, event.SessionRevoked, t.Data.actor(), map[string]any{"session_id": id.String()}, "")
			}))
			return flow.Stay(), nil
		},
	}
}

// parseID reads an id that a client sent; the nil id, which nothing has, where it is none.
func parseID(text string) uuid.UUID {
	id, err := uuid.Parse(text)
	if err != nil {
		return uuid.Nil
	}
	return id
}
