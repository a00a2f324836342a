package audit

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/auditcheckpoint"
	"github.com/latchkeep/latchkeep/ent/auditlog"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/user"
)

// MaxBatch is the most records that one Append takes: SQLite allows 32766 values in a statement.
const MaxBatch = 1000

// A Record is what is to be added to a log. It is masked already, where it is to be.
type Record struct {
	ID                                    uuid.UUID
	Type                                  string
	Error, RequestID, SourceIP, UserAgent string
	ActorUserID                           *uuid.UUID
	ActorEmail                            string
	// Details is a JSON object, or empty.
	Details json.RawMessage
	// CreatedAt and UpdatedAt count to the microsecond.
	CreatedAt, UpdatedAt time.Time
}

// An Appender adds records to the logs of tenants. It is the only one that does: each record has the number and the hash of the one before.
type Appender struct {
	out   *outbox.Writer
	erase bool
}

// NewAppender makes an Appender. With erase, records about people who were deleted become unreadable: those already there by an intent that
// it writes, and those that come late as they are added.
func NewAppender(out *outbox.Writer, erase bool) *Appender { return &Appender{out: out, erase: erase} }

// Numbered runs a unit of work that appends, anew while another takes the number first: the loser has waited for the winner to commit. That a
// record is there already is no such case: see IsPresent.
func Numbered(unit func() error) error {
	const most = 10
	for try := 1; ; try++ {
		err := unit()
		if try == most || !store.IsUniqueViolation(err) || IsPresent(err) {
			return err
		}
	}
}

// IsPresent reports whether a unit of work failed because a record with the same id is in the log already.
func IsPresent(err error) bool { return store.ViolatedKey(err) == "PRIMARY" }

// Append adds records, at most MaxBatch, to the log of a tenant, whose scope the unit of work must have. Two units at once collide on the
// number of a record: see Numbered. What the records tell is counted in the same unit: see tenants/usage.
func (a *Appender) Append(ctx context.Context, tx *store.Tx, tenant uuid.UUID, records []Record) error {
	if len(records) == 0 {
		return nil
	}
	end, err := lastOf(ctx, tx)
	if err != nil {
		return err
	}
	gone, err := a.gone(ctx, tx, records)
	if err != nil {
		return err
	}
	salts := make([]byte, saltSize*len(records))
	_, _ = rand.Read(salts) // it never fails
	rows := make([]*ent.AuditLogCreate, len(records))
	var intents []outbox.Intent
	for i, r := range records {
		end.sequence++
		p, err := prepare(tenant, end, r, salts[i*saltSize:(i+1)*saltSize])
		if err != nil {
			return fmt.Errorf("append record %s: %w", r.ID, err)
		}
		end.hash = p.hash
		rows[i] = p.row(tx, r, gone)
		if a.erase && r.Type == string(event.UserDeleted) && r.ActorUserID != nil {
			intents = append(intents, eraseIntent(tenant, *r.ActorUserID))
		}
	}
	if err := tx.AuditLog.CreateBulk(rows...).Exec(ctx); err != nil {
		return fmt.Errorf("store records: %w", err)
	}
	if err := a.out.Write(ctx, tx, intents...); err != nil {
		return err
	}
	return a.Count(ctx, tx, tenant, records)
}

// Count adds what records tell to the usage of their tenant. Append does so by itself: this is for who does not keep records.
func (a *Appender) Count(ctx context.Context, tx *store.Tx, tenant uuid.UUID, records []Record) error {
	if err := tallyOf(records).Save(ctx, tx, tenant); err != nil {
		return fmt.Errorf("count records: %w", err)
	}
	return nil
}

// An end is where a log stops.
type end struct {
	sequence int64
	hash     []byte // empty where the last record has none
}

