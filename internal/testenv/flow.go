package testenv

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A Flow is a conversation with a flow endpoint, held as the client library does: it keeps the last state, posts to the hrefs it was given
// and sends the CSRF token back. Whatever the answer, it checks that a client could read it.
type Flow struct {
	Client *Client
	// Name of the flow.
	Name string
	// State that was reached; after a refusal in the shape of an error, still the one before.
	State State

	id string
}

// A State is what a flow answered.
type State struct {
	Name      string                     `json:"name"`
	Status    int                        `json:"status"`
	Payload   map[string]json.RawMessage `json:"payload"`
	CSRFToken string                     `json:"csrf_token"`
	Actions   map[string]Action          `json:"actions"`
	Error     *Error                     `json:"error"`

	// Response is the answer as it came.
	Response Response `json:"-"`
}

// An Action is what may be done in a state.
type Action struct {
	Action string           `json:"action"`
	Href   string           `json:"href"`
	Inputs map[string]Input `json:"inputs"`
}

// An Input of an action.
type Input struct {
	Name      string          `json:"name"`
	Type      string          `json:"type"`
	Value     json.RawMessage `json:"value"`
	MinLength int             `json:"min_length"`
	MaxLength int             `json:"max_length"`
	Required  *bool           `json:"required"`
	Hidden    bool            `json:"hidden"`
	Allowed   []Choice        `json:"allowed_values"`
	Error     *Error          `json:"error"`
}

// A Choice is a value that an input accepts.
type Choice struct {
	Value string `json:"value"`
	Name  string `json:"name"`
}

// An Error of a flow or an input.
type Error struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Inputs are what a person enters, by the inputs' names.
type Inputs map[string]any

// Flow starts a flow in a fresh browser.
func (s *Tenant) Flow(t testing.TB, name string) *Flow {
	t.Helper()
	return s.Client().Flow(t, name)
}

// Flow starts a flow.
func (c *Client) Flow(t testing.TB, name string) *Flow {
	t.Helper()
	f := &Flow{Client: c, Name: name}
	f.State = ReadState(t, c.Send(t, http.MethodPost, "/"+name, nil))
	f.keep(f.State)
	return f
}

// Begin starts a flow and reports a browser without WebAuthn.
func (s *Tenant) Begin(t testing.TB, name string) *Flow {
	t.Helper()
	return s.Client().Begin(t, name)
}

// Begin starts a flow and reports what the browser can do.
func (c *Client) Begin(t testing.TB, name string) *Flow {
	t.Helper()
	f := c.Flow(t, name)
	f.Do(t, "register_client_capabilities", c.Can.Inputs())
	return f
}

// Do runs an action that is offered.
func (f *Flow) Do(t testing.TB, action string, inputs ...Inputs) State {
	t.Helper()
	require.Contains(t, f.State.Actions, action, "%s offers %v", f.State.Name, f.State.Offers())
	a := f.State.Actions[action]
	data := Inputs{}
	for name, in := range a.Inputs {
		if in.Value != nil {
			data[name] = in.Value
		}
	}
	for _, given := range inputs {
		for name, value := range given {
			data[name] = value
		}
	}
	return f.keep(f.Post(t, a.Href, f.State.CSRFToken, data))
}

// Post posts inputs to any address with any token, and leaves the flow's state as it was.
func (f *Flow) Post(t testing.TB, href, csrf string, data Inputs) State {
	t.Helper()
	return ReadState(t, f.Client.PostJSON(t, href, map[string]any{"input_data": data, "csrf_token": csrf}))
}

// ID is the flow's id, as it stands in hrefs.
func (f *Flow) ID() string { return f.id }

// Href is the address of an action, whether it is offered or not.
func (f *Flow) Href(action string) string {
	return "/" + f.Name + "?action=" + action + "%40" + f.id
}

func (f *Flow) keep(s State) State {
	if s.CSRFToken != "" {
		f.State = s
	}
	for _, a := range s.Actions {
		_, f.id, _ = strings.Cut(a.Href, "%40")
	}
	return s
}

// Offers are the names of the offered actions, sorted.
func (s State) Offers() []string {
	var names []string
	for name := range s.Actions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Refusal is the flow error's code, or empty.
func (s State) Refusal() string {
	if s.Error == nil {
		return ""
	}
	return s.Error.Code
}

// InputErrors are the codes at inputs, by the inputs' names.
func (s State) InputErrors() map[string]string {
	codes := map[string]string{}
	for _, a := range s.Actions {
		for name, in := range a.Inputs {
			if in.Error != nil {
				codes[name] = in.Error.Code
			}
		}
	}
	return codes
}

// ReadState reads an answer of a flow endpoint and checks what every one of them must keep to, so that the client library can read it.
func ReadState(t testing.TB, r Response) State {
	t.Helper()
	var s State
	r.JSON(t, &s)
	s.Response = r
	var raw map[string]json.RawMessage
	r.JSON(t, &raw)
	require.Equal(t, "application/json", r.Header.Get("Content-Type"), "content type")
	require.Equal(t, r.Status, s.Status, "the body's status is that of HTTP: %s", r.Body)
	require.NotNil(t, s.Actions, "actions are an object: %s", r.Body)
	require.Contains(t, raw, "links")
	require.Contains(t, raw, "csrf_token")
	require.NotEmpty(t, r.Header.Get("X-Request-Id"))
	if s.CSRFToken == "" { // nothing was reached
		require.Equal(t, "error", s.Name)
		require.NotContains(t, raw, "payload")
		require.Empty(t, s.Actions)
	} else {
		require.NotNil(t, s.Payload, "a payload is an object: %s", r.Body)
	}
	require.Equal(t, s.Status >= 400, s.Error != nil, "an error and its status come together: %s", r.Body)
	for name, a := range s.Actions {
		require.Equal(t, name, a.Action)
		require.NotNil(t, a.Inputs, "inputs are an object: %s", r.Body)
		require.Regexp(t, `^/[a-z_]+\?action=[a-z_]+%40[0-9a-f-]{36}$`, a.Href, "no tenant and no host in hrefs")
	}
	return s
}
