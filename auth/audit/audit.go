// Package audit reads the audit log of a tenant. The records are written by the worker, from the intents that auth/event makes.
//
// Spec: audit-log §5, rest-admin §6.1.
package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/paging"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// An Entry is a record of something that happened. Addresses and usernames are masked where the deployment wants that.
type Entry struct {
	ID                uuid.UUID
	Type              string
	Error             string
	MetaHTTPRequestID string
	MetaSourceIP      string
	MetaUserAgent     string
	ActorUserID       *uuid.UUID
	ActorEmail        string
	// Details is a JSON object.
	Details              json.RawMessage
	CreatedAt, UpdatedAt time.Time
}

// A Log reads the audit logs of all tenants.
type Log struct {
	store   *store.Store
	keyring *secret.Keyring
	totals  *paging.Totals
}

// NewLog reads from a store. The keyring seals cursors.
func NewLog(st *store.Store, keyring *secret.Keyring) *Log {
	return &Log{store: st, keyring: keyring, totals: paging.NewTotals(rememberedTotals, time.Now)}
}

// rememberedTotals is of how many long lists the total is remembered for a while.
const rememberedTotals = 10_000

// A Page is a page of a log.
type Page struct {
	Entries []Entry
	// Total is how many entries all pages have; see [paging.Totals]. It is -1 where the page was asked for by a cursor.
	Total int
	// Next is the cursor of what follows, empty at the end.
	Next string
}

// ErrBadCursor is the answer to a cursor that was not given out for this list of this tenant.
var ErrBadCursor = problem.Invalid("invalid_cursor", "the cursor does not belong to this list")

// List reads a page (from 1) of the entries that meet a filter, newest first.
func (l *Log) List(ctx context.Context, t *tenants.Tenant, f Filter, page, perPage int) (Page, error) {
	ctx = scope.With(ctx, scope.Tenant(t.ID))
	raw, possible := f.raw()
	if !possible {
		return Page{Entries: []Entry{}}, nil
	}
	total, err := l.total(ctx, t, raw)
	if err != nil {
		return Page{}, err
	}
	if page-1 > total/perPage { // beyond the end, and a product that could overflow
		return Page{Entries: []Entry{}, Total: total}, nil
	}
	p, err := l.read(ctx, t, raw, rawsql.AuditPage{Limit: perPage, Offset: (page - 1) * perPage})
	p.Total = total
	return p, err
}

// ListAfter goes on with a list where a cursor says. It costs the same however far that is. Error: ErrBadCursor.
func (l *Log) ListAfter(ctx context.Context, t *tenants.Tenant, f Filter, cursor string, perPage int) (Page, error) {
	raw, _ := f.raw() // nothing was given out for what nothing can meet
	var behind rawsql.AuditPlace
	if !paging.OpenCursor(l.keyring, list(t, raw), cursor, &behind) {
		return Page{}, ErrBadCursor
	}
	ctx = scope.With(ctx, scope.Tenant(t.ID))
	p, err := l.read(ctx, t, raw, rawsql.AuditPage{Behind: &behind, Limit: perPage})
	p.Total = -1
	return p, err
}

// read reads a page and one entry more, which tells whether anything follows.
func (l *Log) read(ctx context.Context, t *tenants.Tenant, raw rawsql.AuditFilter, page rawsql.AuditPage) (Page, error) {
	shown := page.Limit
	page.Limit++
	rows, err := l.store.Raw().AuditRecords(ctx, raw, page)
	if err != nil {
		return Page{}, err
	}
	var p Page
	if len(rows) > shown {
		rows = rows[:shown]
		last := rows[shown-1]
		p.Next = paging.SealCursor(l.keyring, list(t, raw), rawsql.AuditPlace{CreatedAt: last.CreatedAt, ID: last.ID})
	}
	p.Entries = make([]Entry, len(rows))
	for i, row := range rows {
		p.Entries[i] = entry(row)
	}
	return p, nil
}

// total counts what meets a filter.
func (l *Log) total(ctx context.Context, t *tenants.Tenant, raw rawsql.AuditFilter) (int, error) {
	name, err := key(raw)
	if err != nil {
		return 0, err
	}
	return l.totals.Of(ctx, t.Key("audit total", name), func(ctx context.Context, most int) (int, error) {
		return l.store.Raw().CountAuditRecords(ctx, raw, most)
	})
}

// list names the list that a filter makes of a tenant's log.
func list(t *tenants.Tenant, f rawsql.AuditFilter) any { return []any{"audit log", t.ID, f} }

// key tells filters apart.
func key(f rawsql.AuditFilter) (string, error) {
	text, err := json.Marshal(f)
	if err != nil {
		return "", fmt.Errorf("name a filter: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

func entry(row rawsql.AuditRecord) Entry {
	e := Entry{
		ID: row.ID, Type: row.Type, Error: row.Error, MetaHTTPRequestID: row.RequestID, MetaSourceIP: row.SourceIP, MetaUserAgent: row.UserAgent,
		ActorUserID: row.ActorUserID, ActorEmail: row.ActorEmail, Details: row.Details, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
	}
	if len(e.Details) == 0 || string(e.Details) == "null" {
		e.Details = json.RawMessage("{}")
	}
	return e
}
