package flow

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Limits of a request. A caller reading a body should stop at [MaxBodySize] and answer 413 with
// RefuseWith(http.StatusRequestEntityTooLarge, TechnicalError, …).
const (
	MaxBodySize   = 64 << 10 // bytes
	maxDepth      = 64       // nesting of JSON values
	maxNameLength = 100      // of flows, states, actions
)

// A Ref names an action of a flow. The zero Ref asks to start a flow.
type Ref struct {
	Action string
	ID     uuid.UUID
}

// IsStart tells whether the request starts a flow.
func (r Ref) IsStart() bool { return r.Action == "" }

// A Body is the content of a continue request.
type Body struct {
	CSRFToken string
	Input     map[string]json.RawMessage // valid JSON values by name
}

// A Party is to whom a flow belongs. A flow started for one is refused for any other.
type Party struct {
	Tenant string
	User   string // only for flows that act for a signed-in user; empty otherwise
}

// A Request continues a flow.
type Request struct {
	Party
	Ref
	Body
	Now time.Time
}

// ParseAction reads the raw query of a request (r.URL.RawQuery): "action=NAME%40ID" continues a flow; no or an empty
// action starts one. Everything else is a [Refusal] (400).
func ParseAction(rawQuery string) (Ref, error) {
	if rawQuery == "" {
		return Ref{}, nil
	}
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return Ref{}, malformed("the query is not well-formed")
	}
	actions := query["action"]
	if len(actions) == 0 || len(actions) == 1 && actions[0] == "" {
		return Ref{}, nil
	}
	if len(actions) > 1 {
		return Ref{}, malformed("more than one action")
	}
	name, id, found := strings.Cut(actions[0], "@")
	if !found || name == "" || len(name) > maxNameLength || len(id) != len(uuid.UUID{}.String()) {
		return Ref{}, malformed("the action is not of the form name@id")
	}
	flowID, err := uuid.Parse(id)
	if err != nil {
		return Ref{}, malformed("the flow id is not a UUID")
	}
	return Ref{Action: name, ID: flowID}, nil
}

// CheckContentType returns a [Refusal] (400) unless a continue request with a body declares it as JSON.
func CheckContentType(header string) error {
	mediaType, _, err := mime.ParseMediaType(header)
	if err != nil || mediaType != "application/json" {
		return malformed("the content type is not application/json")
	}
	return nil
}

// ParseBody reads the body of a continue request. An empty body is an empty object. What is not a JSON object of the
// documented form, is nested too deeply or has a member twice is a [Refusal] (400); a body over [MaxBodySize] is one
// with 413. Unknown members are ignored.
func ParseBody(data []byte) (Body, error) {
	if len(data) == 0 {
		return Body{}, nil
	}
	if len(data) > MaxBodySize {
		return Body{}, RefuseWith(http.StatusRequestEntityTooLarge, TechnicalError, "the body is too large")
	}
	if err := checkJSON(data); err != nil {
		return Body{}, malformed("the body is not acceptable JSON: " + err.Error())
	}
	body, err := readBody(data)
	if err != nil {
		return Body{}, malformed("the body is not acceptable JSON: " + err.Error())
	}
	return body, nil
}

// readBody picks the members we know. A member given twice is an error: two readers could disagree about which counts.
func readBody(data []byte) (body Body, err error) {
	var tokens, inputs int
	err = eachMember(data, func(name string, value json.RawMessage) error {
		switch name {
		case "csrf_token":
			if tokens++; tokens > 1 {
				return errors.New("csrf_token is given twice")
			}
			if !isString(value) && !isNull(value) {
				return errors.New("csrf_token is not a string")
			}
			body.CSRFToken = textForm(value)
		case "input_data":
			if inputs++; inputs > 1 {
				return errors.New("input_data is given twice")
			}
			if isNull(value) {
				return nil
			}
			body.Input, err = readInput(value)
			return err
		}
		return nil
	})
	return body, err
}

func readInput(object json.RawMessage) (map[string]json.RawMessage, error) {
	input := make(map[string]json.RawMessage)
	err := eachMember(object, func(name string, value json.RawMessage) error {
		if _, twice := input[name]; twice {
			return errors.New("an input is given twice")
		}
		input[name] = value
		return nil
	})
	return input, err
}
