package rawsql

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
)

// AuditRecord is a row of the audit log. Times are UTC; texts that are not known are empty.
type AuditRecord struct {
	ID                             uuid.UUID
	Type, Error                    string
	RequestID, SourceIP, UserAgent string
	ActorUserID                    *uuid.UUID
	ActorEmail                     string
	Details                        json.RawMessage // a JSON object, or empty
	CreatedAt, UpdatedAt           time.Time
}

// AuditFilter says which records are wanted. What is zero does not count; the rest must all be met.
type AuditFilter struct {
	// After and Before exclude themselves.
	After, Before time.Time
	// Types are exact; one of them must be met.
	Types []string
	// ActorUserID is exact.
	ActorUserID uuid.UUID
	// These are parts of the texts, in lower case. Any is part of one of the three.
	ActorIDPart, ActorEmailPart, SourceIPPart, Any string
}

// AuditPlace is where in the log a page begins: behind a record.
type AuditPlace struct {
	CreatedAt time.Time
	ID        uuid.UUID
}

// AuditPage says which of the records that meet a filter are wanted: Limit of them, newest first, behind a place where one is given, else
// behind the first Offset.
type AuditPage struct {
	Behind        *AuditPlace
	Limit, Offset int
}

// AuditRecords reads a page of a tenant's audit log, newest first.
//
// Why raw: ent compares no ids by their parts, and escapes no patterns the same way on all databases. The rows come in the order of an index
// that begins with the tenant (and the type or person, where those are asked for), so what is read is the page and what does not match before
// it.
func (q *Queries) AuditRecords(ctx context.Context, f AuditFilter, page AuditPage) ([]AuditRecord, error) {
	where, args, err := q.auditWhere(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("read audit log: %w", err)
	}
	if at := page.Behind; at != nil {
		where += ` AND created_at <= ? AND (created_at < ? OR id < ?)`
		args = append(args, stamp(at.CreatedAt), stamp(at.CreatedAt), at.ID)
	}
	rows, err := q.query(ctx, `SELECT id, type, error, meta_http_request_id, meta_source_ip, meta_user_agent, actor_user_id, actor_email, details,
		created_at, updated_at FROM audit_logs WHERE `+where+` ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?`,
		append(args, page.Limit, page.Offset)...)
	found, err := collect(rows, err, scanAudit)
	if err != nil {
		return nil, fmt.Errorf("read audit log: %w", err)
	}
	return found, nil
}

// CountAuditRecords counts the records of a tenant's audit log that meet a filter, but no more than most where that is positive.
//
// Why raw: it must count by the very condition that AuditRecords reads by, and ent cannot stop counting.
func (q *Queries) CountAuditRecords(ctx context.Context, f AuditFilter, most int) (int, error) {
	where, args, err := q.auditWhere(ctx, f)
	if err != nil {
		return 0, fmt.Errorf("count audit log: %w", err)
	}
	counted := `audit_logs WHERE ` + where
	if most > 0 {
		counted = `(SELECT 1 FROM audit_logs WHERE ` + where + ` LIMIT ?) few`
		args = append(args, most)
	}
	rows, err := q.query(ctx, `SELECT COUNT(*) FROM `+counted, args...)
	counts, err := collect(rows, err, func(rows *sql.Rows) (n int, err error) { return n, rows.Scan(&n) })
	if err != nil {
		return 0, fmt.Errorf("count audit log: %w", err)
	}
	return counts[0], nil
}

func (q *Queries) auditWhere(ctx context.Context, f AuditFilter) (string, []any, error) {
	owner, err := tenant(ctx)
	if err != nil {
		return "", nil, err
	}
	where, args := `tenant_id = ?`, []any{owner}
	and := func(condition string, more ...any) {
		where += ` AND ` + condition
		args = append(args, more...)
	}
	if !f.After.IsZero() {
		and(`created_at > ?`, stamp(f.After))
	}
	if !f.Before.IsZero() {
		and(`created_at < ?`, stamp(f.Before))
	}
	if len(f.Types) > 0 {
		and(`type IN (`+marks(len(f.Types))+`)`, list(f.Types)...)
	}
	if f.ActorUserID != uuid.Nil {
		and(`actor_user_id = ?`, f.ActorUserID)
	}
	actorID := `actor_user_id`
	if q.dialect == dialect.Postgres {
		actorID = `actor_user_id::text`
	}
	const like = ` LIKE ? ESCAPE '!'`
	if f.ActorIDPart != "" {
		and(actorID+like, part(f.ActorIDPart))
	}
	if f.ActorEmailPart != "" {
		and(`actor_email`+like, part(f.ActorEmailPart))
	}
	if f.SourceIPPart != "" {
		and(`meta_source_ip`+like, part(f.SourceIPPart))
	}
	if f.Any != "" {
		any := part(f.Any)
		and(`(actor_email`+like+` OR meta_source_ip`+like+` OR `+actorID+like+`)`, any, any, any)
	}
	return where, args, nil
}

// part is the pattern of texts that contain one, whatever it consists of.
func part(text string) string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(text) + "%"
}

func scanAudit(rows *sql.Rows) (AuditRecord, error) {
	var r AuditRecord
	var actor uuid.NullUUID
	var email, details sql.NullString
	err := rows.Scan(&r.ID, &r.Type, &r.Error, &r.RequestID, &r.SourceIP, &r.UserAgent, &actor, &email, &details, &r.CreatedAt, &r.UpdatedAt)
	if err != nil {
		return r, err
	}
	if actor.Valid {
		r.ActorUserID = &actor.UUID
	}
	r.ActorEmail, r.Details = email.String, json.RawMessage(details.String)
	r.CreatedAt, r.UpdatedAt = r.CreatedAt.UTC(), r.UpdatedAt.UTC()
	return r, nil
}
