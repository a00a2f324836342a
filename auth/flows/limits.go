package flows

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/pkg/ratelimit"
	"github.com/latchkeep/latchkeep/tenants"
)

// Limits are how often things may be tried. Each kind is counted twice: by caller and subject, and by subject alone, so that many callers
// cannot share the guessing of one account. A zero limit is none.
type Limits struct {
	Passcode, Password, OTP, Token ratelimit.Limit
	// AccountPasscode, AccountPassword and AccountOTP count over all callers.
	AccountPasscode, AccountPassword, AccountOTP ratelimit.Limit
}

// limiter takes tokens for flows.
type limiter struct {
	store  ratelimit.Limiter
	limits Limits
}

// A wait is how long to wait before the next try.
type wait struct {
	exceeded bool
	retry    time.Duration
}

// seconds to wait, rounded down: what payloads carry.
func (w wait) seconds() int { return int(w.retry / time.Second) }

func (l *limiter) password(t *turn, identifier string) (wait, error) {
	return l.take(t, "password", l.limits.Password, l.limits.AccountPassword, identifier)
}

func (l *limiter) passcode(t *turn, address string) (wait, error) {
	return l.take(t, "passcode", l.limits.Passcode, l.limits.AccountPasscode, address)
}

func (l *limiter) otp(t *turn, userID uuid.UUID) (wait, error) {
	return l.take(t, "otp", l.limits.OTP, l.limits.AccountOTP, userID.String())
}

// token counts by the caller alone: a one-time token cannot be guessed, whoever it is for.
func (l *limiter) token(t *turn) (wait, error) {
	return l.take(t, "token_exchange", l.limits.Token, ratelimit.Limit{}, "")
}

// departure counts by the caller alone, with what links begin: see [federation.Gate].
func (f *Flows) departure(t *turn) (wait, error) {
	retry, allowed, err := f.gate.Pass(t.Context(), t.Env.Tenant, t.Env.Client)
	return wait{exceeded: !allowed, retry: retry}, err
}

func (l *limiter) take(t *turn, kind string, perCaller, perAccount ratelimit.Limit, subject string) (wait, error) {
	id := t.Env.Tenant.ID
	for _, bucket := range []struct {
		limit ratelimit.Limit
		key   string
	}{
		{perCaller, tenants.Key(id, kind, t.Env.Client.LimitKey, subject)},
		{perAccount, tenants.Key(id, kind+"-account", subject)},
	} {
		if bucket.limit.Tokens == 0 {
			continue
		}
		d, err := l.store.Take(t.Context(), bucket.key, bucket.limit)
		if err != nil {
			return wait{}, fmt.Errorf("take a %s token: %w", kind, err)
		}
		if !d.Allowed {
			return wait{exceeded: true, retry: d.RetryAfter}, nil
		}
	}
	return wait{}, nil
}

// rateLimited answers that it is too early; the payload member tells when to try again.
func rateLimited(t *turn, w wait, member string) flow.Outcome {
	t.Set(member, w.seconds())
	t.Env.retryAfter = w.retry
	return flow.Fail(flow.RateLimitExceeded)
}
