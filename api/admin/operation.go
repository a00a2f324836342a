package admin

import (
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/tenants"
)

// scopeKey is where an operation's metadata says which scope it needs.
const scopeKey = "scope"

// The tags by which the document groups operations.
const (
	tagUsers       = "Users"
	tagEmails      = "Email addresses"
	tagMetadata    = "Metadata"
	tagCredentials = "Credentials"
	tagSessions    = "Sessions"
	tagWebhooks    = "Webhooks"
	tagAudit       = "Audit log"
	tagJobs        = "Imports and exports"
)

// describeAPI describes the API as a whole.
func describeAPI(version string) huma.Config {
	c := huma.DefaultConfig("Latchkeep admin API", version)
	c.Info.Description = `A tenant's back ends manage its users here.

Every request carries an API key of the tenant: ` + "`Authorization: Bearer lka_…`" + `. The key decides the tenant; the id in the path must be the same. In
single-tenant mode the path has no id. A key has scopes and may expire; one that was revoked is refused within a second.

Errors are ` + "`{\"code\": status, \"message\": text}`" + `; texts may change. Members of a body that are not known are ignored.`
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	c.Servers = []*huma.Server{
		{URL: "/{tenant_id}", Variables: map[string]*huma.ServerVariable{
			"tenant_id": {Default: uuid.Nil.String(), Description: "The tenant's id"},
		}},
		{URL: "/", Description: "In single-tenant mode"},
	}
	c.OpenAPIPath = "" // served for all tenants alike
	c.OnAddOperation = append(c.OnAddOperation, describeRepetition, describeWait)
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"api_key": {Type: "http", Scheme: "bearer", BearerFormat: tenants.APIKeyPrefix + "…", Description: "An API key of the tenant."},
	}
	c.Security = []map[string][]string{{"api_key": {}}}
	return c
}

// op describes an operation in one line; statuses are the errors it has beside 401, 403, 404, 429, 500 and 503, which all have: the tenant of
// the path may be another one, or have made the calls of the day, and the database may be away.
func op(id, method, path, scope, tag, summary string, statuses ...int) huma.Operation {
	errors := append([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusServiceUnavailable}, statuses...)
	slices.Sort(errors)
	o := huma.Operation{
		OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{tag}, Errors: slices.Compact(errors),
		Metadata:     map[string]any{scopeKey: scope},
		MaxBodyBytes: maxBody,
	}
	if method == http.MethodDelete {
		o.DefaultStatus = http.StatusNoContent
	}
	return o
}

// describeWait documents when to come back.
func describeWait(_ *huma.OpenAPI, op *huma.Operation) {
	least := 1.0
	op.Responses["429"].Headers = map[string]*huma.Param{"Retry-After": {
		Description: "In how many seconds to try again.", Schema: &huma.Schema{Type: huma.TypeInteger, Minimum: &least},
	}}
}

// described adds what more than one line has to say.
func described(o huma.Operation, description string) huma.Operation {
	o.Description = description
	return o
}

// conditional says that an operation can answer that nothing has changed.
func conditional(o huma.Operation) huma.Operation {
	if o.Responses == nil {
		o.Responses = map[string]*huma.Response{}
	}
	o.Responses["304"] = &huma.Response{Description: http.StatusText(http.StatusNotModified)}
	return o
}

// answering gives an operation another status than 200.
func answering(o huma.Operation, status int) huma.Operation {
	o.DefaultStatus = status
	return o
}

// UserPath names a user.
type UserPath struct {
	UserID uuid.UUID `path:"user_id" format:"uuid" doc:"The user's id, a UUID of any version." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
}
