package worker

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/quota"
)

// holdMailFor is how long a mail is left alone at once whose tenant may send no more today: by then she may have been allowed more.
const holdMailFor = time.Hour

// A heldError says that a mail waits because its tenant has sent what she may in a day.
type heldError struct{ until time.Time }

func (heldError) Error() string {
	return "held back: the tenant has sent the mails it may send in a day"
}

// holds reports whether a mail waits, and until when. Codes do not: people sign in with them, and they would expire.
func holds(t *tenants.Tenant, p event.MailPayload, now time.Time) (until time.Time, held bool) {
	if !p.CanWait() {
		return time.Time{}, false
	}
	until, held = t.Quotas.Over(quota.Mails, now)
	if soon := now.Add(holdMailFor); held && soon.Before(until) {
		until = soon
	}
	return until, held
}

// patience is how long a mail without an end of its own is tried: a day longer where it may have been held back.
func (m *mailTask) patience(ctx context.Context, tenantID uuid.UUID) time.Duration {
	t, err := m.registry.ByID(ctx, tenantID)
	if err == nil && t.Quotas != nil && t.Quotas.Limits[quota.Mails].Hard > 0 {
		return 2 * mailFor
	}
	return mailFor
}
