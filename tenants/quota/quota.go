// Package quota says how much a tenant may have of what, what she has reached, and until when that holds. It counts nothing and stores nothing.
//
// A limit has two thresholds: at the soft one somebody is warned, at the hard one something is refused. What a tenant has reached is kept with the
// period in which she did, so that it lapses by itself when the period ends.
package quota

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/latchkeep/latchkeep/pkg/problem"
)

// A Name is what is limited.
type Name string

// The quotas. Days and months are those of UTC.
const (
	MonthlyActivePeople Name = "monthly_active_people"
	Registrations       Name = "registrations_per_day"
	Users               Name = "users" // all that there are
	Mails               Name = "mails_per_day"
	Webhooks            Name = "webhooks_per_day"
	APICalls            Name = "api_calls_per_day" // those of the admin API
)

// Names are all quotas.
func Names() []Name {
	return []Name{MonthlyActivePeople, Registrations, Users, Mails, Webhooks, APICalls}
}

// Most is the most that a threshold can be.
const Most = 1_000_000_000_000

// A Limit has a threshold for a warning and one for a refusal. 0 is none.
type Limit struct {
	Soft int64 `json:"soft,omitempty"`
	Hard int64 `json:"hard,omitempty"`
}

// Limits are those of some quotas.
type Limits map[Name]Limit

// Check says everything that is wrong with limits. Error: invalid_quotas.
func (l Limits) Check() error {
	var fields []problem.Field
	for _, name := range slices.Sorted(maps.Keys(l)) {
		limit := l[name]
		add := func(part, reason string) {
			fields = append(fields, problem.Field{Path: string(name) + part, Reason: reason})
		}
		switch {
		case !slices.Contains(Names(), name):
			fields = append(fields, problem.Field{Path: "quotas", Reason: "has a quota that does not exist; there are " + list()})
		case limit.Soft < 0 || limit.Soft > Most:
			add(".soft", fmt.Sprintf("must be from 0 to %d", int64(Most)))
		case limit.Hard < 0 || limit.Hard > Most:
			add(".hard", fmt.Sprintf("must be from 0 to %d", int64(Most)))
		case limit.Hard > 0 && limit.Soft > limit.Hard:
			add(".soft", "must not be more than hard")
		}
	}
	if len(fields) > 0 {
		return problem.Invalid("invalid_quotas", "the quotas are not valid", fields...)
	}
	return nil
}

func list() string {
	names := make([]string, len(Names()))
	for i, name := range Names() {
		names[i] = string(name)
	}
	return strings.Join(names, ", ")
}

// A Period is the time over which something is counted.
type Period struct {
	// Name is the day or month, as RFC 3339 writes it; empty for what has no end.
	Name string
	// Until is when the next one begins; zero for what has no end.
	Until time.Time
}

// PeriodOf is the period of a quota that a time is in.
func PeriodOf(name Name, at time.Time) Period {
	at = at.UTC()
	switch name {
	case Users:
		return Period{}
	case MonthlyActivePeople:
		return Period{at.Format("2006-01"), time.Date(at.Year(), at.Month()+1, 1, 0, 0, 0, 0, time.UTC)}
	default:
		return Period{at.Format(time.DateOnly), time.Date(at.Year(), at.Month(), at.Day()+1, 0, 0, 0, 0, time.UTC)}
	}
}

// Defaults are what holds where a tenant has no limit of her own.
type Defaults struct {
	// Hard are the hard thresholds; 0 is none.
	Hard map[Name]int64
	// WarnAt is which part of a hard threshold, in percent, is the soft one where none is set; 0: there is none then.
	WarnAt int
}

// over are the limits that hold: a tenant's own before those of the deployment.
func (d Defaults) over(own Limits) Limits {
	all := Limits{}
	for _, name := range Names() {
		limit, is := own[name]
		if !is {
			limit = Limit{Hard: d.Hard[name]}
		}
		if limit.Soft == 0 && limit.Hard > 0 && d.WarnAt > 0 {
			limit.Soft = max(1, (limit.Hard*int64(d.WarnAt)+99)/100)
		}
		if limit != (Limit{}) {
			all[name] = limit
		}
	}
	return all
}
