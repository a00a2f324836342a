package public

import (
	"net/http"
	"reflect"
	"sort"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/latchkeep/latchkeep/auth/flows"
	"github.com/latchkeep/latchkeep/pkg/flow"
)

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

// documentFlows describes the flow endpoints from the flows' own definitions: each action with its inputs is a schema, and a request is one
// of them.
func documentFlows(doc *huma.OpenAPI, f *flows.Flows) {
	registry := doc.Components.Schemas
	response := registry.Schema(reflect.TypeFor[FlowResponse](), true, "FlowResponse")
	registry.Map()["FlowErrorCode"] = &huma.Schema{Type: "string", Enum: codes(), Description: "Codes of a flow's errors"}
	registry.Map()["FlowInputErrorCode"] = &huma.Schema{Type: "string", Enum: inputCodes(), Description: "Codes of an input's errors"}
	content := map[string]*huma.MediaType{"application/json": {Schema: response}}
	for _, d := range f.Describe() {
		var security []map[string][]string
		if d.Name == flows.Profile {
			security = sessionSecurity
		}
		doc.AddOperation(&huma.Operation{
			Security:    security,
			OperationID: "flow-" + strings.ReplaceAll(d.Name, "_", "-"), Method: http.MethodPost, Path: "/" + d.Name, Tags: []string{"Flows"},
			Summary:     "Start or continue the flow " + d.Name,
			Description: describe(d),
			Parameters: []*huma.Param{{
				Name: "action", In: "query", Schema: &huma.Schema{Type: "string"},
				Description: "action@flow, as in the href of an action; absent to start a flow",
			}},
			RequestBody: &huma.RequestBody{
				Description: "What an action takes; nothing to start a flow",
				Content:     map[string]*huma.MediaType{"application/json": {Schema: requests(registry, d)}},
			},
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
		for i, a := range s.Actions {
			b.WriteString([]string{": ", ", "}[min(i, 1)] + "`" + a.Name + "`")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// requests is the body of a request of the flow: one schema for each action, by the name of the flow and the action.
func requests(registry huma.Registry, d flows.Description) *huma.Schema {
	one := &huma.Schema{}
	seen := map[string]bool{}
	for _, s := range d.States {
		for _, a := range s.Actions {
			name := "Flow_" + d.Name + "_" + a.Name
			if seen[name] {
				continue // the same action in another state
			}
			seen[name] = true
			registry.Map()[name] = actionRequest(a)
			one.OneOf = append(one.OneOf, &huma.Schema{Ref: "#/components/schemas/" + name})
		}
	}
	return one
}

func actionRequest(a flow.ActionDescription) *huma.Schema {
	inputs := &huma.Schema{Type: "object", Properties: map[string]*huma.Schema{}}
	for _, in := range a.Inputs {
		inputs.Properties[in.Name()] = inputSchema(in)
		if in.IsRequired() {
			inputs.Required = append(inputs.Required, in.Name())
		}
	}
	return &huma.Schema{
		Type: "object", Title: a.Name, Description: a.Description, Required: []string{"csrf_token"},
		Properties: map[string]*huma.Schema{
			"csrf_token": {Type: "string", Description: "The token of the last response"},
			"input_data": inputs,
		},
	}
}

func inputSchema(in flow.Input) *huma.Schema {
	s := &huma.Schema{Type: "string"}
	switch in.Kind() {
	case flow.KindBoolean:
		s.Type = "boolean"
		return s
	case flow.KindNumber:
		s.Type = "number"
		return s
	case flow.KindJSON:
		s.Type = "object"
		return s
	case flow.KindEmail:
		s.Format = "email"
	case flow.KindPassword:
		s.Format = "password"
	}
	if least, greatest := in.Limits(); least > 0 || greatest > 0 {
		if least > 0 {
			s.MinLength = &least
		}
		if greatest > 0 {
			s.MaxLength = &greatest
		}
	}
	return s
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
