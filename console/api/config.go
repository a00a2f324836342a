package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/latchkeep/latchkeep/api/rawjson"
	"github.com/latchkeep/latchkeep/pkg/paging"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

const tagConfig = "Configuration"

type configOutput struct {
	ETag string `header:"ETag" doc:"Entity tag of the configuration, for If-Match."`
	Body rawjson.Object
}

// schemaMedia is the media type of JSON Schemas.
const schemaMedia = "application/schema+json"

type schemaOutput struct {
	ContentType string `header:"Content-Type" doc:"application/schema+json"`
	Body        rawjson.Object
}

// Terms are what every change of a configuration can be asked with.
type Terms struct {
	IfMatch string `header:"If-Match" doc:"Change only what still has this entity tag, else answer 412. * means any." example:"\"3\""`
	DryRun  bool   `query:"dry_run" doc:"Check and answer what would be, but change nothing."`
}

type putConfigInput struct {
	TenantPath
	Terms
	Body rawjson.Any `doc:"What is to differ from the defaults. A secret given as its mask stays as it is." required:"true"`
}

type patchConfigInput struct {
	TenantPath
	Terms
	Body rawjson.Any `contentType:"application/merge-patch+json" doc:"A merge patch (RFC 7386): null brings a default back. A secret given as its mask stays as it is." required:"true"`
}

// Change is one changed setting.
type Change struct {
	Path string      `json:"path" doc:"The setting, with dots." example:"session.lifespan"`
	Old  rawjson.Any `json:"old" doc:"What it was. Secrets are masked."`
	New  rawjson.Any `json:"new" doc:"What it is. Secrets are masked."`
}

// Warning is a setting that is accepted and will not work.
type Warning struct {
	Path   string `json:"path" doc:"The setting, with dots." example:"session.jwt_template.claims.role"`
	Reason string `json:"reason" doc:"What happens with it, and why."`
}

type changedOutput struct {
	ETag string `header:"ETag" doc:"Entity tag of the configuration; after a dry run the one it would have."`
	Body struct {
		Version  int            `json:"version" doc:"Version of the configuration; after a dry run the one it would have." example:"2"`
		DryRun   bool           `json:"dry_run" doc:"Whether nothing was changed because only a check was asked for."`
		Changes  []Change       `json:"changes" nullable:"false" doc:"What changed; empty where nothing did."`
		Warnings []Warning      `json:"warnings" nullable:"false" doc:"What is accepted and will not work as it stands, such as a claim whose template has an error."`
		Config   rawjson.Object `json:"config" doc:"The whole configuration, defaults included. Secrets are masked."`
	}
}

// ConfigVersion is one change of a configuration.
type ConfigVersion struct {
	Version int       `json:"version" doc:"The version." example:"2"`
	Actor   string    `json:"actor" doc:"Who made it: token:…, operator:…, cli, system." example:"cli"`
	At      time.Time `json:"created_at" doc:"When it was made." example:"2026-11-24T12:00:00Z"`
	Changes []Change  `json:"changes" nullable:"false" doc:"What it changed."`
}

type versionsInput struct {
	TenantPath
	Page    int `query:"page" minimum:"1" default:"1" doc:"The page, from 1."`
	PerPage int `query:"per_page" minimum:"1" maximum:"100" default:"20" doc:"Versions on a page."`
}

type versionsOutput struct {
	Link       string `header:"Link" doc:"First, last, next and previous page (RFC 8288)."`
	TotalCount string `header:"X-Total-Count" doc:"Versions on all pages."`
	Body       struct {
		Versions []ConfigVersion `json:"versions" nullable:"false" doc:"The versions, newest first."`
		Total    int             `json:"total" doc:"Versions on all pages." example:"2"`
	}
}

// VersionPath names a version.
type VersionPath struct {
	TenantPath
	Version int `path:"version" minimum:"1" doc:"The version." example:"1"`
}

type versionOutput struct {
	Body struct {
		ConfigVersion
		Config rawjson.Object `json:"config" doc:"The whole configuration as it was, with the defaults of today. Secrets are masked."`
	}
}

type rollBackInput struct {
	VersionPath
	Terms
}

func (a *API) configOperations() {
	const path = "/tenants/{id}/config"
	write := []int{400, 404, 409, 412, 413, 415}
	huma.Register(a.v1, op("get-config", http.MethodGet, path, tenants.TenantsRead, tagConfig, "Read a configuration", 400, 404), a.getConfig)
	huma.Register(a.v1, describe(op("replace-config", http.MethodPut, path, tenants.TenantsWrite, tagConfig, "Replace a configuration", write...),
		"The new configuration is the defaults and what is sent; what was set before and is not sent is default again."), a.putConfig)
	huma.Register(a.v1, describe(op("patch-config", http.MethodPatch, path, tenants.TenantsWrite, tagConfig, "Change parts of a configuration", write...),
		"Only what is sent changes."), a.patchConfig)
	huma.Register(a.v1, op("list-config-versions", http.MethodGet, path+"/versions", tenants.TenantsRead, tagConfig, "List the changes of a configuration", 400, 404),
		a.listVersions)
	huma.Register(a.v1, op("get-config-version", http.MethodGet, path+"/versions/{version}", tenants.TenantsRead, tagConfig, "Read an earlier configuration", 400, 404),
		a.getVersion)
	huma.Register(a.v1, describe(status(op("roll-back-config", http.MethodPost, path+"/versions/{version}/rollback", tenants.TenantsWrite, tagConfig,
		"Go back to an earlier configuration", 400, 404, 409, 412), 200), "The earlier configuration becomes a new version."), a.rollBack)
	schema := op("get-config-schema", http.MethodGet, "/config-schema", tenants.TenantsRead, tagConfig, "Read the JSON Schema of configurations")
	schema.Responses = map[string]*huma.Response{"200": {
		Description: "A JSON Schema (draft 2020-12)",
		Content:     map[string]*huma.MediaType{schemaMedia: {Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}}},
	}}
	huma.Register(a.v1, schema, a.getSchema)
	huma.Register(a.v1, op("get-config-defaults", http.MethodGet, "/config-defaults", tenants.TenantsRead, tagConfig, "Read the defaults of configurations"),
		a.getDefaults)
}

