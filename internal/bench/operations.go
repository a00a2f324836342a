package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// An operation is what is measured: one or several requests that a client sends one after the other.
type operation struct {
	name, title string
	requests    int
	console     bool          // its requests go to the console's address
	admin       bool          // its requests go to the admin API's address
	floor       bool          // its requests go to the empty server
	each        int           // how often a round does it
	hashes      int           // how many passwords it hashes
	budget      time.Duration // 0 where there is none
	statements  int           // the budget; negative where there is none
	// prepare, where given, is called once before anything is measured.
	prepare func(ctx context.Context) error
	run     func(ctx context.Context, c *client) error
	// grows says by how many rows one operation makes each table grow; other tables stay as they are.
	grows map[string]int
}

// The budgets of the admin API, in a tenant of a million users.
const (
	budgetOfCreation = 2 * time.Millisecond
	budgetOfList     = 5 * time.Millisecond
)

// people are those who registered, each with a password.
type people struct {
	mu         sync.Mutex
	registered []string
	next       int
}

func (p *people) add(address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.registered = append(p.registered, address)
}

// one gives them in turn.
func (p *people) one() (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.registered) == 0 {
		return "", fmt.Errorf("nobody has registered")
	}
	address := p.registered[p.next%len(p.registered)]
	p.next++
	return address, nil
}

const secretPassword = "correct horse battery"

// operations are all that are measured, in their order.
func operations(d *deployment) []*operation {
	var token, own string
	var serial atomic.Int64
	return []*operation{
		{
			name: "registration", title: "registration with code and password", requests: 5, each: 20, hashes: 1,
			budget: 6 * time.Millisecond, statements: 24,
			run:   func(ctx context.Context, c *client) error { return d.register(ctx, c, serial.Add(1)) },
			grows: map[string]int{"users": 1, "emails": 1, "password_credentials": 1, "sessions": 1, "flows": 1},
		},
		{
			name: "login", title: "password login", requests: 5, each: 20, hashes: 1,
			budget: 4 * time.Millisecond, statements: 20,
			run:   func(ctx context.Context, c *client) error { return d.login(ctx, c, nil) },
			grows: map[string]int{"sessions": 1, "flows": 1},
		},
		{
			name: "passkey", title: "passkey login", requests: 4, each: 40,
			budget: 4 * time.Millisecond, statements: 20,
			prepare: func(ctx context.Context) error {
				c := newClient(d.public)
				defer c.close()
				return d.keys.fill(func(k *keyring) error { return d.registerPasskey(ctx, c, k, serial.Add(1)) })
			},
			run:   func(ctx context.Context, c *client) error { return d.passkeyLogin(ctx, c) },
			grows: map[string]int{"sessions": 1, "flows": 1},
		},
		{
			name: "profile", title: "profile, to its first page", requests: 2, each: 200,
			statements: -1,
			prepare: func(ctx context.Context) error {
				c := newClient(d.public)
				defer c.close()
				if err := d.register(ctx, c, serial.Add(1)); err != nil {
					return err
				}
				return d.login(ctx, c, &own)
			},
			run: func(ctx context.Context, c *client) error {
				f := &conversation{client: c, base: d.base, bearer: own}
				if err := f.post(ctx, "/profile", nil, "preflight"); err != nil {
					return err
				}
				return f.do(ctx, "register_client_capabilities", map[string]any{"webauthn_available": true}, "profile_init")
			},
		},
		{
			name: "validate", title: "`GET /sessions/validate`, warm", requests: 1, each: 2000,
			budget: 100 * time.Microsecond, statements: 0,
			prepare: func(ctx context.Context) error {
				c := newClient(d.public)
				defer c.close()
				if err := d.register(ctx, c, serial.Add(1)); err != nil {
					return err
				}
				return d.login(ctx, c, &token)
			},
			run: func(ctx context.Context, c *client) error {
				a, err := c.send(ctx, http.MethodGet, d.base+"/sessions/validate", token, nil, http.StatusOK)
				if err == nil && !bytes.Contains(a.body, []byte(`"is_valid":true`)) {
					err = fmt.Errorf("the session is not valid: %s", a.body)
				}
				return err
			},
		},
		{
			name: "jwks", title: "`GET /.well-known/jwks.json`", requests: 1, each: 2000,
			budget: 80 * time.Microsecond, statements: 0,
			run: func(ctx context.Context, c *client) error {
				a, err := c.send(ctx, http.MethodGet, d.base+"/.well-known/jwks.json", "", nil, http.StatusOK)
				if err == nil && !bytes.Contains(a.body, []byte(`"kty":"EC"`)) {
					err = fmt.Errorf("no key: %s", a.body)
				}
				return err
			},
		},
		{
			name: "flow-start", title: "`POST /login`, start of a flow", requests: 1, each: 1000,
			budget: 200 * time.Microsecond, statements: 0,
			run: func(ctx context.Context, c *client) error {
				_, err := c.start(ctx, d.base, "login")
				return err
			},
		},
		{
			name: "floor", title: "an empty HTTP server in Go, for comparison", requests: 1, each: 2000, floor: true, statements: -1,
			run: func(ctx context.Context, c *client) error {
				_, err := c.send(ctx, http.MethodGet, "http://"+d.empty+"/sessions/validate", token, nil, http.StatusOK)
				return err
			},
		},
		{
			name: "tenant", title: "`POST /v1/tenants`", requests: 1, each: 30, console: true,
			budget: 8 * time.Millisecond, statements: -1,
			run: func(ctx context.Context, c *client) error {
				slug := "t" + strconv.FormatInt(serial.Add(1), 10)
				a, err := c.send(ctx, http.MethodPost, "http://"+d.console+"/v1/tenants", d.token, map[string]any{"slug": slug}, http.StatusCreated)
				if err != nil {
					return err
				}
				var made struct{ Slug, Status string }
				if err := json.Unmarshal(a.body, &made); err != nil || made.Slug != slug || made.Status != "active" {
					return fmt.Errorf("not the tenant that was asked for: %s", a.body)
				}
				return nil
			},
			grows: map[string]int{"tenants": 1},
		},
	}
}

