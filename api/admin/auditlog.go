package admin

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/api/rawjson"
	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/pkg/paging"
	"github.com/latchkeep/latchkeep/tenants"
)

// auditEntry is an entry of the audit log. TenantID really is spelled so.
type auditEntry struct {
	ID                uuid.UUID      `json:"id" format:"uuid" doc:"The entry's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
	Type              string         `json:"type" doc:"What happened." example:"login_success"`
	Error             string         `json:"error,omitempty" doc:"Why it failed."`
	MetaHTTPRequestID string         `json:"meta_http_request_id" doc:"X-Request-Id of the request."`
	MetaSourceIP      string         `json:"meta_source_ip" doc:"Where the request came from." example:"192.0.2.7"`
	MetaUserAgent     string         `json:"meta_user_agent" doc:"User-Agent of the request."`
	ActorUserID       *uuid.UUID     `json:"actor_user_id,omitempty" format:"uuid" doc:"The user it concerns."`
	ActorEmail        string         `json:"actor_email,omitempty" doc:"Her primary address, masked unless the deployment shows it." example:"kim***@shop.example"`
	Details           rawjson.Object `json:"details" doc:"More about it; depends on the type."`
	TenantID          uuid.UUID      `json:"TenantID" format:"uuid" doc:"The tenant's id."`
	CreatedAt         time.Time      `json:"created_at" doc:"When it happened." example:"2026-11-29T12:00:00Z"`
	UpdatedAt         time.Time      `json:"updated_at" doc:"The same." example:"2026-11-29T12:00:00Z"`
}

type auditInput struct {
	Page         int       `query:"page" doc:"The page, from 1. Not with cursor." example:"1"`
	PerPage      int       `query:"per_page" doc:"Entries on a page; 20 where absent, at most 10000." example:"20"`
	Cursor       string    `query:"cursor" maxLength:"4096" doc:"Instead of page: what comes next, as X-Next-Cursor said. All other parameters must stay the same, but per_page."`
	StartTime    time.Time `query:"start_time" doc:"Only what happened after this time." example:"2026-11-29T00:00:00Z"`
	EndTime      time.Time `query:"end_time" doc:"Only what happened before this time." example:"2026-11-30T00:00:00Z"`
	Types        []string  `query:"type,explode" maxItems:"100" doc:"Only entries of this type, or one of these: the parameter may be repeated."`
	ActorUserID  string    `query:"actor_user_id" maxLength:"255" doc:"Only what concerns this user. Part of an id will do; the whole is found faster."`
	ActorEmail   string    `query:"actor_email" maxLength:"255" doc:"Only where this is part of the (masked) address."`
	MetaSourceIP string    `query:"meta_source_ip" maxLength:"255" doc:"Only where this is part of the source address."`
	Query        string    `query:"q" maxLength:"255" doc:"Only where this is part of the user's address or id, or of the source address."`
}

type auditOutput struct {
	TotalCount string `header:"X-Total-Count" doc:"Entries on all pages; absent with cursor."`
	Link       string `header:"Link" doc:"Other pages (RFC 8288): first, last, next and prev; with cursor, next."`
	NextCursor string `header:"X-Next-Cursor" doc:"To be given as cursor for what comes next; absent at the end."`
	Body       []auditEntry
}

func (s *Server) auditOperations() {
	huma.Register(s.api, described(op("list-audit-logs", http.MethodGet, "/audit_logs", tenants.AuditRead, tagAudit, "Read the audit log", 400),
		"Newest first. An entry appears within about a second of what it is about. Nothing is stored unless the deployment does so "+
			"(`audit_log.storage.enabled`). Filters must all be met.\n\nPages are numbered, or go from cursor to cursor: every answer says in "+
			"`X-Next-Cursor` how to go on, which costs the same however far that is. A total of more than 2000 may be five seconds old, one that takes long to count some minutes."), s.listAuditLogs)
}

func (s *Server) listAuditLogs(ctx context.Context, in *auditInput) (*auditOutput, error) {
	page, perPage := max(in.Page, 1), in.PerPage
	if perPage < 1 {
		perPage = defaultPerPage
	}
	perPage = min(perPage, maxPerPage)
	t := tenantOf(ctx)
	f := audit.Filter{
		StartTime: in.StartTime, EndTime: in.EndTime, Types: in.types(), ActorUserID: in.ActorUserID, ActorEmail: in.ActorEmail,
		MetaSourceIP: in.MetaSourceIP, Query: in.Query,
	}
	if in.Cursor != "" {
		found, err := s.o.Audit.ListAfter(ctx, t, f, in.Cursor, perPage)
		if err != nil {
			return nil, err
		}
		out := showAudit(t, found)
		out.Link = paging.Next(paging.URL(ctx), "cursor", found.Next)
		return out, nil
	}
	found, err := s.o.Audit.List(ctx, t, f, page, perPage)
	if err != nil {
		return nil, err
	}
	out := showAudit(t, found)
	out.TotalCount, out.Link = paging.Headers(paging.URL(ctx), page, perPage, found.Total)
	return out, nil
}

// types are those asked for; an empty one asks for nothing.
func (in *auditInput) types() []string {
	return slices.DeleteFunc(in.Types, func(name string) bool { return name == "" })
}

func showAudit(t *tenants.Tenant, found audit.Page) *auditOutput {
	out := &auditOutput{NextCursor: found.Next, Body: make([]auditEntry, len(found.Entries))}
	for i, e := range found.Entries {
		out.Body[i] = auditEntry{
			ID: e.ID, Type: e.Type, Error: e.Error, MetaHTTPRequestID: e.MetaHTTPRequestID, MetaSourceIP: e.MetaSourceIP, MetaUserAgent: e.MetaUserAgent,
			ActorUserID: e.ActorUserID, ActorEmail: e.ActorEmail, Details: rawjson.Object(e.Details), TenantID: t.ID,
			CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt,
		}
	}
	return out
}
