package reseal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/latchkeep/latchkeep/auth/transfer"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/pkg/secret"
)

// A Status is what is known of the secrets and of what is sealed under them. What was counted is what the last pass that ended found.
type Status struct {
	Entries []Entry
	// Others are secrets that texts are sealed under and that are not configured, and Unsealed and Damaged: nobody can read those texts.
	Others []Tally
	// Counted is when the last pass ended; nil where none has yet.
	Counted *time.Time
	// Under is the pass under way.
	Under *Progress
	// Behind says that another process has another secret first, one that came first later: see ErrBehind.
	Behind bool
}

// An Entry is one of the secrets of this process.
type Entry struct {
	secret.Entry
	// Since is when the first entry came first, as far as the worker knows; nil for others.
	Since *time.Time
	Tally
	// Removable says that nothing is sealed under it and nothing can come back that is: it may be removed from secrets.keys on all replicas.
	Removable bool
	// RemovableFrom is when it will be, where only what expires keeps it from being.
	RemovableFrom *time.Time
}

// A Tally is how many texts are sealed under a secret.
type Tally struct {
	// Name is the fingerprint of the secret, or Unsealed or Damaged.
	Name   string
	Total  int
	Places map[string]int
}

// Status tells what is sealed under which secret. It reads three rows and counts nothing.
func (r *Room) Status(ctx context.Context) (Status, error) {
	var s Status
	rows, err := r.jobs(ctx)
	if err != nil {
		return s, err
	}
	var j *job
	if len(rows) > 0 {
		if j, err = r.load(ctx, rows[0]); err != nil {
			return s, err
		}
		s.Behind = rows[0].ID != jobID(r.n.Keyring.CurrentKey()) && ours(rows, r.n.Keyring.CurrentKey()) &&
			r.n.Now().Before(rows[0].UpdatedAt.Add(abandoned))
	}
	return r.status(s, j), nil
}

// StatusOf is the status that a report says.
func (r *Room) StatusOf(report Report) Status {
	return r.status(Status{}, &job{last: report})
}

func (r *Room) status(s Status, j *job) Status {
	if j == nil {
		j = &job{}
	}
	s.Counted = j.last.Finished
	if j.state == transfer.Running {
		s.Under = &Progress{Place: Places()[j.at.place].Name, Report: j.now}
	}
	known := map[string]bool{}
	for _, e := range r.n.Keyring.Entries() {
		one := Entry{Entry: e}
		if e.Legacy {
			one.Removable = true
			s.Entries = append(s.Entries, one)
			continue
		}
		known[e.Key.String()] = true
		one.Tally = tally(j.last, e.Key.String())
		if e.Key == r.n.Keyring.CurrentKey() {
			if e.Position == 0 && j.key == e.Key {
				one.Since = &j.since
			}
		} else if j.key == r.n.Keyring.CurrentKey() {
			r.judge(&one, j)
		}
		s.Entries = append(s.Entries, one)
	}
	for name := range j.last.Values {
		if !known[name] {
			s.Others = append(s.Others, tally(j.last, name))
		}
	}
	return s
}

// judge says whether an entry that is not first may be removed: nothing that stays is under it, by a pass that began after it stopped being first,
// and what expires has had the time to.
func (r *Room) judge(e *Entry, j *job) {
	if j.last.Finished == nil || j.last.Overtaken > 0 {
		return
	}
	for _, p := range Places() {
		if p.Expires == 0 && e.Places[p.Name] > 0 {
			return
		}
	}
	from := j.since.Add(Transient)
	e.Removable = !r.n.Now().Before(from) && e.Total == 0
	if !e.Removable {
		if soonest := j.last.Finished.Add(soon); e.Total > 0 && from.Before(soonest) {
			from = soonest
		}
		e.RemovableFrom = &from
	}
}

func tally(r Report, name string) Tally {
	return Tally{Name: name, Total: r.Total(name), Places: r.Values[name]}
}

func ours(rows []*ent.Job, key secret.KeyID) bool {
	for _, row := range rows {
		if row.ID == jobID(key) {
			return true
		}
	}
	return false
}

// Unreadable is how many texts no configured secret opens.
func (s Status) Unreadable() (n int) {
	for _, o := range s.Others {
		n += o.Total
	}
	return n
}

// Stale is how many texts are under a configured secret that is not first.
func (s Status) Stale() (n int) {
	for _, e := range s.Entries {
		if e.Position > 0 && !e.Legacy && e.Key != s.Entries[0].Key {
			n += e.Total
		}
	}
	return n
}

// ErrUnreadable: some texts are sealed under secrets that are not configured, or damaged.
var ErrUnreadable = errors.New("values are sealed under a secret that is not configured")

// Check is nil where everything is under the first secret, or will expire. Error: ErrUnreadable with how many.
func (r *Room) Check(report Report) error {
	if n := report.Unreadable(r.n.Keyring); n > 0 {
		return fmt.Errorf("%d %w: put it back into secrets.keys, behind the first, if you still have it", n, ErrUnreadable)
	}
	return nil
}
