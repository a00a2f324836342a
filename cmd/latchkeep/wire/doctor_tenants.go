package wire

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

const (
	// tenantsTime bounds looking at all tenants.
	tenantsTime = 30 * time.Second
	// lookupTime bounds one question to the DNS.
	lookupTime = 2 * time.Second
	// mostFindings is how many tenants are named for one kind of trouble; the others are counted.
	mostFindings = 5
)

// content looks at the tenants, page by page: whether the secrets open what is stored, and whether what is configured can work.
func (d *diagnosis) content(ctx context.Context, st *store.Store, keyring *secret.Keyring, only *config.Config) {
	ctx, cancel := context.WithTimeout(ctx, tenantsTime)
	defer cancel()
	s := d.s
	addresses, err := tenants.NewAddresses(s.Public.BaseURL.String(), s.Admin.BaseURL.String(), !s.MultiTenancy.Enabled)
	if err != nil {
		d.note(Broken, "addresses", "correct public.base_url and admin.base_url", "%v", err)
		return
	}
	quiet := slog.New(slog.DiscardHandler)
	registry := tenants.NewRegistry(tenants.RegistryOptions{Store: st, Keyring: keyring, Addresses: addresses, Single: only, Log: quiet})
	provisioner := tenants.NewProvisioner(tenants.ProvisionerOptions{Store: st, Keyring: keyring, Registry: registry, Log: quiet})
	look := &rounds{d: d, registry: registry, seen: map[string]int{}}
	looked := 0
	for filter := (tenants.Filter{Page: 1, PerPage: 100}); ; {
		page, err := provisioner.List(ctx, filter)
		if err != nil && ctx.Err() == nil {
			d.note(Broken, "tenants", "", "%v", err)
			return
		}
		for _, t := range page.Items {
			if ctx.Err() != nil {
				break
			}
			look.at(ctx, t)
			looked++
		}
		if ctx.Err() != nil {
			d.note(Doubt, "tenants", "look at a quieter time", "only %d looked at, the time was up", looked)
			break
		}
		if page.Next == uuid.Nil {
			break
		}
		filter.After = page.Next
	}
	look.count()
	if !look.sick {
		d.note(Healthy, "tenants", "", "%d looked at, the secrets open what is stored", looked)
	}
}

// rounds are a walk past all tenants.
type rounds struct {
	d        *diagnosis
	registry *tenants.Registry
	seen     map[string]int // how many tenants have one kind of trouble
	sick     bool
}

// note tells of the first tenants that have one kind of trouble.
func (r *rounds) note(h Health, kind, remedy, text string, args ...any) {
	r.sick = r.sick || h == Broken
	if r.seen[kind]++; r.seen[kind] <= mostFindings {
		r.d.note(h, kind, remedy, text, args...)
	}
}

// count tells how many were not told of.
func (r *rounds) count() {
	for _, kind := range []string{"tenants", "configuration", "passkeys", "dns"} {
		if more := r.seen[kind] - mostFindings; more > 0 {
			r.d.note(Doubt, kind, "", "and %d more", more)
		}
	}
}

func (r *rounds) at(ctx context.Context, t *tenants.Record) {
	name := fmt.Sprintf("%s (%s)", t.Slug, t.ID)
	snapshot, err := r.registry.ByID(ctx, t.ID)
	if err == nil {
		_, err = snapshot.Keys.Signer(time.Now())
	}
	if err != nil {
		if ctx.Err() == nil {
			r.note(Broken, "tenants", addSecret, "%s cannot be served: %v", name, err)
		}
		return
	}
	// The rules may have changed since the configuration was stored.
	for _, p := range snapshot.Config.Validate() {
		r.note(Doubt, "configuration", "correct it with latchkeep tenant set, or in the console", "%s: %s", name, p)
	}
	for _, p := range snapshot.Config.Warnings() {
		r.note(Doubt, "configuration", "correct it with latchkeep tenant set, or in the console", "%s: %s", name, p)
	}
	public, err := url.Parse(t.PublicURL)
	if err != nil {
		r.note(Broken, "tenants", "correct public.base_url", "%s: its public URL cannot be read", name)
		return
	}
	r.relyingParty(name, public.Hostname(), snapshot.Config.WebAuthn.RelyingParty.ID)
	if r.d.checks.DNS {
		r.resolves(ctx, name, public.Hostname())
	}
}

// relyingParty looks whether passkeys of the tenant work at its own address. A tenant whose pages are elsewhere does not need that.
func (r *rounds) relyingParty(name, host, id string) {
	if host != id && !strings.HasSuffix(host, "."+id) {
		r.note(Doubt, "passkeys", "if its pages are served there, make webauthn.relying_party.id that host or a domain above it",
			"%s: %s is not below the relying party %s, so passkeys work on pages of that domain only", name, host, id)
	}
}

// resolves asks the DNS for a host. Names of this machine need none.
func (r *rounds) resolves(ctx context.Context, name, host string) {
	if _, err := netip.ParseAddr(host); err == nil || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return
	}
	asking, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	_, err := net.DefaultResolver.LookupHost(asking, host)
	if err == nil || ctx.Err() != nil {
		return
	}
	reason := "does not resolve"
	if missing, ok := errors.AsType[*net.DNSError](err); !ok || !missing.IsNotFound {
		reason = "could not be looked up from here"
	}
	r.note(Doubt, "dns", "make an address record for it, or one for all names below the base domain", "%s: %s %s", name, host, reason)
}

// addSecret is the remedy where the secrets do not open what is stored.
const addSecret = "add the secret that was in use when it was stored as a last entry of secrets.keys"

// usable reports why a tenant cannot be served, as where its key cannot be opened.
func usable(ctx context.Context, registry *tenants.Registry, id uuid.UUID) error {
	t, err := registry.ByID(ctx, id)
	if err != nil {
		return err
	}
	_, err = t.Keys.Signer(time.Now())
	return err
}
