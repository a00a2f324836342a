package webhook

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/safehttp"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// maxCallback is how many bytes a callback may have.
const maxCallback = 2048

// check says everything that is wrong with a wish. Whether the callback may be reached from here shows when something is sent there: names
// change their addresses.
func (w Wish) check(plain func(host string) bool) error {
	var fields []problem.Field
	add := func(path, reason string) { fields = append(fields, problem.Field{Path: path, Reason: reason}) }
	if reason := callbackProblem(w.Callback, plain); reason != "" {
		add("callback", reason)
	}
	if len(w.Events) == 0 {
		add("events", "must name at least one event")
	}
	known := config.WebhookEvents()
	for i, name := range w.Events {
		path := fmt.Sprintf("events[%d]", i)
		switch {
		case !slices.Contains(known, name):
			add(path, "is not an event")
		case slices.Contains(w.Events[:i], name):
			add(path, "is there twice")
		}
		if len(fields) > len(known) {
			break // it is no list of events at all
		}
	}
	if len(fields) > 0 {
		return problem.Invalid("invalid_webhook", "the webhook is not valid", fields...)
	}
	return nil
}

// checkChange is check for a webhook that there is: a callback without TLS that it has already may stay.
func (r *Room) checkChange(ctx context.Context, t *tenants.Tenant, id uuid.UUID, wish Wish) error {
	err := wish.check(r.n.AllowsPlain)
	if err == nil || wish.check(anyHost) != nil {
		return err
	}
	now, failed := r.Get(ctx, t, id)
	switch {
	case failed != nil:
		return failed
	case now.Callback == wish.Callback:
		return nil
	}
	return err
}

func anyHost(string) bool { return true }

// callbackProblem says why a text cannot be called, or "". Where http:// may lead is up to plain.
func callbackProblem(text string, plain func(host string) bool) string {
	u, ok := safehttp.WebURL(text)
	switch {
	case text == "":
		return "must not be empty"
	case len(text) > maxCallback:
		return fmt.Sprintf("must not be longer than %d bytes", maxCallback)
	case !ok:
		return "must be a URL that begins with https:// or http://"
	case u.User != nil:
		return "must not contain a username or password"
	case u.Scheme == "http" && (plain == nil || !plain(u.Hostname())):
		return config.PlainReason
	}
	return ""
}
