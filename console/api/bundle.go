package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/bundle"
	"github.com/latchkeep/latchkeep/console/upload"
	"github.com/latchkeep/latchkeep/tenants"
)

const tagMoving = "Moving tenants"

type exportTenantInput struct {
	TenantPath
	Body struct {
		Recipients   []string `json:"recipients,omitempty" doc:"Public keys of age of who may open the bundle." example:"[\"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p\"]"`
		Passphrase   string   `json:"passphrase,omitempty" doc:"In place of recipients: a passphrase of 16 bytes or more."`
		WithoutAudit bool     `json:"without_audit,omitempty" doc:"Leave the audit log out."`
	}
}

// Passkeys are what a move did to passkeys and security keys.
type Passkeys struct {
	Before       string   `json:"relying_party_before" doc:"The id of the relying party that they were made for."`
	Now          string   `json:"relying_party" doc:"That of the tenant here."`
	Break        bool     `json:"break" doc:"Whether they stop working: the ids differ."`
	Passkeys     int      `json:"broken_passkeys" doc:"Passkeys that stop working."`
	SecurityKeys int      `json:"broken_security_keys" doc:"Security keys that stop working."`
	Advice       []string `json:"advice" nullable:"false" doc:"What to do about it."`
}

type importTenantOutput struct {
	Location string `header:"Location" doc:"Where the tenant is."`
	Body     struct {
		Tenant   TenantSummary  `json:"tenant" doc:"The tenant, as it is now."`
		Bundle   uuid.UUID      `json:"bundle" format:"uuid" doc:"The id of the bundle."`
		Created  bool           `json:"created" doc:"False where the same bundle was imported before: nothing was changed."`
		Rows     map[string]int `json:"rows,omitempty" doc:"How many rows of which table were written."`
		Passkeys Passkeys       `json:"passkeys" doc:"What the move did to passkeys and security keys."`
		Domains  int            `json:"domains_to_verify" doc:"Domains that the tenant had, to be verified anew."`
	}
}

const importTenantDescription = `The body is a form (multipart/form-data) with the fields ` + "`identity`, a secret key of age, or `passphrase`; `slug`" + `, in place of the one
the tenant had; ` + "`keep_relying_party`, true to write the relying party it had into its configuration; and, last, `bundle`" + `, the file. It is read as it
arrives. The tenant has the ids it had, and is found once all of it was read and found to be complete; of what fails, nothing stays. The same bundle
again changes nothing. See docs/moving-tenants.md.`

func (a *API) bundleOperations() {
	o := describe(status(op("export-tenant", http.MethodPost, "/tenants/{id}/export", tenants.CredentialsExport, tagMoving, "Export a whole tenant as an encrypted bundle",
		400, 404, 409, 413, 415), http.StatusOK), "The bundle has all that people of the tenant sign in with, and its keys and secrets. It needs the scope `credentials:export`, which only has who "+
		"was given it by this name. An answer that is broken off is not complete, and is refused where it is imported.")
	o.Responses = map[string]*huma.Response{"200": {
		Description: "The bundle, a file in the format of age.", Content: map[string]*huma.MediaType{bundle.MediaType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}}
	huma.Register(a.v1, o, a.exportTenant)
	huma.Register(a.v1, describe(status(op("import-tenant", http.MethodPost, "/tenants/import", tenants.TenantsWrite, tagMoving, "Import a tenant from a bundle",
		400, 409, 413, 415), http.StatusOK), importTenantDescription), a.importTenant)
	// Only now: huma would read a body that it knows of.
	text, binary := &huma.Schema{Type: huma.TypeString}, &huma.Schema{Type: huma.TypeString, Format: "binary"}
	a.v1.OpenAPI().Paths["/tenants/import"].Post.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {
		Schema: &huma.Schema{Type: huma.TypeObject, Required: []string{"bundle"}, Properties: map[string]*huma.Schema{
			"identity": text, "passphrase": text, "slug": text, "keep_relying_party": {Type: huma.TypeBoolean}, "bundle": binary,
		}},
	}}}
}

func (a *API) exportTenant(ctx context.Context, in *exportTenantInput) (*huma.StreamResponse, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	export, err := a.o.Bundles.Prepare(ctx, in.ID, bundle.ExportOptions{
		Lock: bundle.Lock{Recipients: in.Body.Recipients, Passphrase: in.Body.Passphrase}, WithoutAudit: in.Body.WithoutAudit,
	})
	if err != nil {
		return nil, err
	}
	by := caller(ctx).Actor
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		_, w := humachi.Unwrap(hc)
		upload.Extend(w)
		hc.SetHeader("Content-Type", bundle.MediaType)
		hc.SetHeader("Content-Disposition", `attachment; filename="`+export.Name()+`"`)
		// Where it fails midway, the connection is broken off.
		if _, err := export.Write(hc.Context(), by, hc.BodyWriter()); err != nil {
			a.o.Log.WarnContext(hc.Context(), "an export was broken off", "error", err)
			panic(http.ErrAbortHandler)
		}
	}}, nil
}

// importTenantInput has the request as it arrives: it is too large for memory.
type importTenantInput struct {
	w http.ResponseWriter
	r *http.Request
}

// Resolve implements huma.Resolver.
func (in *importTenantInput) Resolve(ctx huma.Context) []error {
	in.r, in.w = humachi.Unwrap(ctx)
	return nil
}

func (a *API) importTenant(ctx context.Context, in *importTenantInput) (*importTenantOutput, error) {
	if err := everywhere(ctx); err != nil {
		return nil, err
	}
	o, from, err := upload.Read(in.w, in.r, a.o.MaxImport)
	if err != nil {
		return nil, err
	}
	done, err := a.o.Bundles.Import(ctx, caller(ctx).Actor, from, o)
	if err != nil {
		return nil, upload.Error(err)
	}
	out := &importTenantOutput{Location: "/v1/tenants/" + done.Tenant.ID.String()}
	b := &out.Body
	b.Tenant, b.Bundle, b.Created, b.Rows, b.Domains = summarise(done.Tenant), done.Bundle, done.Created, done.Rows, done.Domains
	p := done.Plan
	b.Passkeys = Passkeys{p.From.ID, p.To.ID, p.Breaks, p.Broken.Passkeys, p.Broken.SecurityKeys, append([]string{}, p.Advice...)}
	return out, nil
}
