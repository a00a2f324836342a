package flows

import (
	"time"

	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/tenants/quota"
)

// Where a tenant has reached what she may have of people, nobody new comes: whoever has an account signs in as ever. Where she has reached what she may
// send of mails, nobody registers who would have to be mailed a code; codes for people with accounts go out. What a tenant has reached is in her
// snapshot, so looking costs nothing. docs/usage.md says what follows from which quota.

// full is the answer to who wants to register where nobody may; nil where anybody may. It comes before anything is looked up, so that it tells nothing
// of accounts.
func full(t *turn) flow.Outcome {
	until, closed := t.Env.Tenant.Quotas.Closed(now())
	c := t.Env.config()
	if !closed && asksEmail(c) && c.Email.RequireVerification && c.EmailDelivery.Enabled {
		until, closed = t.Env.Tenant.Quotas.Over(quota.Mails, now())
	}
	switch {
	case !closed:
		return nil
	case until.IsZero():
		return flow.Fail(flow.NotPermitted)
	default:
		return rateLimited(t, wait{exceeded: true, retry: time.Until(until)}, "retry_after")
	}
}

// fullMeanwhile ends a registration that began before nobody new might come. It reports whether it did.
func fullMeanwhile(t *turn) bool {
	until, closed := t.Env.Tenant.Quotas.Closed(now())
	switch {
	case !closed:
		return false
	case until.IsZero():
		t.Abort(flow.NotPermitted)
	default:
		t.Env.retryAfter = time.Until(until)
		t.Abort(flow.RateLimitExceeded)
	}
	return true
}