// lastOf finds the end of the log of the tenant in scope: its last record, or the checkpoint up to which all were given up.
func lastOf(ctx context.Context, tx *store.Tx) (end, error) {
	last, err := tx.AuditLog.Query().Order(ent.Desc(auditlog.FieldSequence)).
		Select(auditlog.FieldSequence, auditlog.FieldHash).First(ctx)
	if err == nil {
		return end{last.Sequence, last.Hash}, nil
	}
	if !ent.IsNotFound(err) {
		return end{}, fmt.Errorf("find the last record: %w", err)
	}
	pruned, err := tx.AuditCheckpoint.Query().Where(auditcheckpoint.PrunedAtNotNil()).Order(ent.Desc(auditcheckpoint.FieldSequence)).First(ctx)
	if ent.IsNotFound(err) {
		return end{}, nil
	}
	if err != nil {
		return end{}, fmt.Errorf("find the last checkpoint: %w", err)
	}
	return end{pruned.Sequence, pruned.Hash}, nil
}

// gone are those people the records are about of whom the log says already that they were deleted. One statement finds that there are none;
// only where somebody does not exist is the log asked.
func (a *Appender) gone(ctx context.Context, tx *store.Tx, records []Record) (map[uuid.UUID]bool, error) {
	if !a.erase {
		return nil, nil
	}
	var people []uuid.UUID
	for _, r := range records {
		if r.ActorUserID != nil && !slices.Contains(people, *r.ActorUserID) {
			people = append(people, *r.ActorUserID)
		}
	}
	if len(people) == 0 {
		return nil, nil
	}
	here, err := tx.User.Query().Where(user.IDIn(people...)).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("look whom the records are about: %w", err)
	}
	people = slices.DeleteFunc(people, func(id uuid.UUID) bool { return slices.Contains(here, id) })
	if len(people) == 0 {
		return nil, nil
	}
	reasons, err := tx.AuditLog.Query().Where(auditlog.ActorUserIDIn(people...), auditlog.Type(string(event.UserDeleted))).
		Select(auditlog.FieldActorUserID).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("look who was deleted: %w", err)
	}
	gone := map[uuid.UUID]bool{}
	for _, r := range reasons {
		gone[*r.ActorUserID] = true
	}
	return gone, nil
}

// A prepared record knows its place in the chain.
type prepared struct {
	link
	content

	salt, hash []byte
}

func prepare(tenant uuid.UUID, at end, r Record, salt []byte) (prepared, error) {
	details, err := parseDetails(r.Details)
	if err != nil {
		return prepared{}, err
	}
	storable(details)
	p := prepared{
		salt: salt,
		content: content{
			failure: clean(r.Error), ip: fit(r.SourceIP, 64), agent: clean(r.UserAgent), email: fit(r.ActorEmail, 255), details: details,
		},
	}
	p.link = link{
		previous: at.hash, sequence: at.sequence, id: r.ID, tenant: tenant, kind: fit(r.Type, 64), actor: r.ActorUserID,
		request: fit(r.RequestID, 255), created: r.CreatedAt.UTC().Truncate(time.Microsecond), commitment: p.commit(salt),
	}
	p.hash = p.link.hash()
	return p, nil
}

// row is the record as it is stored. That of somebody who is gone has no content any more.
func (p prepared) row(tx *store.Tx, r Record, gone map[uuid.UUID]bool) *ent.AuditLogCreate {
	row := tx.AuditLog.Create().
		SetID(p.id).SetSequence(p.sequence).SetType(p.kind).SetMetaHTTPRequestID(p.request).SetNillableActorUserID(p.actor).
		SetCommitment(p.commitment).SetPreviousHash(p.previous).SetHash(p.hash).
		SetCreatedAt(p.created).SetUpdatedAt(r.UpdatedAt.UTC().Truncate(time.Microsecond))
	if p.actor != nil && gone[*p.actor] {
		return row.SetDetails(json.RawMessage("{}")).SetErasedAt(now())
	}
	details, err := encodeObject(p.details)
	if err != nil {
		details = json.RawMessage("{}") // what was decoded can be encoded
	}
	row.SetError(p.failure).SetMetaSourceIP(p.ip).SetMetaUserAgent(p.agent).SetDetails(details).SetSalt(p.salt)
	if p.email != "" {
		row.SetActorEmail(p.email)
	}
	return row
}

// fit is a text as a column of so many bytes takes it.
func fit(text string, most int) string {
	text = clean(text)
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
