package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/api/rawjson"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

type previewInput struct {
	TenantPath
	Body struct {
		UserID uuid.UUID   `json:"user_id" format:"uuid" doc:"Whose token." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
		Claims rawjson.Any `json:"claims,omitempty" doc:"Claims by name, in place of session.jwt_template.claims. Absent: those that are configured."`
	}
}

// DroppedClaim is a claim that is left out.
type DroppedClaim struct {
	Claim  string `json:"claim" doc:"Its name." example:"role"`
	Reason string `json:"reason" doc:"Why it is left out of the token."`
}

type previewOutput struct {
	Body struct {
		Claims  rawjson.Object `json:"claims" doc:"All claims of the token as they would be, without how the user signed in."`
		Dropped []DroppedClaim `json:"dropped" nullable:"false" doc:"The claims of the template that are left out."`
	}
}

func (a *API) claimsOperations() {
	huma.Register(a.v1, describe(status(op("preview-claims", http.MethodPost, "/tenants/{id}/preview-claims", tenants.TenantsRead, tagConfig,
		"See what a session token would hold", 400, 404, 413, 415), http.StatusOK),
		"Renders the claims of a user's next session token, with the configured template or with a draft. Nothing is issued or changed."), a.previewClaims)
}

func (a *API) previewClaims(ctx context.Context, in *previewInput) (*previewOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	draft, err := readDraft(in.Body.Claims)
	if err != nil {
		return nil, err
	}
	t, err := a.o.Registry.ByID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	preview, err := a.o.Management.PreviewClaims(ctx, t, in.Body.UserID, draft)
	if err != nil {
		return nil, err
	}
	out := &previewOutput{}
	out.Body.Dropped = make([]DroppedClaim, len(preview.Dropped))
	for i, d := range preview.Dropped {
		out.Body.Dropped[i] = DroppedClaim(d)
	}
	out.Body.Claims, err = rawjson.Encode(preview.Claims)
	return out, err
}

// readDraft reads a template of claims; none and null are nil.
func readDraft(given []byte) (map[string]any, error) {
	if len(given) == 0 {
		return nil, nil
	}
	var draft map[string]any
	decoder := json.NewDecoder(bytes.NewReader(given))
	decoder.UseNumber()
	if err := decoder.Decode(&draft); err != nil {
		return nil, problem.Invalid("invalid_claims", "the claims are not valid", problem.Field{Path: "claims", Reason: "must be an object"})
	}
	return draft, nil
}
