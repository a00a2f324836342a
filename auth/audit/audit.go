// Package audit reads the audit log of a tenant. The records are written by the worker, from the intents that auth/event makes.
//
// Spec: audit-log §5, rest-admin §6.1.
package audit

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
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

// A Filter says which entries are wanted. What is zero does not count; the rest must all be met.
type Filter struct {
	// StartTime and EndTime are bounds that exclude themselves.
	StartTime, EndTime time.Time
	// Types are exact; one of them must be met.
	Types []string
	// ActorUserID, ActorEmail and MetaSourceIP are parts of the texts.
	ActorUserID, ActorEmail, MetaSourceIP string
	// Query is part of the actor's address, the source address or the actor's id.
	Query string
}

// A Log reads the audit logs of all tenants.
type Log struct {
	store *store.Store
}

// NewLog reads from a store.
func NewLog(st *store.Store) *Log { return &Log{store: st} }

// A Page is a page of a log and how many entries all pages have.
type Page struct {
	Entries []Entry
	Total   int
}

// List reads a page (from 1) of the entries that meet a filter, newest first.
func (l *Log) List(ctx context.Context, t *tenants.Tenant, f Filter, page, perPage int) (Page, error) {
	ctx = scope.With(ctx, scope.Tenant(t.ID))
	raw, possible := f.raw()
	if !possible {
		return Page{Entries: []Entry{}}, nil
	}
	total, err := l.store.Raw().CountAuditRecords(ctx, raw)
	if err != nil {
		return Page{}, err
	}
	offset := total
	if page-1 <= total/perPage { // else the product may be too large
		offset = (page - 1) * perPage
	}
	rows, err := l.store.Raw().AuditRecords(ctx, raw, rawsql.AuditPage{Limit: perPage, Offset: offset})
	if err != nil {
		return Page{}, err
	}
	p := Page{Entries: make([]Entry, len(rows)), Total: total}
	for i, row := range rows {
		p.Entries[i] = entry(row)
	}
	return p, nil
}

// raw is the filter as the database is asked. It is false where nothing can meet it. The id of a person in full is looked up, not searched for.
func (f Filter) raw() (rawsql.AuditFilter, bool) {
	raw := rawsql.AuditFilter{
		After: f.StartTime, Before: f.EndTime, Types: f.Types,
		ActorEmailPart: strings.ToLower(f.ActorEmail), SourceIPPart: strings.ToLower(f.MetaSourceIP), Any: strings.ToLower(f.Query),
	}
	if id, err := uuid.Parse(f.ActorUserID); err == nil && len(f.ActorUserID) == 36 && id != uuid.Nil {
		raw.ActorUserID = id
	} else {
		raw.ActorIDPart = strings.ToLower(f.ActorUserID)
	}
	for _, text := range append([]string{raw.ActorIDPart, raw.ActorEmailPart, raw.SourceIPPart, raw.Any}, raw.Types...) {
		if strings.ContainsRune(text, 0) || strings.ToValidUTF8(text, "") != text {
			return raw, false // databases refuse such texts, so none is stored
		}
	}
	return raw, true
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
