package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// A client speaks to one server over one connection that is kept, and adds up how long its answers took.
type client struct {
	http *http.Client
	took time.Duration
	sent int
	// cookie, where given, is sent with every request.
	cookie string
}

// newClient connects to an address whatever the host in the URL is.
func newClient(address string) *client {
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, address)
	}
	return &client{http: &http.Client{
		Transport: &http.Transport{DialContext: dial, MaxIdleConnsPerHost: 1, DisableCompression: true},
		Timeout:   30 * time.Second,
		// What answers with another address is checked, not followed.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// close closes the connection.
func (c *client) close() { c.http.CloseIdleConnections() }

// An answer is what a server said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// send sends a request and reads the whole answer. An answer with another status than wanted is an error.
func (c *client) send(ctx context.Context, method, url, bearer string, body any, want int) (answer, error) {
	var reader io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		reader = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, reader)
	if err != nil {
		return answer{}, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	if c.cookie != "" {
		req.Header.Set("Cookie", c.cookie)
	}
	began := time.Now()
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	c.took += time.Since(began)
	c.sent++
	if err != nil {
		return answer{}, err
	}
	if resp.StatusCode != want {
		return answer{}, fmt.Errorf("%s %s answers %d, not %d: %s", method, url, resp.StatusCode, want, raw)
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: raw}, nil
}

// A state is what a flow answered, as far as a client goes on by it.
type state struct {
	Name      string                     `json:"name"`
	CSRFToken string                     `json:"csrf_token"`
	Payload   map[string]json.RawMessage `json:"payload"`
	Actions   map[string]struct {
		Href string `json:"href"`
	} `json:"actions"`
	answer answer
}

// A conversation with a flow endpoint.
type conversation struct {
	*client
	base string
	// bearer is the session that a profile flow needs.
	bearer string
	at     state
}

// start starts a flow of a tenant.
func (c *client) start(ctx context.Context, base, name string) (*conversation, error) {
	talk := &conversation{client: c, base: base}
	return talk, talk.post(ctx, "/"+name, nil, "preflight")
}

// do runs an action and checks that it leads to a state.
func (t *conversation) do(ctx context.Context, action string, inputs map[string]any, next string) error {
	offered, ok := t.at.Actions[action]
	if !ok {
		return fmt.Errorf("the state %s does not offer %s: %s", t.at.Name, action, t.at.answer.body)
	}
	if inputs == nil {
		inputs = map[string]any{}
	}
	return t.post(ctx, offered.Href, map[string]any{"input_data": inputs, "csrf_token": t.at.CSRFToken}, next)
}

func (t *conversation) post(ctx context.Context, href string, body any, next string) error {
	a, err := t.send(ctx, http.MethodPost, t.base+href, t.bearer, body, http.StatusOK)
	if err != nil {
		return err
	}
	t.at = state{answer: a}
	if err := json.Unmarshal(a.body, &t.at); err != nil {
		return fmt.Errorf("read the answer of %s: %w", href, err)
	}
	if t.at.Name != next {
		return fmt.Errorf("%s leads to %s, not to %s: %s", href, t.at.Name, next, a.body)
	}
	return nil
}

// token is the session token of the last answer.
func (t *conversation) token() (string, error) {
	cookie, err := http.ParseSetCookie(t.at.answer.header.Get("Set-Cookie"))
	if err != nil {
		return "", fmt.Errorf("the state %s sets no session cookie: %w", t.at.Name, err)
	}
	return cookie.Value, nil
}
