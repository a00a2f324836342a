package hankodb

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/ent/auditlog"
	"github.com/latchkeep/latchkeep/ent/store"
)

// auditLogs appends a tenant's audit records, in the order in which they were written, to those that are here.
func (i *Importer) auditLogs(ctx context.Context, p *plan, o *Outcome) error {
	count := o.count(AuditLogs)
	err := i.source.auditLogs(ctx, p.id, min(i.o.Page, maxRows), func(page []auditLog) error {
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
	if err != nil || i.o.DryRun || count.Imported == 0 {
		return err
	}
	t, err := i.n.Registry.ByID(ctx, p.target)
	if err == nil { // the worker looks for new records by their time, and would not see these old ones
		_, err = audit.NewKeeper(i.n.Store, i.n.Registry).Checkpoint(ctx, t)
	}
	return err
}

// appendRecords adds records to the tenant's chain, behind those that are there. It is done anew while the worker takes a number first.
func (i *Importer) appendRecords(ctx context.Context, p *plan, page []auditLog) (added, gone int, err error) {
	var odd []Problem
	err = audit.Numbered(func() error {
		return i.unit(ctx, p, func(ctx context.Context, tx *store.Tx) error {
			known, err := present(ctx, tx, page)
			if err != nil {
				return err
			}
			var rows []audit.Record
			rows, gone, odd = i.records(p, page, known)
			if added = len(rows); added == 0 || i.o.DryRun {
				return nil
			}
			return i.n.Audit.Append(ctx, tx, p.target, rows)
		})
	})
	for _, problem := range odd {
		i.problems.add(problem)
	}
	return added, gone, err
}

// present are those of the records that are here.
func present(ctx context.Context, tx *store.Tx, page []auditLog) (map[uuid.UUID]bool, error) {
	ids := make([]uuid.UUID, len(page))
	for n := range page {
		ids[n] = page[n].id
	}
	here, err := tx.AuditLog.Query().Where(auditlog.IDIn(ids...)).IDs(ctx)
	if err != nil {
		return nil, err
	}
	known := make(map[uuid.UUID]bool, len(here))
	for _, id := range here {
		known[id] = true
	}
	return known, nil
}

// records are those of a page that are to be added.
func (i *Importer) records(p *plan, page []auditLog, known map[uuid.UUID]bool) (rows []audit.Record, gone int, odd []Problem) {
	for n := range page {
		if known[page[n].id] {
			continue
		}
		if p.gone(or(page[n].updated, page[n].created)) { // too old for the retention here
			gone++
			continue
		}
		known[page[n].id] = true
		row, why := record(&page[n], i.now)
		if why != "" {
			odd = append(odd, Problem{Tenant: p.id, Table: "audit_logs", ID: page[n].id.String(), Reason: why})
		}
		rows = append(rows, row)
	}
	return rows, gone, odd
}

// record is an audit record as it is kept, and what is not as it was.
func record(r *auditLog, now time.Time) (audit.Record, string) {
	why := ""
	fit := func(value string, most int) string {
		if len(value) <= most {
			return value
		}
		why = "a value was longer than fits and was cut"
		return shorten(value, most/4) // characters have 4 bytes at most
	}
	created := or(r.created, now)
	row := audit.Record{
		ID: r.id, Type: fit(r.kind, 64), Error: r.failure, RequestID: fit(r.request, 255), SourceIP: fit(r.ip, 64), UserAgent: r.agent,
		ActorEmail: fit(r.actorMail, 255), CreatedAt: created, UpdatedAt: or(r.updated, created),
	}
	details, ok := compactObject(r.details)
	if !ok {
		why = "the details are no JSON object; they were kept as text under the name text"
		details = asDetail(r.details)
	}
	row.Details = json.RawMessage(details)
	if r.actor != uuid.Nil {
		row.ActorUserID = &r.actor
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
