package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent/intent"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/pkg/telemetry"
)

// AuditSinks say where audit records go.
type AuditSinks struct {
	// Console takes one JSON object a line; nil for none.
	Console io.Writer
	// Store keeps records in the database.
	Store bool
	// Mask hides most of addresses and usernames, in both.
	Mask bool
	// EraseDeleted makes what is personal in the stored records about people unreadable when they are deleted.
	EraseDeleted bool
}

// errTaken stops a batch that somebody else has carried out meanwhile.
var errTaken = errors.New("the intents were carried out by another worker")

// An auditTask appends a tenant's audit records, in the order in which they happened.
type auditTask struct {
	turns   *turns
	store   *store.Store
	keyring *secret.Keyring
	sinks   AuditSinks
	traces  *telemetry.Traces
	log     *slog.Logger

	appender *audit.Appender
	counted  func(tenant uuid.UUID, people bool)
}

// auditPortion is how many records of a tenant who has many are appended together.
const auditPortion = 100

func newAuditTask(n Needs, turns *turns) *auditTask {
	return &auditTask{
		turns: turns,
		store: n.Store, keyring: n.Keyring, sinks: n.Audit, traces: n.Traces, log: n.Log, counted: n.counting(),
		appender: audit.NewAppender(outbox.NewWriter(n.Keyring, nil), n.Audit.EraseDeleted), // the relay looks every second
	}
}

func (a *auditTask) run(ctx context.Context, tenant uuid.UUID) error {
	return a.turns.run(ctx, tenant, a.portion)
}

func (a *auditTask) portion(ctx context.Context, b batch) error {
	for {
		err := a.carryOut(ctx, b)
		if !errors.Is(err, errTaken) && !audit.IsPresent(err) {
			return err
		}
		// Another process carried out some: those that were called for in both.
		left, failed := a.unfinished(ctx, b)
		switch {
		case failed != nil:
			return failed
		case len(left.Items) == 0:
			return nil
		case len(left.Items) == len(b.Items):
			return err
		}
		b = left
	}
}

// unfinished is what is left of a batch of which another worker has carried out some.
func (a *auditTask) unfinished(ctx context.Context, b batch) (batch, error) {
	ready, err := a.store.Reader().Intent.Query().Where(intent.IDIn(b.ids()...), intent.State("ready")).IDs(scope.With(ctx, scope.Tenant(b.Tenant)))
	if err != nil {
		return b, fmt.Errorf("look which intents are left: %w", err)
	}
	b.Items = slices.DeleteFunc(slices.Clone(b.Items), func(it item) bool { return !slices.Contains(ready, it.ID) })
	return b, nil
}

func (a *auditTask) carryOut(ctx context.Context, b batch) error {
	var records []event.AuditPayload
	var causes []string
	var readable []item
	var empty []uuid.UUID
	for _, it := range b.Items {
		if it.NotAfter != nil && time.Now().After(*it.NotAfter) {
			empty = append(empty, it.ID) // see event.Nothing
			continue
		}
		record, cause, err := a.read(b, it)
		if err != nil {
			if err := a.giveUp(ctx, b, it, err); err != nil {
				return err
			}
			continue
		}
		records, readable, causes = append(records, record), append(readable, it), append(causes, cause)
	}
	if b.Items = readable; len(readable)+len(empty) == 0 {
		return nil
	}
	if err := a.copyToConsole(ctx, b, records); err != nil {
		return err
	}
	write := func(ctx context.Context, tx *store.Tx) error {
		if len(empty) > 0 {
			if _, err := tx.Raw.IntentsDropped(ctx, time.Now().UTC(), "nothing to record", empty...); err != nil {
				return err
			}
		}
		if len(records) == 0 {
			return nil
		}
		n, err := tx.Raw.IntentsDone(ctx, time.Now().UTC(), b.ids()...)
		if err == nil && n != len(b.Items) {
			err = errTaken
		}
		if err != nil {
			return err
		}
		return a.append(ctx, tx, b, records)
	}
	err := audit.Numbered(func() error { return a.store.Do(ctx, scope.Tenant(b.Tenant), write) })
	if err != nil {
		return fmt.Errorf("append records: %w", err)
	}
	a.counted(b.Tenant, slices.ContainsFunc(records, ofPeople))
	for i, record := range records {
		_, end := a.traces.Follow(ctx, causes[i], "audit record", telemetry.Attr("tenant_id", b.Tenant.String()))
		end(nil)
		a.print(ctx, b, b.Items[i], record)
	}
	return nil
}

