package visitor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// A State is what a flow answered, as far as a client goes on by it.
type State struct {
	Name      string                     `json:"name"`
	CSRFToken string                     `json:"csrf_token"`
	Payload   map[string]json.RawMessage `json:"payload"`
	Actions   map[string]struct {
		Href string `json:"href"`
	} `json:"actions"`
	// Answer is the answer it was read from.
	Answer Answer `json:"-"`
}

// A Conversation with a flow endpoint.
type Conversation struct {
	*Client
	// Base is the base URL of the tenant.
	Base string
	// Bearer is the session that a profile flow needs.
	Bearer string
	// At is the last answer.
	At State
}

// Start starts a flow of a tenant.
func (c *Client) Start(ctx context.Context, base, name string) (*Conversation, error) {
	talk := &Conversation{Client: c, Base: base}
	return talk, talk.Post(ctx, "/"+name, nil, "preflight")
}

// Do runs an action and checks that it leads to a state.
func (t *Conversation) Do(ctx context.Context, action string, inputs map[string]any, next string) error {
	offered, ok := t.At.Actions[action]
	if !ok {
		return fmt.Errorf("the state %s does not offer %s: %s", t.At.Name, action, t.At.Answer.Body)
	}
	if inputs == nil {
		inputs = map[string]any{}
	}
	return t.Post(ctx, offered.Href, map[string]any{"input_data": inputs, "csrf_token": t.At.CSRFToken}, next)
}

// Post sends an input to an address and checks that it leads to a state.
func (t *Conversation) Post(ctx context.Context, href string, body any, next string) error {
	a, err := t.Send(ctx, http.MethodPost, t.Base+href, t.Bearer, body, http.StatusOK)
	if err != nil {
		return err
	}
	t.At = State{Answer: a}
	if err := json.Unmarshal(a.Body, &t.At); err != nil {
		return fmt.Errorf("read the answer of %s: %w", href, err)
	}
	if t.At.Name != next {
		return fmt.Errorf("%s leads to %s, not to %s: %s", href, t.At.Name, next, a.Body)
	}
	return nil
}

// Token is the session token of the last answer, by header or cookie.
func (t *Conversation) Token() (string, error) {
	if token := t.At.Answer.Header.Get("X-Auth-Token"); token != "" {
		return token, nil
	}
	cookie, err := http.ParseSetCookie(t.At.Answer.Header.Get("Set-Cookie"))
	if err != nil {
		return "", fmt.Errorf("the state %s sets no session cookie: %w", t.At.Name, err)
	}
	return cookie.Value, nil
}
