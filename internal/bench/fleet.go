package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/latchkeep/latchkeep/internal/procstat"
	"github.com/latchkeep/latchkeep/internal/visitor"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// few is the number of tenants that many are compared with.
const few = 10

// A fleet is the tenants of a deployment, and an operator who looks at them.
type fleet struct {
	mu      sync.Mutex
	ids     []string
	grown   atomic.Int64 // the number of the next tenant that it grows by
	created atomic.Int64 // tenants that the measurement made; their slugs begin otherwise
	cookie  string       // of the operator's session
}

// measureFleet measures what operators do where there are few tenants, and again where there are many.
func measureFleet(ctx context.Context, o options, d *deployment) error {
	f := &fleet{}
	if err := f.join(ctx, o, d); err != nil {
		return fmt.Errorf("join the console: %w", err)
	}
	var results []*result
	for _, size := range []int{few, o.fleet} {
		began := time.Now()
		if err := f.grow(ctx, d, size); err != nil {
			return fmt.Errorf("make %d tenants: %w", size, err)
		}
		fmt.Fprintf(os.Stderr, "bench: %d tenants after %.0f s\n", size, time.Since(began).Seconds())
		ops := f.operations(d)
		if o.only != "" {
			ops = pick(ops, strings.Split(o.only, ","))
		}
		if o.profile != "" {
			of := o
			of.profile = filepath.Join(o.profile, strconv.Itoa(size))
			if err := profileAll(ctx, of, d, ops); err != nil {
				return err
			}
			continue
		}
		r, err := measureAll(ctx, o, d, ops)
		if err != nil {
			return err
		}
		results = append(results, r)
	}
	if o.profile != "" {
		return nil
	}
	fmt.Print(compare(few, o.fleet, results[0], results[1]))
	if o.json != "" {
		return writeJSON(o.json, results)
	}
	return nil
}

// join signs the operator in by the link of an invitation.
func (f *fleet) join(ctx context.Context, o options, d *deployment) error {
	link, err := output(ctx, o.binary, d.settings, "operator", "invite", "bench@example.com")
	if err != nil {
		return err
	}
	u, err := url.Parse(link)
	if err != nil {
		return err
	}
	c := visitor.New(d.console)
	defer c.Close()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+d.console+u.Path, bytes.NewBufferString(u.RawQuery))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	for _, cookie := range resp.Cookies() {
		if cookie.Name == config.ConsoleCookie {
			f.cookie = cookie.Name + "=" + cookie.Value
		}
	}
	if f.cookie == "" {
		return fmt.Errorf("the link answers %d and sets no cookie", resp.StatusCode)
	}
	return nil
}

// grow makes tenants until there are so many, as operators do: through the API.
func (f *fleet) grow(ctx context.Context, d *deployment, size int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var working sync.WaitGroup
	for range 2 * together {
		working.Go(func() {
			c := visitor.New(d.console)
			defer c.Close()
			for ctx.Err() == nil {
				n := f.grown.Add(1) - 1
				if n >= int64(size) {
					return
				}
				if err := f.create(ctx, d, c, fmt.Sprintf("shop%06d", n)); err != nil {
					cancel(err)
				}
			}
		})
	}
	working.Wait()
	f.grown.Store(int64(size))
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if err := d.db.restFor(ctx, time.Hour); err != nil {
		return err
	}
	if size > few {
		if err := d.workerRests(ctx); err != nil {
			return err
		}
	}
	d.db.mu.Lock()
	defer d.db.mu.Unlock()
	return execute(ctx, d.db.conn, "VACUUM (ANALYZE)", "CHECKPOINT")
}

// workerRests waits until the worker does next to nothing: where many tenants were made just now, it has more to look after than what is in the outbox,
// and every process reads again and again what changed in the last minute.
func (d *deployment) workerRests(ctx context.Context) error {
	select {
	case <-time.After(time.Minute):
	case <-ctx.Done():
		return ctx.Err()
	}
	const every, little = 2 * time.Second, 100 * time.Millisecond
	before := time.Duration(-1)
	return until(ctx, every, func() (bool, error) {
		now, err := procstat.CPU(d.worker.pid())
		used, first := now-before, before < 0
		before = now
		return !first && used < little, err
	})
}

func (f *fleet) create(ctx context.Context, d *deployment, c *visitor.Client, slug string) error {
	a, err := c.Send(ctx, http.MethodPost, "http://"+d.console+"/v1/tenants", d.token, map[string]any{"slug": slug, "name": "The shop " + slug}, http.StatusCreated)
	if err != nil {
		return err
	}
	var made newTenant
	if err := json.Unmarshal(a.Body, &made); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ids = append(f.ids, made.ID)
	return nil
}

