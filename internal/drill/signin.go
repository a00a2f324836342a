package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// signIn goes through the login flow as a page does, and gives the session's token.
func (p *program) signIn(ctx context.Context, tenant, address, password string) (string, error) {
	href := "/login"
	var body any
	var at struct {
		Name    string `json:"name"`
		CSRF    string `json:"csrf_token"`
		Actions map[string]struct {
			Href string `json:"href"`
		} `json:"actions"`
	}
	for _, turn := range []struct {
		leadsTo, next string
		inputs        map[string]any
	}{
		{"preflight", "register_client_capabilities", map[string]any{"webauthn_available": false}},
		{"login_init", "continue_with_login_identifier", map[string]any{"email": address}},
		{"login_password", "password_login", map[string]any{"password": password}},
		{"success", "", nil},
	} {
		status, header, raw, err := p.send(ctx, http.MethodPost, tenant+href, "", body)
		if err != nil {
			return "", err
		}
		clear(at.Actions)
		if err := json.Unmarshal(raw, &at); err != nil {
			return "", fmt.Errorf("read the answer of %s: %w", href, err)
		}
		if at.Name != turn.leadsTo {
			return "", fmt.Errorf("%s answers %d and leads to %s, not to %s", href, status, at.Name, turn.leadsTo)
		}
		if turn.next == "" {
			cookie, err := http.ParseSetCookie(header.Get("Set-Cookie"))
			if err != nil {
				return "", fmt.Errorf("no session cookie: %w", err)
			}
			return cookie.Value, nil
		}
		href = at.Actions[turn.next].Href
		body = map[string]any{"input_data": turn.inputs, "csrf_token": at.CSRF}
	}
	return "", fmt.Errorf("the flow does not end, it is at %s", at.Name)
}

// validate asks whether a session is good.
func (p *program) validate(ctx context.Context, tenant, token string) error {
	_, _, raw, err := p.send(ctx, http.MethodGet, tenant+"/sessions/validate", token, nil)
	if err != nil {
		return err
	}
	var said struct {
		Valid bool `json:"is_valid"`
	}
	if err := json.Unmarshal(raw, &said); err != nil {
		return err
	}
	if !said.Valid {
		return fmt.Errorf("the session is not valid: %s", raw)
	}
	return nil
}

// send sends a request to the public API, below the tenant's id.
func (p *program) send(ctx context.Context, method, path, bearer string, body any) (int, http.Header, []byte, error) {
	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return 0, nil, nil, err
		}
		content = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+p.public+"/"+path, content)
	if err != nil {
		return 0, nil, nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, raw, err
}
