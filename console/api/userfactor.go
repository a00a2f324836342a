package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/api/rawjson"
	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/auth/management"
	"github.com/latchkeep/latchkeep/tenants"
)

// UserCredentialPath names a passkey or security key of a user.
type UserCredentialPath struct {
	UserPath
	CredentialID string `path:"credential_id" maxLength:"1400" doc:"The credential's id in base64url without padding." example:"AQIDBA"`
}

type timelineInput struct {
	UserPath
	After string `query:"after" maxLength:"4096" doc:"What comes behind, as next of the page before says."`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"How many at most."`
}

// TimelineEntry is an audit record about a user.
type TimelineEntry struct {
	ID        uuid.UUID      `json:"id" doc:"The record's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
	Type      string         `json:"type" doc:"What happened." example:"login_success"`
	Error     string         `json:"error,omitempty" doc:"Why it failed."`
	SourceIP  string         `json:"source_ip" doc:"Where the request came from." example:"192.0.2.7"`
	UserAgent string         `json:"user_agent" doc:"User-Agent of the request."`
	RequestID string         `json:"request_id" doc:"X-Request-Id of the request."`
	Details   rawjson.Object `json:"details" doc:"More about it; depends on the type."`
	At        time.Time      `json:"at" doc:"When it happened." example:"2026-11-29T12:00:00Z"`
}

type timelineOutput struct {
	Body struct {
		Entries []TimelineEntry `json:"entries" nullable:"false" doc:"The records, the newest first."`
		Next    string          `json:"next,omitempty" doc:"To be given as after for the next page; absent on the last."`
	}
}

// factorOperations take from a user what she signs in with, and tell what happened.
func (a *API) factorOperations(one string) {
	const write = tenants.UsersWrite
	huma.Register(a.v1, describe(op("delete-user-password", http.MethodDelete, one+"/password", write, tagUsers, "Delete a user's password", 400, 404, 409),
		"409 where somebody else changes her all the time."), a.deletePassword)
	huma.Register(a.v1, describe(op("delete-user-otp", http.MethodDelete, one+"/otp", write, tagUsers, "Delete a user's authenticator app", 400, 404, 409),
		"With the recovery codes that stand in for it. 409 where somebody else changes her all the time."), a.deleteOTP)
	huma.Register(a.v1, describe(op("delete-user-credential", http.MethodDelete, one+"/webauthn_credentials/{credential_id}", write, tagUsers,
		"Delete a passkey or security key", 400, 404, 409), "Also the last one: the user may then be unable to sign in. 409 where somebody else changes her all the time."), a.deleteCredential)
	huma.Register(a.v1, describe(op("get-user-timeline", http.MethodGet, one+"/timeline", tenants.AuditRead, tagUsers, "Read what happened to a user", 400, 404),
		"From the tenant's audit log."), a.timeline)
}

func (a *API) deletePassword(ctx context.Context, in *UserPath) (*struct{}, error) {
	return a.change(ctx, in.ID, func(t *tenants.Tenant, by management.Caller) error {
		return a.o.Management.DeletePassword(ctx, t, by, in.UserID)
	})
}

func (a *API) deleteOTP(ctx context.Context, in *UserPath) (*struct{}, error) {
	return a.change(ctx, in.ID, func(t *tenants.Tenant, by management.Caller) error {
		return a.o.Management.DeleteOTP(ctx, t, by, in.UserID)
	})
}

func (a *API) deleteCredential(ctx context.Context, in *UserCredentialPath) (*struct{}, error) {
	return a.change(ctx, in.ID, func(t *tenants.Tenant, by management.Caller) error {
		return a.o.Management.DeleteCredential(ctx, t, by, in.UserID, in.CredentialID)
	})
}

func (a *API) timeline(ctx context.Context, in *timelineInput) (*timelineOutput, error) {
	t, err := a.people(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if _, err := a.o.Management.Get(ctx, t, in.UserID); err != nil {
		return nil, err
	}
	about := audit.Filter{ActorUserID: in.UserID.String()}
	var found audit.Page
	if in.After != "" {
		found, err = a.o.Audit.ListAfter(ctx, t, about, in.After, in.Limit)
	} else {
		found, err = a.o.Audit.List(ctx, t, about, 1, in.Limit)
	}
	if err != nil {
		return nil, err
	}
	out := &timelineOutput{}
	out.Body.Entries, out.Body.Next = make([]TimelineEntry, len(found.Entries)), found.Next
	for i, e := range found.Entries {
		out.Body.Entries[i] = TimelineEntry{e.ID, e.Type, e.Error, e.MetaSourceIP, e.MetaUserAgent, e.MetaHTTPRequestID, rawjson.Object(e.Details), stamp(e.CreatedAt)}
	}
	return out, nil
}
