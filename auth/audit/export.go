package audit

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// A Format is how a log is exported.
type Format string

// The formats: one JSON object a line, each as the admin API shows it, or CSV (RFC 4180) with a line of names.
const (
	JSONL Format = "jsonl"
	CSV   Format = "csv"
)

// Media is the media type of the format.
func (f Format) Media() string {
	if f == CSV {
		return "text/csv; charset=utf-8; header=present"
	}
	return "application/jsonl"
}

// ErrBadFormat is the answer to a format that does not exist.
var ErrBadFormat = problem.Invalid("invalid_format", "the format must be jsonl or csv")

// exportPage is how many entries are in memory at a time.
const exportPage = 1000

// An Export is an export that has begun: its first part was read, so that what can fail early has not.
type Export struct {
	log    *Log
	tenant *tenants.Tenant
	filter rawsql.AuditFilter
	format Format
	first  []rawsql.AuditRecord
}

// Export begins an export of all entries of a tenant that meet a filter, newest first. Errors: ErrBadFormat, and those of the database.
func (l *Log) Export(ctx context.Context, t *tenants.Tenant, f Filter, format Format) (*Export, error) {
	if format != JSONL && format != CSV {
		return nil, ErrBadFormat
	}
	raw, possible := f.raw()
	e := &Export{log: l, tenant: t, filter: raw, format: format}
	if !possible {
		return e, nil
	}
	var err error
	e.first, err = e.read(ctx, nil)
	return e, err
}

func (e *Export) read(ctx context.Context, behind *rawsql.AuditPlace) ([]rawsql.AuditRecord, error) {
	ctx = scope.With(ctx, scope.Tenant(e.tenant.ID))
	return e.log.store.Raw().AuditRecords(ctx, e.filter, rawsql.AuditPage{Behind: behind, Limit: exportPage})
}

// Write writes the entries, part by part, and returns how many. Flush, where it is not nil, is called after each part. Memory does not grow with
// the log.
func (e *Export) Write(ctx context.Context, w io.Writer, flush func() error) (int, error) {
	write := writeLines(e.tenant.ID, w)
	if e.format == CSV {
		write = writeCSV(e.tenant.ID, w)
	}
	total := 0
	for rows := e.first; ; {
		entries := make([]Entry, len(rows))
		for i, row := range rows {
			entries[i] = entry(row)
		}
		err := write(entries)
		if err == nil && flush != nil {
			err = flush()
		}
		if err != nil {
			return total, fmt.Errorf("export the audit log: %w", err)
		}
		if total += len(rows); len(rows) < exportPage {
			return total, nil
		}
		last := rows[len(rows)-1]
		if rows, err = e.read(ctx, &rawsql.AuditPlace{CreatedAt: last.CreatedAt, ID: last.ID}); err != nil {
			return total, err
		}
	}
}

// A Line is an entry as programs read it: with the members that the admin API has. Spec: audit-log §2.
type Line struct {
	ID                uuid.UUID       `json:"id"`
	Type              string          `json:"type"`
	Error             string          `json:"error,omitempty"`
	MetaHTTPRequestID string          `json:"meta_http_request_id"`
	MetaSourceIP      string          `json:"meta_source_ip"`
	MetaUserAgent     string          `json:"meta_user_agent"`
	ActorUserID       *uuid.UUID      `json:"actor_user_id,omitempty"`
	ActorEmail        string          `json:"actor_email,omitempty"`
	Details           json.RawMessage `json:"details"`
	TenantID          uuid.UUID       `json:"TenantID"`
	CreatedAt         time.Time       `json:"created_at"`
	UpdatedAt         time.Time       `json:"updated_at"`
}

// Line is the entry of a tenant as programs read it.
func (e Entry) Line(tenant uuid.UUID) Line {
	return Line{
		ID: e.ID, Type: e.Type, Error: e.Error, MetaHTTPRequestID: e.MetaHTTPRequestID, MetaSourceIP: e.MetaSourceIP, MetaUserAgent: e.MetaUserAgent,
		ActorUserID: e.ActorUserID, ActorEmail: e.ActorEmail, Details: e.Details, TenantID: tenant, CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt,
	}
}

func writeLines(tenant uuid.UUID, w io.Writer) func([]Entry) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return func(entries []Entry) error {
		for _, e := range entries {
			if err := encoder.Encode(e.Line(tenant)); err != nil {
				return err
			}
		}
		return nil
	}
}

// columns are the names in the first line of a CSV.
var columns = []string{
	"id", "type", "error", "meta_http_request_id", "meta_source_ip", "meta_user_agent", "actor_user_id", "actor_email", "details", "TenantID",
	"created_at", "updated_at",
}

func writeCSV(tenant uuid.UUID, w io.Writer) func([]Entry) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	err := out.Write(columns)
	return func(entries []Entry) error {
		for _, e := range entries {
			actor := ""
			if e.ActorUserID != nil {
				actor = e.ActorUserID.String()
			}
			row := []string{
				e.ID.String(), e.Type, e.Error, e.MetaHTTPRequestID, e.MetaSourceIP, e.MetaUserAgent, actor, e.ActorEmail, string(e.Details), tenant.String(),
				e.CreatedAt.Format(time.RFC3339Nano), e.UpdatedAt.Format(time.RFC3339Nano),
			}
			for i := range row {
				row[i] = harmless(row[i])
			}
			err = errors.Join(err, out.Write(row))
		}
		out.Flush()
		return errors.Join(err, out.Error())
	}
}

// harmless is a text that no spreadsheet takes for a formula: one that looks like the beginning of one gets an apostrophe before it.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
