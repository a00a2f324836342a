package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/latchkeep/latchkeep/internal/visitor"
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
	run     func(ctx context.Context, c *visitor.Client) error
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

// operations are all that are measured, in their order.
func operations(d *deployment) []*operation {
	var token, own string
	var serial atomic.Int64
	return []*operation{
		{
			name: "registration", title: "registration with code and password", requests: 5, each: 20, hashes: 1,
			budget: 6 * time.Millisecond, statements: 24,
			run:   func(ctx context.Context, c *visitor.Client) error { return d.register(ctx, c, serial.Add(1)) },
			grows: map[string]int{"users": 1, "emails": 1, "password_credentials": 1, "sessions": 1, "flows": 1},
		},
		{
			name: "login", title: "password login", requests: 5, each: 20, hashes: 1,
			budget: 4 * time.Millisecond, statements: 20,
			run:   func(ctx context.Context, c *visitor.Client) error { return d.login(ctx, c, nil) },
			grows: map[string]int{"sessions": 1, "flows": 1},
		},
		{
			name: "passkey", title: "passkey login", requests: 4, each: 40,
			budget: 4 * time.Millisecond, statements: 20,
			prepare: func(ctx context.Context) error {
				c := visitor.New(d.public)
				defer c.Close()
				return d.keys.fill(func(k *keyring) error { return d.registerPasskey(ctx, c, k, serial.Add(1)) })
			},
			run:   func(ctx context.Context, c *visitor.Client) error { return d.passkeyLogin(ctx, c) },
			grows: map[string]int{"sessions": 1, "flows": 1},
		},
		{
			name: "profile", title: "profile, to its first page", requests: 2, each: 200,
			statements: -1,
			prepare: func(ctx context.Context) error {
				c := visitor.New(d.public)
				defer c.Close()
				if err := d.register(ctx, c, serial.Add(1)); err != nil {
					return err
				}
				return d.login(ctx, c, &own)
			},
			run: func(ctx context.Context, c *visitor.Client) error {
				f := &visitor.Conversation{Client: c, Base: d.base, Bearer: own}
				if err := f.Post(ctx, "/profile", nil, "preflight"); err != nil {
					return err
				}
				return f.Do(ctx, "register_client_capabilities", map[string]any{"webauthn_available": true}, "profile_init")
			},
		},
		{
			name: "validate", title: "`GET /sessions/validate`, warm", requests: 1, each: 2000,
			budget: 100 * time.Microsecond, statements: 0,
			prepare: func(ctx context.Context) error {
				c := visitor.New(d.public)
				defer c.Close()
				if err := d.register(ctx, c, serial.Add(1)); err != nil {
					return err
				}
				return d.login(ctx, c, &token)
			},
			run: func(ctx context.Context, c *visitor.Client) error {
				return d.shop().Validate(ctx, c, token)
			},
		},
		{
			name: "jwks", title: "`GET /.well-known/jwks.json`", requests: 1, each: 2000,
			budget: 80 * time.Microsecond, statements: 0,
			run: func(ctx context.Context, c *visitor.Client) error {
				return d.shop().Keys(ctx, c)
			},
		},
		{
			name: "flow-start", title: "`POST /login`, start of a flow", requests: 1, each: 1000,
			budget: 200 * time.Microsecond, statements: 0,
			run: func(ctx context.Context, c *visitor.Client) error {
				_, err := c.Start(ctx, d.base, "login")
				return err
			},
		},
		{
			name: "floor", title: "an empty HTTP server in Go, for comparison", requests: 1, each: 2000, floor: true, statements: -1,
			run: func(ctx context.Context, c *visitor.Client) error {
				_, err := c.Send(ctx, http.MethodGet, "http://"+d.empty+"/sessions/validate", token, nil, http.StatusOK)
				return err
			},
		},
		{
			name: "tenant", title: "`POST /v1/tenants`", requests: 1, each: 30, console: true,
			budget: 8 * time.Millisecond, statements: -1,
			run: func(ctx context.Context, c *visitor.Client) error {
				slug := "t" + strconv.FormatInt(serial.Add(1), 10)
				a, err := c.Send(ctx, http.MethodPost, "http://"+d.console+"/v1/tenants", d.token, map[string]any{"slug": slug}, http.StatusCreated)
				if err != nil {
					return err
				}
				var made struct{ Slug, Status string }
				if err := json.Unmarshal(a.Body, &made); err != nil || made.Slug != slug || made.Status != "active" {
					return fmt.Errorf("not the tenant that was asked for: %s", a.Body)
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

// shop is the tenant under measurement.
func (d *deployment) shop() *visitor.Shop { return &visitor.Shop{Base: d.base, Codes: d.mails} }

// register makes an account with an address and a password, as hanko-elements does.
func (d *deployment) register(ctx context.Context, c *visitor.Client, n int64) error {
	address := fmt.Sprintf("person%d@shop.example", n)
	if err := d.shop().Register(ctx, c, address); err != nil {
		return err
	}
	d.users.add(address)
	return nil
}

// login signs somebody in with the password.
func (d *deployment) login(ctx context.Context, c *visitor.Client, token *string) error {
	address, err := d.users.one()
	if err != nil {
		return err
	}
	issued, err := d.shop().SignIn(ctx, c, address)
	if token != nil {
		*token = issued
	}
	return err
}
