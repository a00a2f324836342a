package reseal

import (
	"maps"
	"time"

	"github.com/latchkeep/latchkeep/pkg/secret"
)

// A Report is what a pass found and did.
type Report struct {
	Began    time.Time  `json:"began"`
	Finished *time.Time `json:"finished,omitempty"`
	// Looked are the texts that were looked at, Resealed those that were sealed anew, Overtaken those that somebody else changed meanwhile.
	Looked    int `json:"looked"`
	Resealed  int `json:"resealed"`
	Overtaken int `json:"overtaken"`
	// Values are how many texts are under which secret, by its fingerprint or Unsealed or Damaged, and where.
	Values map[string]map[string]int `json:"values"`
}

// Progress is how far a pass is.
type Progress struct {
	Place  string // that was looked at last
	Report Report
	Done   bool
}

// add adds a batch of which others changed some.
func (r *Report) add(b *batch, overtaken int) {
	r.Looked += b.looked
	r.Resealed += b.changed() - overtaken
	r.Overtaken += overtaken
	if r.Values == nil {
		r.Values = map[string]map[string]int{}
	}
	for name, n := range b.values {
		if r.Values[name] == nil {
			r.Values[name] = map[string]int{}
		}
		r.Values[name][b.place.Name] += n
	}
}

// clone is a copy that shares nothing.
func (r Report) clone() Report {
	r.Values = maps.Clone(r.Values)
	for name, places := range r.Values {
		r.Values[name] = maps.Clone(places)
	}
	return r
}

// Total is how many texts are under a secret, or Unsealed or Damaged.
func (r Report) Total(name string) (n int) {
	for _, some := range r.Values[name] {
		n += some
	}
	return n
}

// Stale is how many texts of a report are under a secret that is configured but not first.
func (r *Room) Stale(report Report) int { return report.stale(r.n.Keyring) }

// stale is how many texts are under a secret that is configured but not first.
func (r Report) stale(k *secret.Keyring) (n int) {
	for _, e := range k.Entries()[1:] {
		if !e.Legacy && e.Key != k.CurrentKey() {
			n += r.Total(e.Key.String())
		}
	}
	return n
}

// Unreadable is how many texts no configured secret opens.
func (r Report) Unreadable(k *secret.Keyring) (n int) {
	known := map[string]bool{}
	for _, e := range k.Entries() {
		known[e.Key.String()] = !e.Legacy
	}
	for name := range r.Values {
		if !known[name] {
			n += r.Total(name)
		}
	}
	return n
}