// ofPeople reports whether a record tells that there are more people, or fewer.
func ofPeople(r event.AuditPayload) bool {
	switch r.Type {
	case event.UserCreated, event.ThirdPartySignup, event.UserDeleted, event.UsersImported:
		return true
	}
	return false
}

// read opens a record, and names the trace in which it was written.
func (a *auditTask) read(b batch, it item) (record event.AuditPayload, cause string, err error) {
	plain, cause, err := outbox.OpenWithCause(a.keyring, b.Tenant, event.KindAudit, it.ID, it.Payload)
	if err != nil {
		return record, cause, fmt.Errorf("open record: %w", err)
	}
	if err := json.Unmarshal(plain, &record); err != nil {
		return record, cause, fmt.Errorf("read record: %w", err)
	}
	if a.sinks.Mask {
		mask(&record)
	}
	return record, cause, nil
}

// giveUp sets a record aside that cannot be read, with a secret that is gone perhaps, so that it does not hold up those behind it. An
// operator can have it tried again.
func (a *auditTask) giveUp(ctx context.Context, b batch, it item, why error) error {
	a.log.ErrorContext(ctx, "an audit record cannot be read and is set aside", "tenant_id", b.Tenant, "intent_id", it.ID, "error", why)
	err := a.store.Do(ctx, scope.Tenant(b.Tenant), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Raw.IntentsDead(ctx, time.Now().UTC(), why.Error(), it.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("set an audit record aside: %w", err)
	}
	return nil
}

// append adds records to the tenant's log, and counts what they tell; the latter also where no log is kept. Two writers at once collide on the
// number: see audit.Numbered.
func (a *auditTask) append(ctx context.Context, tx *store.Tx, b batch, records []event.AuditPayload) error {
	rows := make([]audit.Record, len(records))
	for i, r := range records {
		rows[i] = audit.Record{
			ID: b.Items[i].ID, Type: string(r.Type), Error: r.Error, RequestID: r.RequestID, SourceIP: r.SourceIP, UserAgent: r.UserAgent,
			ActorUserID: r.ActorUserID, ActorEmail: r.ActorEmail, CreatedAt: r.At, UpdatedAt: r.At,
		}
		if len(r.Details) == 0 {
			continue
		}
		var err error
		if rows[i].Details, err = json.Marshal(r.Details); err != nil {
			return fmt.Errorf("encode details: %w", err)
		}
	}
	if !a.sinks.Store {
		return a.appender.Count(ctx, tx, b.Tenant, rows)
	}
	return a.appender.Append(ctx, tx, b.Tenant, rows)
}

// print writes a record to the console. Spec: audit-log §4, with the tenant added.
func (a *auditTask) print(ctx context.Context, b batch, it item, r event.AuditPayload) {
	if a.sinks.Console == nil {
		return
	}
	line := map[string]any{
		"audience": "audit", "type": r.Type, "error": r.Error, "http_request_id": r.RequestID, "source_ip": r.SourceIP,
		"user_agent": r.UserAgent, "details": r.Details, "time": r.At.Format(time.RFC3339Nano), "time_unix": strconv.FormatInt(r.At.Unix(), 10),
		"tenant_id": b.Tenant, "id": it.ID,
	}
	if r.ActorUserID != nil {
		line["user_id"] = r.ActorUserID
	}
	if r.ActorEmail != "" {
		line["user_email"] = r.ActorEmail
	}
	encoded, err := json.Marshal(line)
	if err == nil {
		_, err = a.sinks.Console.Write(append(encoded, '\n'))
	}
	if err != nil {
		a.log.ErrorContext(ctx, "an audit record cannot be printed", "error", err)
	}
}