// pick finds operations by their names, and puts registration first where somebody must be able to sign in.
func pick(all []*operation, names []string) []*operation {
	if slices.Contains(names, "login") || slices.Contains(names, "profile") || slices.Contains(names, "validate") {
		names = append(names, "registration")
	}
	return slices.DeleteFunc(all, func(o *operation) bool { return !slices.Contains(names, o.name) })
}

// register makes an account with an address and a password, as hanko-elements does.
func (d *deployment) register(ctx context.Context, c *client, n int64) error {
	address := fmt.Sprintf("person%d@shop.example", n)
	f, err := d.confirm(ctx, c, address, false)
	if err != nil {
		return err
	}
	if err := f.do(ctx, "register_password", map[string]any{"new_password": secretPassword}, "success"); err != nil {
		return err
	}
	d.users.add(address)
	_, err = f.token()
	return err
}

// confirm begins a registration and enters the code from the mail, in a browser that knows WebAuthn or not. A password is asked for next.
func (d *deployment) confirm(ctx context.Context, c *client, address string, webauthn bool) (*conversation, error) {
	f, err := c.start(ctx, d.base, "registration")
	if err != nil {
		return nil, err
	}
	if err := f.do(ctx, "register_client_capabilities", map[string]any{"webauthn_available": webauthn}, "registration_init"); err != nil {
		return nil, err
	}
	if err := f.do(ctx, "register_login_identifier", map[string]any{"email": address}, "passcode_confirmation"); err != nil {
		return nil, err
	}
	wait, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	code, err := d.mails.code(wait, address)
	if err != nil {
		return nil, err
	}
	return f, f.do(ctx, "verify_passcode", map[string]any{"code": code}, "password_creation")
}

// login signs somebody in with the password.
func (d *deployment) login(ctx context.Context, c *client, token *string) error {
	address, err := d.users.one()
	if err != nil {
		return err
	}
	f, err := c.start(ctx, d.base, "login")
	if err != nil {
		return err
	}
	if err := f.do(ctx, "register_client_capabilities", map[string]any{"webauthn_available": false}, "login_init"); err != nil {
		return err
	}
	if err := f.do(ctx, "continue_with_login_identifier", map[string]any{"email": address}, "login_method_chooser"); err != nil {
		return err
	}
	if err := f.do(ctx, "continue_to_password_login", nil, "login_password"); err != nil {
		return err
	}
	if err := f.do(ctx, "password_login", map[string]any{"password": secretPassword}, "success"); err != nil {
		return err
	}
	issued, err := f.token()
	if token != nil {
		*token = issued
	}
	return err
}
