package load

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/latchkeep/latchkeep/internal/visitor"
)

// A Target is the deployment to load: either all of it, by its console API, or one tenant of it.
type Target struct {
	// Console is the URL of the console API, and Token an operator's token for it. Empty: one tenant only.
	Console, Token string
	// Base and Admin are the URLs of one tenant's public and admin API, and Key an API key. With a Console they are those of the tenant that is made.
	Base, Admin, Key string
	// Allow lists hosts that may be loaded besides those of the URLs above, as host or *.domain: those that the console API answers with.
	Allow []string
	// Connect is the address to connect to instead of the hosts of URLs; without a port those of the URLs. Empty: the hosts.
	Connect string
	// Tenants and Users is how many there are to be: tenants of ours in the deployment, users in the tenant that is loaded.
	Tenants, Users int
	// Codes are where codes arrive; MailHost and MailPort where tenants that are made send their mails.
	Codes              visitor.Codes
	MailHost, MailPort string
}

// slugPrefix begins the slugs of tenants that are made for being loaded.
const slugPrefix = "load-"

// A Place is a target whose data set is there, and was counted.
type Place struct {
	Target  Target
	Shop    *visitor.Shop
	Tenants int // by the console API's count; 0 where it is not asked
	Users   int // by the admin API's count; 0 where it is not asked

	run string // tells this run's addresses and slugs from those of others
	ids []string
}

// Open makes what is missing of the data set and counts what is there. Errors: hosts that were not given; a data set that is not there.
func (t Target) Open(ctx context.Context) (*Place, error) {
	if t.Console == "" && t.Base == "" {
		return nil, errors.New("name what to load: the console API, or a tenant's URL")
	}
	p := &Place{Target: t, run: strings.ToLower(rand.Text()[:8])}
	c := visitor.New(t.Connect)
	defer c.Close()
	if t.Console != "" {
		if err := p.tenants(ctx, c); err != nil {
			return nil, err
		}
	}
	p.Shop = &visitor.Shop{Base: strings.TrimSuffix(p.Target.Base, "/"), Codes: t.Codes}
	p.Target.Admin = strings.TrimSuffix(p.Target.Admin, "/")
	if p.Target.Admin == "" || p.Target.Key == "" {
		if t.Users > 0 {
			return nil, errors.New("users can be counted and made with the tenant's admin API and a key only")
		}
		return p, nil
	}
	return p, p.users(ctx, c)
}

// allowed refuses a URL whose host nobody gave.
func (t Target) allowed(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return fmt.Errorf("%q is no URL of a host", raw)
	}
	for _, given := range []string{t.Console, t.Base, t.Admin} {
		if g, err := url.Parse(given); err == nil && given != "" && g.Hostname() == u.Hostname() {
			return nil
		}
	}
	if slices.ContainsFunc(t.Allow, func(host string) bool {
		domain, wild := strings.CutPrefix(host, "*")
		return host == u.Hostname() || wild && strings.HasPrefix(domain, ".") && strings.HasSuffix(u.Hostname(), domain)
	}) {
		return nil
	}
	return fmt.Errorf("the console API names the host %s, which was not given: allow it if it is yours", u.Hostname())
}

// A madeTenant is what the console API says of a tenant.
type madeTenant struct {
	ID        string `json:"id"`
	Slug      string `json:"slug"`
	PublicURL string `json:"public_url"`
	AdminURL  string `json:"admin_url"`
}

func slug(n int) string { return fmt.Sprintf("%s%06d", slugPrefix, n) }

// makers is how many make tenants at once.
const makers = 8

// tenants makes tenants until there are enough, and opens the first of ours.
func (p *Place) tenants(ctx context.Context, c *visitor.Client) (err error) {
	t := &p.Target
	if p.Tenants, err = p.countTenants(ctx, c); err != nil {
		return err
	}
	first, err := p.findTenant(ctx, c, slug(0))
	if err == nil && first == nil {
		if err = p.createTenant(ctx, c, slug(0)); err == nil {
			p.Tenants++
			first, err = p.findTenant(ctx, c, slug(0))
		}
	}
	if err != nil {
		return err
	}
	if first == nil {
		return fmt.Errorf("there is no tenant %s, although it was made", slug(0))
	}
	if p.Tenants < t.Tenants {
		if err := p.makeTenants(ctx, t.Tenants-p.Tenants); err != nil {
			return fmt.Errorf("make tenants: %w", err)
		}
		p.Tenants, err = counted(ctx, t.Tenants, func() (int, error) { return p.countTenants(ctx, c) })
		if err != nil {
			return fmt.Errorf("there are %d tenants, not %d: %w", p.Tenants, t.Tenants, err)
		}
	}
	return p.enter(ctx, c, first)
}

