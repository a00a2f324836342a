package worker

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

const (
	domainsType = "domains"
	// domainsEvery is how often domains are looked for whose proof is to be looked for. The DNS may be slow, so it is a task of its own.
	domainsEvery = time.Minute
	// domainsRows is how many domains are read at a time; domainsTime how long one run may take.
	domainsRows = 200
	domainsTime = 10 * time.Minute
)

// A Surveyor looks after tenants' domains.
type Surveyor interface {
	// CheckDue looks for the proof of domains for which it is time, of so many after the given one. It returns the last one looked at, or the nil
	// UUID when the round is complete.
	CheckDue(ctx context.Context, after uuid.UUID, limit int) (uuid.UUID, error)
}

// surveyDomains looks at all domains for which it is time.
func (w *Worker) surveyDomains(ctx context.Context) {
	if w.needs.Domains == nil {
		return
	}
	for after := uuid.Nil; ; {
		next, err := w.needs.Domains.CheckDue(ctx, after, domainsRows)
		if err != nil && ctx.Err() == nil {
			w.log.WarnContext(ctx, "domains cannot be checked now and will be later", "error", fmt.Errorf("check domains: %w", err))
		}
		if next == uuid.Nil || next == after || ctx.Err() != nil {
			return
		}
		after = next
	}
}
