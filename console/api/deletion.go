package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/api/rawjson"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// Deletion says how a tenant was deleted.
type Deletion struct {
	By           string    `json:"by" doc:"Who deleted it." example:"cli"`
	At           time.Time `json:"at" doc:"When it was deleted." example:"2026-11-24T12:00:00Z"`
	PurgeAfter   time.Time `json:"purge_after" doc:"From when on its data is erased." example:"2026-12-24T12:00:00Z"`
	StatusBefore string    `json:"status_before" doc:"What it comes back to." example:"active"`
	Restorable   bool      `json:"restorable" doc:"Whether nothing has been erased yet." example:"true"`
}

func showDeletion(d *tenants.Deletion) *Deletion {
	if d == nil {
		return nil
	}
	return &Deletion{string(d.By), stamp(d.At), stamp(d.PurgeAfter), string(d.StatusBefore), !d.Begun}
}

type deleteInput struct {
	TenantPath
	Grace string `query:"grace" doc:"How long it can be restored, as a duration: 72h, 0s. At most the setting tenants.grace, which is also what leaving it out means."`
}

type purgeInput struct {
	TenantPath
	Body struct {
		Confirm string `json:"confirm" doc:"The tenant's slug, to show that this one is meant." example:"acme"`
	}
}

// Receipt is the receipt of a purged tenant.
type Receipt struct {
	ID        uuid.UUID      `json:"id" format:"uuid" doc:"The receipt's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
	Statement rawjson.Object `json:"statement" doc:"Which tenant was deleted by whom and when, and how many rows of each table went."`
	Signature string         `json:"signature" doc:"JWS in compact form over the statement, by a key of the console's own key set." example:"eyJhbGciOiJFUzI1NiIs…"`
	CreatedAt time.Time      `json:"created_at" doc:"When the last row went." example:"2026-12-24T12:00:00Z"`
}

type receiptOutput struct {
	Body Receipt
}

type receiptsInput struct {
	After uuid.UUID `query:"after" format:"uuid" doc:"What comes after this receipt, as next says."`
	Limit int       `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"Receipts on a page."`
}

type receiptsOutput struct {
	Body struct {
		Receipts []Receipt  `json:"receipts" nullable:"false" doc:"The receipts, newest first."`
		Next     *uuid.UUID `json:"next,omitempty" doc:"To be given as after for the next page; absent on the last."`
	}
}

type receiptPath struct {
	ID uuid.UUID `path:"tenant_id" format:"uuid" doc:"The id that the tenant had." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
}

func (a *API) deletionOperations() {
	huma.Register(a.v1, describe(op("delete-tenant", http.MethodDelete, "/tenants/{id}", tenants.TenantsWrite, tagTenants, "Delete a tenant", 400, 404, 409),
		"The tenant is gone at once for everybody, and can be restored within the grace period. Then its data is erased. Until that is done its id and slug "+
			"stay taken. Deleting a deleted tenant changes nothing."), a.deleteTenant)
	huma.Register(a.v1, describe(status(op("restore-tenant", http.MethodPost, "/tenants/{id}/restore", tenants.TenantsWrite, tagTenants,
		"Restore a deleted tenant", 400, 404, 409), http.StatusOK),
		"It comes back as it was, in the status it had. Sessions that were open end: everybody signs in again. A tenant that is not deleted stays as it is."),
		a.restoreTenant)
	huma.Register(a.v1, describe(status(op("purge-tenant", http.MethodPost, "/tenants/{id}/purge", tenants.TenantsWrite, tagTenants,
		"Erase a deleted tenant now", 400, 404, 409, 413, 415), http.StatusAccepted),
		"Ends the grace period. The worker erases the data within minutes; then there is a receipt."), a.purgeTenant)
	huma.Register(a.v1, op("list-purge-receipts", http.MethodGet, "/purge-receipts", tenants.TenantsRead, tagTenants, "List receipts of purged tenants", 400, 404),
		a.listReceipts)
	huma.Register(a.v1, describe(op("get-purge-receipt", http.MethodGet, "/purge-receipts/{tenant_id}", tenants.TenantsRead, tagTenants,
		"Read the receipt of a purged tenant", 400, 404),
		"Verify it with the key set at /console/auth/.well-known/jwks.json of the console, or with latchkeep tenant receipt verify."), a.getReceipt)
}

func (a *API) deleteTenant(ctx context.Context, in *deleteInput) (*struct{}, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	var grace *time.Duration
	if in.Grace != "" {
		d, err := time.ParseDuration(in.Grace)
		if err != nil {
			return nil, problem.Invalid("invalid_grace", "the grace period is not possible", problem.Field{Path: "grace", Reason: "must be a duration such as 72h"})
		}
		grace = &d
	}
	_, err := a.o.Tenants.DeleteFor(ctx, caller(ctx).Actor, in.ID, grace)
	return nil, err
}

func (a *API) restoreTenant(ctx context.Context, in *TenantPath) (*tenantOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	r, err := a.o.Tenants.Restore(ctx, caller(ctx).Actor, in.ID)
	if err != nil {
		return nil, err
	}
	return showTenant(r)
}

type summaryOutput struct {
	Body TenantSummary
}

func (a *API) purgeTenant(ctx context.Context, in *purgeInput) (*summaryOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	r, err := a.o.Tenants.PurgeNow(ctx, caller(ctx).Actor, in.ID, in.Body.Confirm)
	if err != nil {
		return nil, err
	}
	return &summaryOutput{summarise(r)}, nil
}

func (a *API) listReceipts(ctx context.Context, in *receiptsInput) (*receiptsOutput, error) {
	if err := everywhere(ctx); err != nil {
		return nil, err
	}
	page, err := a.o.Tenants.Receipts(ctx, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &receiptsOutput{}
	out.Body.Receipts = make([]Receipt, len(page.Items))
	for i, r := range page.Items {
		out.Body.Receipts[i] = showReceipt(r)
	}
	if page.Next != uuid.Nil {
		out.Body.Next = &page.Next
	}
	return out, nil
}

func (a *API) getReceipt(ctx context.Context, in *receiptPath) (*receiptOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	r, err := a.o.Tenants.Receipt(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &receiptOutput{showReceipt(r)}, nil
}

func showReceipt(r *tenants.Receipt) Receipt {
	return Receipt{r.ID, rawjson.Object(r.Statement), r.Signature, stamp(r.CreatedAt)}
}
