package quota

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// Stored is what a tenant's row keeps.
type Stored struct {
	// Version grows with every change of the limits; 0 where there was none.
	Version int    `json:"version"`
	Limits  Limits `json:"limits,omitempty"`
	// Told is what was reached and told. What is of an earlier period, or of another threshold than now, holds no more.
	Told map[Name]Told `json:"told,omitempty"`
}

// Told are thresholds that were reached in a period.
type Told struct {
	Period string `json:"period,omitempty"`
	Soft   int64  `json:"soft,omitempty"`
	Hard   int64  `json:"hard,omitempty"`
}

// Decode reads what a row keeps; nothing where it has nothing.
func Decode(stored json.RawMessage) (Stored, error) {
	var s Stored
	if len(stored) == 0 || string(stored) == "null" {
		return s, nil
	}
	if err := json.Unmarshal(stored, &s); err != nil {
		return Stored{}, fmt.Errorf("read quotas: %w", err)
	}
	return s, nil
}

// Encode is what is to be stored.
func (s Stored) Encode() json.RawMessage {
	text, err := json.Marshal(s)
	if err != nil {
		panic("quota: numbers and names can be encoded: " + err.Error())
	}
	return text
}

// A State is what holds for a tenant: limits, and what she has reached. It is never changed. The nil State limits nothing.
type State struct {
	// Own are the limits of the tenant alone, Limits all that hold, those of the deployment, too.
	Own, Limits Limits

	told map[Name]Told
}

// State is what holds, given the defaults of the deployment.
func (s Stored) State(d Defaults) *State {
	return &State{Own: s.Limits, Limits: d.over(s.Limits), told: s.Told}
}

// Limited reports whether there is any limit.
func (s *State) Limited() bool { return s != nil && len(s.Limits) > 0 }

// Over reports whether the hard threshold of a quota was reached, and until when that holds: a zero time is until there is less.
func (s *State) Over(name Name, now time.Time) (until time.Time, over bool) {
	if s == nil || len(s.told) == 0 {
		return time.Time{}, false
	}
	hard, told := s.Limits[name].Hard, s.told[name]
	if hard == 0 || told.Hard != hard {
		return time.Time{}, false
	}
	p := PeriodOf(name, now)
	return p.Until, told.Period == p.Name
}

// Reached are the quotas whose hard threshold was reached.
func (s *State) Reached(now time.Time) []Name {
	var names []Name
	for _, name := range Names() {
		if _, over := s.Over(name, now); over {
			names = append(names, name)
		}
	}
	return names
}

// News is a threshold that was reached and has yet to be told of.
type News struct {
	Quota    Name
	Exceeded bool // the hard threshold
	Limit    int64
	Used     int64
	Period   Period
}

// Compare tells what is new, given what is used now of each quota, and what is to be stored then; changed says whether it must be. Quotas of which
// nothing is said stay as they are.
func (s *State) Compare(used map[Name]int64, now time.Time) (told map[Name]Told, news []News, changed bool) {
	told = maps.Clone(s.told)
	if told == nil {
		told = map[Name]Told{}
	}
	for _, name := range Names() {
		limit, n, is := s.Limits[name], int64(0), false
		if n, is = used[name]; !is {
			continue
		}
		before, period := told[name], PeriodOf(name, now)
		next := Told{Period: period.Name}
		if before.Period == period.Name {
			next = before
		}
		next.Soft = reach(next.Soft, limit.Soft, n, period, func() { news = append(news, News{name, false, limit.Soft, n, period}) })
		next.Hard = reach(next.Hard, limit.Hard, n, period, func() { news = append(news, News{name, true, limit.Hard, n, period}) })
		switch {
		case next.Soft == 0 && next.Hard == 0 && (before.Period != period.Name || before == Told{}):
			continue // nothing holds, and nothing did in this period
		case next == before:
			continue
		case next.Soft == 0 && next.Hard == 0:
			delete(told, name)
		default:
			told[name] = next
		}
		changed = true
	}
	return told, news, changed
}

// reach is the threshold that was told of, after a look at what is used. What has no period is told again once there was less between.
func reach(told, limit, used int64, p Period, tell func()) int64 {
	switch {
	case limit == 0 || used < limit:
		if told != limit && limit != 0 || p.Name == "" {
			return 0 // another threshold than the one that was told of, or one that there is less than again
		}
		return told
	case told == limit:
		return told
	}
	tell()
	return limit
}

// Closed reports whether nobody new may come, because of a quota of people, and until when: a zero time is until there are fewer.
func (s *State) Closed(now time.Time) (until time.Time, closed bool) {
	if _, full := s.Over(Users, now); full {
		return time.Time{}, true
	}
	for _, name := range []Name{Registrations, MonthlyActivePeople} {
		if end, over := s.Over(name, now); over {
			until, closed = end, true
		}
	}
	return until, closed
}
