// Package reseal seals what is stored anew under the operator's newest secret, so that an older one can be removed from secrets.keys.
//
// It has the one list of places where sealed texts are (places.go). A pass goes through them in the order of the ids, some rows at a time: what is
// under another secret is opened and sealed outside of any transaction, then put in the place of what was read unless somebody else changed it
// meanwhile, in one short transaction together with how far the pass is. So a killed pass goes on where it was, and of two processes that are at it
// at once one wins each portion. What is under the newest secret already is never opened.
//
// A pass is a job of the operators' tenant, one for each secret that ever came first, with a report of what is sealed under which secret.
package reseal

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/secret"
)

// Needs are what a Room works with.
type Needs struct {
	Store   *store.Store
	Keyring *secret.Keyring
	Outbox  *outbox.Writer
	Log     *slog.Logger
	// Now is the clock; time.Now where it is nil.
	Now func() time.Time
}

// A Room seals anew, and knows what is sealed under which secret.
type Room struct{ n Needs }

// NewRoom makes a room.
func NewRoom(n Needs) *Room {
	if n.Now == nil {
		n.Now = time.Now
	}
	return &Room{n}
}

func (r *Room) now() time.Time { return r.n.Now().UTC().Truncate(time.Microsecond) }

// How often a pass begins by itself.
const (
	// soon is after one that found something to do: what a replica sealed meanwhile that does not know yet, or what expires.
	soon = time.Hour
	// later is after one that found nothing.
	later = 24 * time.Hour
	// abandoned is how long nobody may have worked for another secret before it counts as the first nowhere any more.
	abandoned = 48 * time.Hour
)

// ErrBehind: another process has another secret first, one that came first later than ours did. It does not know of the change back, or we do not
// know of the change; sealing under ours would undo what it does.
var ErrBehind = errors.New("another process seals under another entry of secrets.keys, which came first later than the one that is first here")

// errOvertaken: somebody else did this portion.
var errOvertaken = errors.New("another process does the same")

// Advance does some of what is to be done, until a time: it begins a pass where one is due, goes on with one that is under way, and returns at once
// where there is nothing to do. It is for the worker; any number of processes may call it at once. Error: ErrBehind.
func (r *Room) Advance(ctx context.Context, until time.Time) (Progress, error) {
	j, err := r.ours(ctx, false)
	if err != nil {
		return Progress{}, err
	}
	if !j.running() {
		if !r.due(j) {
			return Progress{Report: j.last, Done: true}, nil
		}
		if err := r.begin(ctx, j); err != nil {
			return Progress{}, ignoreOvertaken(err)
		}
	}
	for {
		p, err := r.step(ctx, j)
		if err != nil || p.Done || ctx.Err() != nil || !r.n.Now().Before(until) {
			return p, errors.Join(ignoreOvertaken(err), ctx.Err())
		}
	}
}

// Reencrypt goes on with the pass that is under way, or begins one, and ends with it; each is told how far it is. Who calls it means the first
// entry of secrets.keys of this process, whatever others have first. Errors: what the database says.
func (r *Room) Reencrypt(ctx context.Context, each func(Progress)) (Report, error) {
	j, err := r.ours(ctx, true)
	if err != nil {
		return Report{}, err
	}
	if !j.running() {
		if err := r.begin(ctx, j); ignoreOvertaken(err) != nil {
			return Report{}, err
		}
	}
	for {
		p, err := r.step(ctx, j)
		switch {
		case errors.Is(err, errOvertaken):
			if j, err = r.ours(ctx, true); err != nil {
				return Report{}, err
			}
			if !j.running() { // somebody else ended it
				return j.last, nil
			}
		case err != nil:
			return p.Report, err
		default:
			each(p)
			if p.Done {
				return p.Report, nil
			}
		}
		if ctx.Err() != nil {
			return p.Report, ctx.Err()
		}
	}
}

// Count looks at everything now and changes nothing; each is told how far it is.
func (r *Room) Count(ctx context.Context, each func(Progress)) (Report, error) {
	report := Report{Began: r.now()}
	for at := start(); ; {
		b, err := r.read(ctx, at, false)
		if err != nil {
			return report, err
		}
		report.add(b, 0)
		at = b.next
		done := at.over()
		if done {
			now := r.now()
			report.Finished = &now
		}
		each(Progress{Place: b.place.Name, Report: report, Done: done})
		if done || ctx.Err() != nil {
			return report, ctx.Err()
		}
	}
}

// due reports whether a new pass is to begin.
func (r *Room) due(j *job) bool {
	if j.last.Finished == nil {
		return true
	}
	pause := later
	if j.last.Resealed > 0 || j.last.Overtaken > 0 || j.last.stale(r.n.Keyring) > 0 {
		pause = soon
	}
	return !r.n.Now().Before(j.last.Finished.Add(pause))
}

func ignoreOvertaken(err error) error {
	if errors.Is(err, errOvertaken) {
		return nil
	}
	return err
}

// system reaches the rows of all tenants.
func system() scope.Scope { return scope.System("seal anew what is under an older secret") }
