package api

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/latchkeep/latchkeep/auth/reseal"
	"github.com/latchkeep/latchkeep/tenants"
)

const tagDeployment = "Deployment"

// SealedValues are the values of one kind that are sealed under a secret.
type SealedValues struct {
	Kind  string `json:"kind" doc:"The table and column they are in." example:"totp_secrets.secret"`
	Count int    `json:"count" doc:"How many." example:"1200"`
}

// MasterKey is an entry of secrets.keys. The secret itself is never told.
type MasterKey struct {
	Position      int            `json:"position" doc:"In secrets.keys; 1 is the first, which encrypts." example:"1"`
	Fingerprint   string         `json:"fingerprint,omitempty" doc:"Derived from the secret, by which values name it; reveals nothing about it. Absent for a well-known secret, which seals nothing." example:"9f86d081"`
	WellKnown     bool           `json:"well_known" doc:"Whether everybody knows the secret: it only opens what is imported from an older database." example:"false"`
	FirstSince    *time.Time     `json:"first_since,omitempty" doc:"Of the first entry: since when it is first, as far as the worker knows."`
	Total         int            `json:"total" doc:"How many values are sealed under it." example:"1200"`
	Values        []SealedValues `json:"values" nullable:"false" doc:"Which."`
	Removable     bool           `json:"removable" doc:"Whether nothing needs it any more, so that it may be removed from secrets.keys." example:"false"`
	RemovableFrom *time.Time     `json:"removable_from,omitempty" doc:"When it will be, where only what expires needs it."`
}

// UnknownKey is a secret that values are sealed under and that is not configured.
type UnknownKey struct {
	Fingerprint string         `json:"fingerprint" doc:"Of the secret; or unsealed for what is no sealed text, damaged for what its secret does not open." example:"2c26b46b"`
	Total       int            `json:"total" doc:"How many values." example:"3"`
	Values      []SealedValues `json:"values" nullable:"false" doc:"Which."`
}

// Reencryption is a pass under way.
type Reencryption struct {
	BeganAt  time.Time `json:"began_at" doc:"When it began."`
	Kind     string    `json:"kind" doc:"What it is at." example:"totp_secrets.secret"`
	Looked   int       `json:"looked" doc:"How many values were looked at." example:"40000"`
	Resealed int       `json:"resealed" doc:"How many of them were sealed anew." example:"1200"`
}

type masterKeysOutput struct {
	Body struct {
		Entries       []MasterKey   `json:"entries" nullable:"false" doc:"The secrets of the process that answers, in their order."`
		Undecryptable int           `json:"undecryptable" doc:"How many values none of them opens." example:"0"`
		UnknownKeys   []UnknownKey  `json:"unknown_keys" nullable:"false" doc:"What those are sealed under."`
		CountedAt     *time.Time    `json:"counted_at,omitempty" doc:"When the values were last counted; absent: not yet."`
		Running       *Reencryption `json:"running,omitempty" doc:"The pass under way."`
		Behind        bool          `json:"behind" doc:"Whether another process has another secret first, which came first later: not all have the same secrets.keys." example:"false"`
	}
}

func (a *API) masterKeyOperations() {
	huma.Register(a.v1, describe(op("list-master-keys", http.MethodGet, "/master-keys", tenants.MasterKeysRead, tagDeployment,
		"See which secrets of the deployment are in use"),
		"The entries of `secrets.keys`, by fingerprint, and what is sealed under which, as the worker last counted. It seals anew what is under an entry other than the first."),
		a.listMasterKeys)
}

func (a *API) listMasterKeys(ctx context.Context, _ *struct{}) (*masterKeysOutput, error) {
	if err := everywhere(ctx); err != nil {
		return nil, err
	}
	s, err := a.o.Reseal.Status(ctx)
	if err != nil {
		return nil, err
	}
	out := &masterKeysOutput{}
	b := &out.Body
	b.Undecryptable, b.Behind, b.CountedAt = s.Unreadable(), s.Behind, stampOr(s.Counted)
	b.Entries, b.UnknownKeys = make([]MasterKey, len(s.Entries)), make([]UnknownKey, len(s.Others))
	for i, e := range s.Entries {
		b.Entries[i] = MasterKey{
			Position: e.Position + 1, WellKnown: e.Legacy, FirstSince: stampOr(e.Since), Total: e.Total, Values: sealedValues(e.Tally),
			Removable: e.Removable, RemovableFrom: stampOr(e.RemovableFrom),
		}
		if !e.Legacy {
			b.Entries[i].Fingerprint = e.Key.String()
		}
	}
	for i, o := range s.Others {
		b.UnknownKeys[i] = UnknownKey{o.Name, o.Total, sealedValues(o)}
	}
	if p := s.Under; p != nil {
		b.Running = &Reencryption{stamp(p.Report.Began), p.Place, p.Report.Looked, p.Report.Resealed}
	}
	return out, nil
}

func sealedValues(t reseal.Tally) []SealedValues {
	values := make([]SealedValues, 0, len(t.Places))
	for _, kind := range slices.Sorted(maps.Keys(t.Places)) {
		values = append(values, SealedValues{kind, t.Places[kind]})
	}
	return values
}

// stampOr is a time as the API shows it, or none.
func stampOr(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	at := stamp(*t)
	return &at
}