func (a *API) getConfig(ctx context.Context, in *TenantPath) (*configOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	r, err := a.o.Tenants.Get(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	body, err := rawjson.Encode(r.Config)
	return &configOutput{ETag: etag(r.ConfigVersion), Body: body}, err
}

func (a *API) putConfig(ctx context.Context, in *putConfigInput) (*changedOutput, error) {
	how, err := in.how(ctx, in.TenantPath)
	if err != nil {
		return nil, err
	}
	result, err := a.o.Tenants.ReplaceConfig(ctx, in.ID, json.RawMessage(in.Body), how)
	return showChange(result, how.DryRun, err)
}

func (a *API) patchConfig(ctx context.Context, in *patchConfigInput) (*changedOutput, error) {
	how, err := in.how(ctx, in.TenantPath)
	if err != nil {
		return nil, err
	}
	result, err := a.o.Tenants.PatchConfig(ctx, in.ID, json.RawMessage(in.Body), how)
	return showChange(result, how.DryRun, err)
}

func (a *API) rollBack(ctx context.Context, in *rollBackInput) (*changedOutput, error) {
	how, err := in.how(ctx, in.TenantPath)
	if err != nil {
		return nil, err
	}
	result, err := a.o.Tenants.RollBack(ctx, in.ID, in.Version, how)
	return showChange(result, how.DryRun, err)
}

func (a *API) listVersions(ctx context.Context, in *versionsInput) (*versionsOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	page, err := a.o.Tenants.ConfigVersions(ctx, in.ID, in.Page, in.PerPage)
	if err != nil {
		return nil, err
	}
	out := &versionsOutput{}
	out.Body.Total = page.Total
	out.TotalCount, out.Link = paging.Headers(paging.URL(ctx), in.Page, in.PerPage, page.Total)
	out.Body.Versions = make([]ConfigVersion, len(page.Items))
	for i, v := range page.Items {
		if out.Body.Versions[i], err = summariseVersion(v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (a *API) getVersion(ctx context.Context, in *VersionPath) (*versionOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	v, err := a.o.Tenants.ConfigVersion(ctx, in.ID, in.Version)
	if err != nil {
		return nil, err
	}
	out := &versionOutput{}
	if out.Body.ConfigVersion, err = summariseVersion(*v); err != nil {
		return nil, err
	}
	out.Body.Config, err = rawjson.Encode(v.Config)
	return out, err
}

func (a *API) getSchema(context.Context, *struct{}) (*schemaOutput, error) {
	return &schemaOutput{ContentType: schemaMedia, Body: config.Schema()}, nil
}

func (a *API) getDefaults(context.Context, *struct{}) (*configOutput, error) {
	body, err := rawjson.Encode(config.Default())
	return &configOutput{Body: body}, err
}

// how reads the terms of a change, and makes sure that the caller may make it.
func (t Terms) how(ctx context.Context, p TenantPath) (tenants.How, error) {
	how := tenants.How{By: caller(ctx).Actor, DryRun: t.DryRun, Strict: true}
	if err := reach(ctx, p.ID); err != nil {
		return how, err
	}
	tag := strings.TrimSpace(t.IfMatch)
	if tag == "" || tag == "*" {
		return how, nil
	}
	if strings.Contains(tag, ",") {
		return how, problem.Invalid("invalid_if_match", "If-Match takes one entity tag")
	}
	version, err := strconv.Atoi(strings.Trim(tag, `"`))
	if err != nil || version < 1 || tag != etag(version) {
		version = -1 // a tag we never gave: nothing matches it
	}
	how.If = version
	return how, nil
}

// etag is the entity tag of a version of a configuration.
func etag(version int) string { return `"` + strconv.Itoa(version) + `"` }

func showChange(r *tenants.Result, dryRun bool, err error) (*changedOutput, error) {
	if err != nil {
		return nil, err
	}
	out := &changedOutput{ETag: etag(r.ConfigVersion)}
	out.Body.Version, out.Body.DryRun = r.ConfigVersion, dryRun
	out.Body.Warnings = make([]Warning, len(r.Warnings))
	for i, w := range r.Warnings {
		out.Body.Warnings[i] = Warning(w)
	}
	list, err := json.Marshal(r.Changes)
	if err != nil {
		return nil, fmt.Errorf("show a change: %w", err)
	}
	if out.Body.Changes, err = showChanges(list); err != nil {
		return nil, err
	}
	out.Body.Config, err = rawjson.Encode(r.Config)
	return out, err
}

func showChanges(list json.RawMessage) ([]Change, error) {
	changes := []Change{}
	if err := json.Unmarshal(list, &changes); err != nil {
		return nil, fmt.Errorf("show changes: %w", err)
	}
	return changes, nil
}

func summariseVersion(v tenants.Version) (ConfigVersion, error) {
	changes, err := showChanges(v.Changes)
	return ConfigVersion{v.Version, string(v.By), stamp(v.At), changes}, err
}