// enter has the mails of a tenant, which may be of an earlier run, come to where we listen now, and makes an API key for it.
func (p *Place) enter(ctx context.Context, c *visitor.Client, first *madeTenant) error {
	t := &p.Target
	for _, u := range []string{first.PublicURL, first.AdminURL} {
		if err := t.allowed(u); err != nil {
			return err
		}
	}
	t.Base, t.Admin = first.PublicURL, first.AdminURL
	patching := visitor.New(t.Connect)
	patching.ContentType = "application/merge-patch+json"
	defer patching.Close()
	of := t.Console + "/v1/tenants/" + first.ID
	if _, err := patching.Send(ctx, http.MethodPatch, of+"/config", t.Token, map[string]any{"email_delivery": p.delivery()}, http.StatusOK); err != nil {
		return err
	}
	var key struct{ Key string }
	err := read(ctx, c, http.MethodPost, of+"/api-keys", t.Token, map[string]any{"name": "latchkeep-load " + p.run}, http.StatusCreated, &key)
	t.Key = key.Key
	return err
}

// makeTenants makes so many that are not there yet, several at once.
func (p *Place) makeTenants(ctx context.Context, missing int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var serial, made atomic.Int64
	var working sync.WaitGroup
	for range makers {
		working.Go(func() {
			c := visitor.New(p.Target.Connect)
			defer c.Close()
			for ctx.Err() == nil && made.Add(1) <= int64(missing) {
				err := p.createTenant(ctx, c, slug(int(serial.Add(1))))
				for taken(err) { // an earlier run made it
					err = p.createTenant(ctx, c, slug(int(serial.Add(1))))
				}
				if err != nil {
					cancel(err)
				}
			}
		})
	}
	working.Wait()
	return context.Cause(ctx)
}

func taken(err error) bool {
	u, ok := errors.AsType[*visitor.Unexpected](err)
	return ok && u.Status == http.StatusConflict
}

// countTenants is the total of the list of tenants.
func (p *Place) countTenants(ctx context.Context, c *visitor.Client) (int, error) {
	var found struct{ Total *int }
	err := read(ctx, c, http.MethodGet, p.Target.Console+"/v1/tenants?per_page=1", p.Target.Token, nil, http.StatusOK, &found)
	if err == nil && found.Total == nil {
		err = errors.New("the list of tenants says no total")
	}
	if err != nil {
		return 0, err
	}
	return *found.Total, nil
}

// findTenant finds a tenant by its slug; nil where there is none.
func (p *Place) findTenant(ctx context.Context, c *visitor.Client, slug string) (*madeTenant, error) {
	var found struct{ Tenants []madeTenant }
	err := read(ctx, c, http.MethodGet, p.Target.Console+"/v1/tenants?slug="+slug, p.Target.Token, nil, http.StatusOK, &found)
	if err != nil || len(found.Tenants) == 0 {
		return nil, err
	}
	return &found.Tenants[0], nil
}

// createTenant makes one tenant, whose mails come to us and whose registration is as the shop knows it.
func (p *Place) createTenant(ctx context.Context, c *visitor.Client, slug string) error {
	_, err := c.Send(ctx, http.MethodPost, p.Target.Console+"/v1/tenants", p.Target.Token, map[string]any{
		"slug": slug, "name": "made by latchkeep-load",
		"config": map[string]any{"email_delivery": p.delivery(), "mfa": map[string]any{"acquire_on_registration": false}},
	}, http.StatusCreated)
	return err
}

func (p *Place) delivery() map[string]any {
	return map[string]any{"smtp": map[string]any{"host": p.Target.MailHost, "port": p.Target.MailPort}}
}

// read sends a request and reads what it is answered.
func read(ctx context.Context, c *visitor.Client, method, url, bearer string, body any, want int, out any) error {
	a, err := c.Send(ctx, method, url, bearer, body, want)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(a.Body, out); err != nil {
		return fmt.Errorf("not an answer that was expected: %.200s", a.Body)
	}
	return nil
}
