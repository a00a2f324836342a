package hankodb

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/auditlog"
	"github.com/latchkeep/latchkeep/ent/store"
)

// auditLogs appends a tenant's audit records, in the order in which they were written, to those that are here.
func (i *Importer) auditLogs(ctx context.Context, p *plan, o *Outcome) error {
	count := o.count(AuditLogs)
	return i.source.auditLogs(ctx, p.id, min(i.o.Page, maxRows), func(page []auditLog) error {
		added, gone, err := i.appendRecords(ctx, p, page)
		if err != nil {
			return err
		}
		count.Read += len(page)
		count.Imported += added
		count.Gone += gone
		count.Present += len(page) - added - gone
		i.progress(o, AuditLogs)
		return nil
	})
}

// appendRecords numbers records on from the last one of the tenant. It is done anew while the worker takes a number first.
func (i *Importer) appendRecords(ctx context.Context, p *plan, page []auditLog) (added, gone int, err error) {
	const most = 10
	for try := 1; ; try++ {
		var odd []Problem
		err := i.unit(ctx, p, func(ctx context.Context, tx *store.Tx) error {
			var rows []*ent.AuditLogCreate
			var err error
			rows, gone, odd, err = i.records(ctx, tx, p, page)
			if added = len(rows); err != nil || added == 0 {
				return err
			}
			return i.insert(ctx, tx.AuditLog.CreateBulk(rows...))
		})
		if err == nil || try == most || !store.IsUniqueViolation(err) {
			for _, problem := range odd {
				i.problems.add(problem)
			}
			return added, gone, err
		}
	}
}

func (i *Importer) records(ctx context.Context, tx *store.Tx, p *plan, page []auditLog) (rows []*ent.AuditLogCreate, gone int, odd []Problem, err error) {
	ids := make([]uuid.UUID, len(page))
	for n := range page {
		ids[n] = page[n].id
	}
	here, err := tx.AuditLog.Query().Where(auditlog.IDIn(ids...)).IDs(ctx)
	if err != nil {
		return nil, 0, nil, err
	}
	known := make(map[uuid.UUID]bool, len(here))
	for _, id := range here {
		known[id] = true
	}
	sequence := int64(0)
	last, err := tx.AuditLog.Query().Order(ent.Desc(auditlog.FieldSequence)).Select(auditlog.FieldSequence).First(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return nil, 0, nil, err
	}
	if last != nil {
		sequence = last.Sequence
	}
	for n := range page {
		if known[page[n].id] {
			continue
		}
		if p.gone(or(page[n].updated, page[n].created)) { // too old for the retention here
			gone++
			continue
		}
		known[page[n].id] = true
		sequence++
		row, why := record(tx, &page[n], sequence, i.now)
		if why != "" {
			odd = append(odd, Problem{Tenant: p.id, Table: "audit_logs", ID: page[n].id.String(), Reason: why})
		}
		rows = append(rows, row)
	}
	return rows, gone, odd, nil
}

// record is an audit record as it is kept, and what is not as it was.
func record(tx *store.Tx, r *auditLog, sequence int64, now time.Time) (*ent.AuditLogCreate, string) {
	why := ""
	fit := func(value string, most int) string {
		if len(value) <= most {
			return value
		}
		why = "a value was longer than fits and was cut"
		return shorten(value, most/4) // characters have 4 bytes at most
	}
	created := or(r.created, now)
	row := tx.AuditLog.Create().SetID(r.id).SetSequence(sequence).SetType(fit(r.kind, 64)).SetError(r.failure).
		SetMetaHTTPRequestID(fit(r.request, 255)).SetMetaSourceIP(fit(r.ip, 64)).SetMetaUserAgent(r.agent).
		SetCreatedAt(created).SetUpdatedAt(or(r.updated, created))
	details, ok := compactObject(r.details)
	if !ok {
		why = "the details are no JSON object; they were kept as text under the name text"
		details = asDetail(r.details)
	}
	row.SetDetails(json.RawMessage(details))
	if r.actor != uuid.Nil {
		row.SetActorUserID(r.actor)
	}
	if r.actorMail != "" {
		row.SetActorEmail(fit(r.actorMail, 255))
	}
	return row, why
}

func asDetail(text string) string {
	raw, err := json.Marshal(map[string]string{"text": text})
	if err != nil {
		return "{}" // a text can always be encoded
	}
	return string(raw)
}
