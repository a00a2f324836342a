package flow

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Bounds of a record, so that no client can grow one without end.
const (
	MaxRecordSize = 60_000 // bytes of an encoded record; the oldest steps back are given up first
	MaxHistory    = 16     // steps that "back" can undo
	maxQueue      = 64

	recordFormat = 1
)

// A Record is what is remembered of a flow between requests. The caller stores it under its ID, with Version and
// ExpiresAt as columns of their own: writes compare the version, a clean-up job deletes what has expired. Rows must be
// kept until they expire, also those of finished flows: a sealed start could be replayed otherwise.
type Record struct {
	ID        uuid.UUID
	Flow      string // name of the definition
	User      string // see [Party]
	Version   int    // of the stored row; 0 when inserted
	TokenHash string // of the CSRF token, 32 characters; see hashToken
	ExpiresAt time.Time
	State     StateName
	Previous  StateName // from where State was entered
	Queue     []StateName
	Data      json.RawMessage // D; nil when empty or terminal
	History   []Step          // oldest first
	PassedBy  []StateName     // states left behind on steps that can no longer be undone
}

// A Step is what "back" returns to.
type Step struct {
	State    StateName       `json:"s"`
	Previous StateName       `json:"p,omitempty"`
	Queue    []StateName     `json:"q,omitempty"`
	Data     json.RawMessage `json:"d,omitempty"`
}

type recordDocument struct {
	Format    int             `json:"v"`
	ID        uuid.UUID       `json:"i"`
	Flow      string          `json:"f"`
	User      string          `json:"u,omitempty"`
	Version   int             `json:"n,omitempty"`
	TokenHash string          `json:"t,omitempty"`
	ExpiresAt int64           `json:"e"` // microseconds
	State     StateName       `json:"s"`
	Previous  StateName       `json:"p,omitempty"`
	Queue     []StateName     `json:"q,omitempty"`
	Data      json.RawMessage `json:"d,omitempty"`
	History   []Step          `json:"h,omitempty"`
	PassedBy  []StateName     `json:"b,omitempty"`
}

// Encode returns the record as a document.
func (r *Record) Encode() ([]byte, error) {
	doc := recordDocument{
		recordFormat, r.ID, r.Flow, r.User, r.Version, r.TokenHash, r.ExpiresAt.UnixMicro(),
		r.State, r.Previous, r.Queue, r.Data, r.History, r.PassedBy,
	}
	data, err := json.Marshal(&doc)
	if err != nil {
		return nil, fmt.Errorf("encode flow record: %w", err)
	}
	return data, nil
}

// encodeBounded gives up the oldest steps back until the document is small enough.
func (r *Record) encodeBounded() ([]byte, error) {
	for {
		data, err := r.Encode()
		if err != nil || len(data) <= MaxRecordSize {
			return data, err
		}
		if len(r.History) == 0 {
			return nil, fmt.Errorf("encode flow record: %d bytes are too many", len(data))
		}
		r.forgetOldest()
	}
}

// DecodeRecord reads what [Record.Encode] wrote.
func DecodeRecord(data []byte) (*Record, error) {
	var doc recordDocument
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("decode flow record: %w", err)
	}
	if doc.Format != recordFormat {
		return nil, fmt.Errorf("decode flow record: unknown format %d", doc.Format)
	}
	if doc.Version < 0 || doc.State == "" {
		return nil, fmt.Errorf("decode flow record: incomplete")
	}
	return &Record{
		ID: doc.ID, Flow: doc.Flow, User: doc.User, Version: doc.Version, TokenHash: doc.TokenHash,
		ExpiresAt: time.UnixMicro(doc.ExpiresAt).UTC(), State: doc.State, Previous: doc.Previous, Queue: doc.Queue,
		Data: doc.Data, History: doc.History, PassedBy: doc.PassedBy,
	}, nil
}

// push remembers how to return to the record's state as of the start of the request.
func (r *Record) push(step Step) {
	r.History = append(slices.Clip(r.History), step)
	for len(r.History) > MaxHistory {
		r.forgetOldest()
	}
}

// seal makes everything up to here impossible to undo.
func (r *Record) seal() {
	for len(r.History) > 0 {
		r.forgetOldest()
	}
}

func (r *Record) forgetOldest() {
	oldest := r.History[0].State
	r.History = r.History[1:]
	if !slices.Contains(r.PassedBy, oldest) {
		r.PassedBy = append(slices.Clip(r.PassedBy), oldest)
	}
}

// visited tells whether a state was left on the way to the current one.
func (r *Record) visited(name StateName) bool {
	return slices.Contains(r.PassedBy, name) ||
		slices.ContainsFunc(r.History, func(s Step) bool { return s.State == name })
}
