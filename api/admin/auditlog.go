package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/api/rawjson"
	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/pkg/paging"
	"github.com/latchkeep/latchkeep/tenants"
)

// maxAuditPage caps how many entries one page can have; the links carry the number used.
const maxAuditPage = 1000

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
	Page         int       `query:"page" default:"1" doc:"The page, from 1."`
	PerPage      int       `query:"per_page" default:"20" doc:"Entries on a page, at most 1000."`
	StartTime    time.Time `query:"start_time" doc:"Only what happened after this time." example:"2026-11-29T00:00:00Z"`
	EndTime      time.Time `query:"end_time" doc:"Only what happened before this time." example:"2026-11-30T00:00:00Z"`
	Types        []string  `query:"type,explode" maxItems:"100" doc:"Only entries of this type, or one of these: the parameter may be repeated."`
	ActorUserID  string    `query:"actor_user_id" maxLength:"255" doc:"Only what concerns this user. Part of an id will do; the whole is found faster."`
	ActorEmail   string    `query:"actor_email" maxLength:"255" doc:"Only where this is part of the (masked) address."`
	MetaSourceIP string    `query:"meta_source_ip" maxLength:"255" doc:"Only where this is part of the source address."`
	Query        string    `query:"q" maxLength:"255" doc:"Only where this is part of the user's address or id, or of the source address."`
}

type auditOutput struct {
	Link       string `header:"Link" doc:"First, last, next and previous page (RFC 8288)."`
	TotalCount string `header:"X-Total-Count" doc:"Entries on all pages; may be 5 seconds old."`
	Body       []auditEntry
}

func (s *Server) auditOperations() {
	huma.Register(s.api, described(op("list-audit-logs", http.MethodGet, "/audit_logs", tenants.AuditRead, tagAudit, "Read the audit log", 400),
		"Newest first. An entry appears within about a second of what it is about. Nothing is stored unless the deployment does so "+
			"(`audit_log.storage.enabled`). Filters must all be met."), s.listAuditLogs)
}

func (s *Server) listAuditLogs(ctx context.Context, in *auditInput) (*auditOutput, error) {
	page, perPage := in.Page, in.PerPage
	if page < 1 {
		page = 1
	}
	if perPage < 1 {
		perPage = 20
	}
	perPage = min(perPage, maxAuditPage)
	t := tenantOf(ctx)
	found, err := s.o.Audit.List(ctx, t, audit.Filter{
		StartTime: in.StartTime, EndTime: in.EndTime, Types: in.Types, ActorUserID: in.ActorUserID, ActorEmail: in.ActorEmail,
		MetaSourceIP: in.MetaSourceIP, Query: in.Query,
	}, page, perPage)
	if err != nil {
		return nil, err
	}
	out := &auditOutput{Body: make([]auditEntry, len(found.Entries))}
	out.TotalCount, out.Link = paging.Headers(paging.URL(ctx), page, perPage, found.Total)
	for i, e := range found.Entries {
		out.Body[i] = auditEntry{
			ID: e.ID, Type: e.Type, Error: e.Error, MetaHTTPRequestID: e.MetaHTTPRequestID, MetaSourceIP: e.MetaSourceIP, MetaUserAgent: e.MetaUserAgent,
			ActorUserID: e.ActorUserID, ActorEmail: e.ActorEmail, Details: rawjson.Object(e.Details), TenantID: t.ID,
			CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt,
		}
	}
	return out, nil
}
