package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/latchkeep/latchkeep/api/rawjson"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/template"
)

// Template is what a new tenant can begin with.
type Template struct {
	Name        string         `json:"name" doc:"To be given as template." example:"passkey_first"`
	Title       string         `json:"title" doc:"For people." example:"Consumers, passkeys first"`
	Description string         `json:"description" doc:"What follows from it."`
	Config      rawjson.Object `json:"config" doc:"What differs from the defaults, as a merge patch; {public_url} is the tenant's own address."`
}

type templatesOutput struct {
	Body struct {
		Templates []Template `json:"templates" nullable:"false" doc:"All templates."`
	}
}

func (a *API) templateOperations() {
	huma.Register(a.v1, op("list-tenant-templates", http.MethodGet, "/tenant-templates", tenants.TenantsRead, tagTenants, "List templates for new tenants"),
		listTemplates)
}

func listTemplates(context.Context, *struct{}) (*templatesOutput, error) {
	out := &templatesOutput{}
	for _, t := range template.List() {
		out.Body.Templates = append(out.Body.Templates, Template{t.Name, t.Title, t.Description, rawjson.Object(t.Patch("{public_url}"))})
	}
	return out, nil
}
