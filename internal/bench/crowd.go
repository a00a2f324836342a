package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/latchkeep/latchkeep/internal/visitor"
)

// A crowd is a tenant with many users, and a key to its admin API.
type crowd struct {
	once sync.Once
	err  error

	size int
	// in, where given, is the tenant; otherwise one is made.
	in  *newTenant
	url string // of the tenant's admin API
	key string
}

// need makes the crowd, once.
func (w *crowd) need(ctx context.Context, d *deployment) error {
	w.once.Do(func() { w.err = w.gather(ctx, d) })
	return w.err
}

func (w *crowd) gather(ctx context.Context, d *deployment) error {
	var made newTenant
	var err error
	if w.in != nil {
		made = *w.in
	} else if made, err = d.newTenant(ctx, "crowd"); err != nil {
		return err
	}
	w.url = made.AdminURL
	c := visitor.New(d.console)
	defer c.Close()
	a, err := c.Send(ctx, http.MethodPost, "http://"+d.console+"/v1/tenants/"+made.ID+"/api-keys", d.token, map[string]any{"name": "bench"}, http.StatusCreated)
	if err != nil {
		return err
	}
	var key struct{ Key string }
	if err := json.Unmarshal(a.Body, &key); err != nil {
		return err
	}
	w.key = key.Key
	d.db.mu.Lock()
	defer d.db.mu.Unlock()
	const id = `(lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000001')::uuid`
	at := `now() - make_interval(secs => ` + strconv.Itoa(w.size) + ` - n)`
	return execute(ctx, d.db.conn,
		`INSERT INTO users (id, tenant_id, created_at, updated_at, picture) SELECT `+id+`, '`+made.ID+`', `+at+`, `+at+`, '' FROM generate_series(1, `+strconv.Itoa(w.size)+`) n`,
		// Foreign keys are checked by plans that are made at the first row: of users it must be known by then how many there are.
		`ANALYZE users`,
		`INSERT INTO emails (id, tenant_id, created_at, updated_at, user_id, primary_of, address, is_verified)
		SELECT `+id+`, '`+made.ID+`', `+at+`, `+at+`, `+id+`, `+id+`, 'user' || n || '@crowd.example', true FROM generate_series(1, `+strconv.Itoa(w.size)+`) n`,
		`VACUUM (ANALYZE) users, emails`, `CHECKPOINT`)
}

// crowdOperations are what a back end does in a tenant with many users.
func crowdOperations(d *deployment, w *crowd) []*operation {
	var serial atomic.Int64
	prepare := func(ctx context.Context) error { return w.need(ctx, d) }
	of := fmt.Sprintf(" of %d", w.size)
	page := func(path func() string) func(ctx context.Context, c *visitor.Client) error {
		return func(ctx context.Context, c *visitor.Client) error {
			a, err := c.Send(ctx, http.MethodGet, w.url+path(), w.key, nil, http.StatusOK)
			if err != nil {
				return err
			}
			var users []struct{ ID string }
			if err := json.Unmarshal(a.Body, &users); err != nil || len(users) != 20 {
				return fmt.Errorf("not a page of 20 users: %.200s", a.Body)
			}
			return nil
		}
	}
	return []*operation{
		{
			name: "admin-create", title: "admin: create a user", requests: 1, each: 100, admin: true,
			budget: budgetOfCreation, statements: -1, prepare: prepare,
			run: func(ctx context.Context, c *visitor.Client) error {
				address := fmt.Sprintf("new%d@crowd.example", serial.Add(1))
				_, err := c.Send(ctx, http.MethodPost, w.url+"/users", w.key, map[string]any{
					"emails": []map[string]any{{"address": address, "is_primary": true, "is_verified": true}},
				}, http.StatusOK)
				return err
			},
			grows: map[string]int{"users": 1, "emails": 1},
		},
		{
			name: "admin-list", title: "admin: list 20" + of + " users", requests: 1, each: 100, admin: true,
			budget: budgetOfList, statements: -1, prepare: prepare, run: page(func() string { return "/users" }),
		},
		{
			name: "admin-deep", title: "admin: list 20 from the middle" + of, requests: 1, each: 50, admin: true,
			statements: -1, prepare: prepare,
			run: page(func() string { return "/users?page=" + strconv.Itoa(w.size/40+int(serial.Add(1)%100)) }),
		},
		{
			name: "admin-search", title: "admin: search" + of + " users by the beginning of an address", requests: 1, each: 100, admin: true,
			statements: -1, prepare: prepare,
			run: page(func() string { return "/users?email_prefix=user" + strconv.FormatInt(10+serial.Add(1)%90, 10) }),
		},
	}
}