// one is any of the tenants.
func (f *fleet) one() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ids[rand.IntN(len(f.ids))]
}

// operations are what an operator does, by API and by page.
func (f *fleet) operations(d *deployment) []*operation {
	get := func(path func() string, cookie string, holds string) func(ctx context.Context, c *visitor.Client) error {
		return func(ctx context.Context, c *visitor.Client) error {
			c.Cookie = cookie
			token := d.token
			if cookie != "" {
				token = ""
			}
			a, err := c.Send(ctx, http.MethodGet, "http://"+d.console+path(), token, nil, http.StatusOK)
			if err == nil && !bytes.Contains(a.Body, []byte(holds)) {
				err = fmt.Errorf("%s is not in the answer: %.300s", holds, a.Body)
			}
			return err
		}
	}
	same := func(path string) func() string { return func() string { return path } }
	const search = "shop00000" // ten of them, however many there are
	ops := []*operation{
		{name: "fleet-list", title: "`GET /v1/tenants`, 20 and the total", each: 100, run: get(same("/v1/tenants"), "", `"total":`)},
		{name: "fleet-after", title: "`GET /v1/tenants?after=`, somewhere", each: 100,
			run: get(func() string { return "/v1/tenants?after=" + f.one() }, "", `"tenants":`)},
		{name: "fleet-search", title: "`GET /v1/tenants?search=`, ten found", each: 100, run: get(same("/v1/tenants?search="+search), "", search+"9")},
		{name: "fleet-open", title: "`GET /v1/tenants/{id}`", each: 100, run: get(func() string { return "/v1/tenants/" + f.one() }, "", `"config":`)},
		{
			name: "fleet-create", title: "`POST /v1/tenants`", each: 50, grows: map[string]int{"tenants": 1},
			run: func(ctx context.Context, c *visitor.Client) error {
				return f.create(ctx, d, c, fmt.Sprintf("stall%06d", f.created.Add(1)))
			},
		},
		{name: "page-list", title: "page: tenants", each: 50, run: get(same("/console/tenants"), f.cookie, "<h1")},
		{name: "page-search", title: "page: search of tenants, ten found", each: 50, run: get(same("/console/tenants?q="+search), f.cookie, search+"9")},
		{name: "page-open", title: "page: a tenant", each: 50, run: get(func() string { return "/console/t/" + f.one() }, f.cookie, "<h1")},
	}
	for _, op := range ops {
		op.requests, op.console, op.statements = 1, true, -1
	}
	return append(ops, &operation{
		name: "fleet-keys", title: "`GET /.well-known/jwks.json` of any tenant", requests: 1, each: 100, statements: -1,
		run: func(ctx context.Context, c *visitor.Client) error {
			a, err := c.Send(ctx, http.MethodGet, "http://"+d.public+"/"+f.one()+"/.well-known/jwks.json", "", nil, http.StatusOK)
			if err == nil && !bytes.Contains(a.Body, []byte(`"kty":"EC"`)) {
				err = fmt.Errorf("no key: %s", a.Body)
			}
			return err
		},
	})
}

// compare is a table of both results.
func compare(small, large int, a, b *result) string {
	var t bytes.Buffer
	fmt.Fprintf(&t, "| | %d tenants: CPU | p50 | p95 | %d tenants: CPU | p50 | p95 | CPU, times | p50, times | SQL |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n", small, large)
	for i, m := range a.Measurements {
		n := b.Measurements[i]
		sql := "–"
		if n.Counted {
			sql = number(n.Sent)
		}
		fmt.Fprintf(&t, "| %s | %s | %s | %s | %s | %s | %s | %.2f | %.2f | %s |\n", m.Title, number(m.Rest), milli(m.WallAlone.P50), milli(m.WallAlone.P95),
			number(n.Rest), milli(n.WallAlone.P50), milli(n.WallAlone.P95), n.Rest/m.Rest, n.WallAlone.P50/m.WallAlone.P50, sql)
	}
	for i, m := range a.Starts {
		n := b.Starts[i]
		fmt.Fprintf(&t, "| %s: first 200 | | %.0f ms | | | %.0f ms | | | %.2f | |\n", m.Title, m.First, n.First, n.First/m.First)
		fmt.Fprintf(&t, "| %s: idle memory | | %.0f MB | | | %.0f MB | | | %.2f | |\n", m.Title, m.Memory, n.Memory, n.Memory/m.Memory)
	}
	fmt.Fprintf(&t, "\nMeasured in %.0f s, %d rounds, on %s × %s (%s), PostgreSQL %s, %s; load before: %s.\n", a.Seconds+b.Seconds, b.Rounds,
		b.Machine["cpus"], b.Machine["processor"], b.Machine["system"], b.Machine["postgresql"], b.Machine["go"], b.Machine["load before"])
	return t.String()
}
