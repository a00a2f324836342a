package public

import (
	"net/http"
	"reflect"
	"sort"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/flows"
	"github.com/latchkeep/latchkeep/pkg/flow"
)

// sessionSecurity says that an operation needs a session.
var sessionSecurity = []map[string][]string{{"bearer": {}}, {"cookie": {}}}

// apiConfig describes the API. Error bodies are {"code","message"}, and unknown members are ignored, as clients expect.
func apiConfig(version string) huma.Config {
	c := huma.DefaultConfig("Latchkeep public API", version)
	c.Info.Description = "What apps and browsers talk to: the flows that sign people in, their sessions, and the keys that verify tokens. " +
		"Each tenant has this API at its own address."
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	c.OpenAPIPath = "" // the document is served with the pages that show it
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "A session token"},
		"cookie": {Type: "apiKey", In: "cookie", Name: "hanko", Description: "The session cookie, under the name that the tenant configured"},
	}
	return c
}

// jsonOf describes a JSON answer of a type.
func jsonOf(api huma.API, v any) map[string]*huma.MediaType {
	t := reflect.TypeOf(v)
	return map[string]*huma.MediaType{
		"application/json": {Schema: api.OpenAPI().Components.Schemas.Schema(t, true, t.Name())},
	}
}

// SessionValidation is the answer about a session.
type SessionValidation struct {
	IsValid        bool           `json:"is_valid" doc:"Whether the token names a live session"`
	Claims         *SessionClaims `json:"claims,omitempty" doc:"The claims of the token, where it is valid"`
	ExpirationTime *time.Time     `json:"expiration_time,omitempty" doc:"Same as claims.expiration" deprecated:"true"`
	UserID         *uuid.UUID     `json:"user_id,omitempty" doc:"Same as claims.subject" deprecated:"true"`
	IdleExpiresAt  *time.Time     `json:"idle_expires_at,omitempty" doc:"When the session ends if it is not used, where the tenant has an idle timeout"`
}

// SessionClaims are the claims of a session token. Custom claims stand beside these.
type SessionClaims struct {
	Subject    uuid.UUID `json:"subject" doc:"The user's id"`
	SessionID  uuid.UUID `json:"session_id"`
	IssuedAt   time.Time `json:"issued_at"`
	Expiration time.Time `json:"expiration"`
	Audience   []string  `json:"audience,omitempty"`
	Issuer     string    `json:"issuer,omitempty"`
	Email      *struct {
		Address    string `json:"address"`
		IsPrimary  bool   `json:"is_primary"`
		IsVerified bool   `json:"is_verified"`
	} `json:"email,omitempty"`
	Username string   `json:"username,omitempty"`
	AMR      []string `json:"amr,omitempty" doc:"How the user signed in" example:"[\"pwd\"]"`
}

// FlowRequest continues a flow.
type FlowRequest struct {
	InputData map[string]any `json:"input_data,omitempty" doc:"The action's inputs by name"`
	CSRFToken string         `json:"csrf_token" doc:"The token of the last response"`
}

// FlowResponse is a state of a flow.
type FlowResponse struct {
	Name      string                `json:"name" doc:"The state"`
	Status    int                   `json:"status" doc:"The HTTP status"`
	Payload   map[string]any        `json:"payload,omitempty" doc:"What the state shows; absent in errors outside of any state"`
	CSRFToken string                `json:"csrf_token" doc:"Send it with the next action"`
	Actions   map[string]FlowAction `json:"actions" doc:"What can be done now, by name"`
	Error     *FlowError            `json:"error,omitempty"`
	Links     []any                 `json:"links" nullable:"true"`
}

// FlowAction is a way out of a state.
type FlowAction struct {
	Action      string               `json:"action"`
	Href        string               `json:"href" doc:"Where to post, relative to the tenant's base URL" example:"/login?action=password_login%400199c1f2-…"`
	Description string               `json:"description"`
	Inputs      map[string]FlowInput `json:"inputs"`
}

// FlowInput describes an input of an action.
type FlowInput struct {
	Name          string     `json:"name"`
	Type          string     `json:"type" enum:"string,boolean,email,number,password,json"`
	Value         any        `json:"value,omitempty"`
	MinLength     int        `json:"min_length,omitempty" doc:"In bytes"`
	MaxLength     int        `json:"max_length,omitempty" doc:"In bytes"`
	Required      bool       `json:"required,omitempty"`
	Hidden        bool       `json:"hidden,omitempty"`
	AllowedValues []any      `json:"allowed_values,omitempty"`
	Error         *FlowError `json:"error,omitempty"`
}

// FlowError is an error of a flow or of an input. Clients choose their text by the code.
type FlowError struct {
	Code    string `json:"code"`
	Message string `json:"message" doc:"English, not meant for people who sign in"`
}

// documentFlows describes the flow endpoints from the flows' own definitions.
func documentFlows(doc *huma.OpenAPI, f *flows.Flows) {
	registry := doc.Components.Schemas
	response := registry.Schema(reflect.TypeFor[FlowResponse](), true, "FlowResponse")
	request := registry.Schema(reflect.TypeFor[FlowRequest](), true, "FlowRequest")
	registry.Map()["FlowErrorCode"] = &huma.Schema{Type: "string", Enum: codes(), Description: "Codes of a flow's errors"}
	registry.Map()["FlowInputErrorCode"] = &huma.Schema{Type: "string", Enum: inputCodes(), Description: "Codes of an input's errors"}
	content := map[string]*huma.MediaType{"application/json": {Schema: response}}
	for _, d := range f.Describe() {
		doc.AddOperation(&huma.Operation{
			OperationID: "flow-" + strings.ReplaceAll(d.Name, "_", "-"), Method: http.MethodPost, Path: "/" + d.Name, Tags: []string{"Flows"},
			Summary:     "Start or continue the flow " + d.Name,
			Description: describe(d),
			Parameters: []*huma.Param{{
				Name: "action", In: "query", Schema: &huma.Schema{Type: "string"},
				Description: "action@flow, as in the href of an action; absent to start a flow",
			}},
			RequestBody: &huma.RequestBody{Content: map[string]*huma.MediaType{"application/json": {Schema: request}}},
			Responses: map[string]*huma.Response{
				"200": {Description: "The state reached", Content: content},
				"400": {Description: "An input was refused, or the request is malformed", Content: content},
				"401": {Description: "A code, credential or session was not accepted", Content: content},
				"403": {Description: "Not permitted: a stale token, an unknown flow, an action that is not offered", Content: content},
				"410": {Description: "The flow has expired", Content: content},
				"413": {Description: "The body is too large", Content: content},
				"429": {Description: "Too many attempts; Retry-After tells when to try again", Content: content},
				"500": {Description: "Something unexpected, or no way to go on", Content: content},
				"503": {Description: "Overloaded; Retry-After tells when to try again", Content: content},
			},
		})
	}
}

// describe lists a flow's states and their actions.
func describe(d flows.Description) string {
	var b strings.Builder
	b.WriteString("Without `action` a flow starts; with it, an action of the current state is run. States and their actions:\n\n")
	for _, s := range d.States {
		b.WriteString("- `" + s.Name + "`")
		if len(s.Actions) > 0 {
			b.WriteString(": `" + strings.Join(s.Actions, "`, `") + "`")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func codes() []any {
	var list []string
	for _, c := range flow.Codes() {
		list = append(list, c.String())
	}
	return sorted(list)
}

func inputCodes() []any {
	var list []string
	for _, c := range flow.InputCodes() {
		list = append(list, c.String())
	}
	return sorted(list)
}

func sorted(list []string) []any {
	sort.Strings(list)
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}
