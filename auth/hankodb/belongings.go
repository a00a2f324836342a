package hankodb

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// tenant is one of the old installation.
type tenant struct {
	id      uuid.UUID
	config  string // JSON
	created time.Time
}

// tenants are all of them. A database of before there were tenants has the default one.
func (s *Source) tenants(ctx context.Context) ([]tenant, error) {
	if !s.catalog.has("tenants") {
		return []tenant{{id: defaultTenant, config: "{}"}}, nil
	}
	var all []tenant
	err := s.from("tenants").then("ORDER BY created_at, id").each(ctx, append(text("id", "config"), times("created_at")...), func(r *row) error {
		all = append(all, tenant{r.id("id"), r.text("config"), r.time("created_at")})
		return nil
	})
	return all, err
}

type key struct {
	number  int64
	sealed  string
	created time.Time
}

// keys are a tenant's signing keys; the last one signs. Spec: session §3.3.
func (s *Source) keys(ctx context.Context, tenant uuid.UUID) ([]key, error) {
	var all []key
	cols := append(ints("id"), append(text("key_data"), times("created_at")...)...)
	err := s.from("jwks").of(tenant).then("ORDER BY created_at, id").each(ctx, cols, func(r *row) error {
		all = append(all, key{r.int("id"), r.text("key_data"), r.time("created_at")})
		return nil
	})
	return all, err
}

// lastExpiry is when the last of a tenant's sessions expires; zero where there is none.
func (s *Source) lastExpiry(ctx context.Context, tenant uuid.UUID) (time.Time, error) {
	var last time.Time
	err := s.from("sessions").of(tenant).and("expires_at IS NOT NULL").then("ORDER BY expires_at DESC LIMIT 1").
		each(ctx, times("expires_at"), func(r *row) error {
			last = r.time("expires_at")
			return nil
		})
	return last, err
}

type session struct {
	id, user               uuid.UUID
	agent, ip              string
	created, updated, used time.Time
	expires                time.Time
}

// sessions reads those of some users.
func (s *Source) sessions(ctx context.Context, users []uuid.UUID) ([]session, error) {
	cols := append(text("id", "user_id", "user_agent", "ip_address"), times("created_at", "updated_at", "last_used", "expires_at")...)
	var found []session
	err := s.from("sessions").in("user_id", users).then("ORDER BY created_at, id").each(ctx, cols, func(r *row) error {
		found = append(found, session{
			id: r.id("id"), user: r.id("user_id"), agent: r.text("user_agent"), ip: r.text("ip_address"),
			created: r.time("created_at"), updated: r.time("updated_at"), used: r.time("last_used"), expires: r.time("expires_at"),
		})
		return nil
	})
	return found, err
}

type device struct {
	id, user         uuid.UUID
	token            string
	created, expires time.Time
}

// devices reads the trusted ones of some users.
func (s *Source) devices(ctx context.Context, users []uuid.UUID) ([]device, error) {
	cols := append(text("id", "user_id", "device_token"), times("created_at", "expires_at")...)
	var found []device
	err := s.from("trusted_devices").in("user_id", users).then("ORDER BY created_at, id").each(ctx, cols, func(r *row) error {
		found = append(found, device{r.id("id"), r.id("user_id"), r.text("device_token"), r.time("created_at"), r.time("expires_at")})
		return nil
	})
	return found, err
}

type webhook struct {
	id                        uuid.UUID
	callback                  string
	enabled                   bool
	failures                  int64
	expires, created, updated time.Time
	events                    []webhookEvent
}

type webhookEvent struct {
	id   uuid.UUID
	name string
}

func (s *Source) webhooks(ctx context.Context, tenant uuid.UUID) ([]*webhook, error) {
	var all []*webhook
	at := map[uuid.UUID]*webhook{}
	var ids []uuid.UUID
	cols := append(text("id", "callback"), append(bools("enabled"), times("expires_at", "created_at", "updated_at")...)...)
	err := s.from("webhooks").of(tenant).then("ORDER BY created_at, id").each(ctx, append(cols, ints("failures")...), func(r *row) error {
		w := &webhook{
			id: r.id("id"), callback: r.text("callback"), enabled: r.bool("enabled"), failures: r.int("failures"),
			expires: r.time("expires_at"), created: r.time("created_at"), updated: r.time("updated_at"),
		}
		all, ids, at[w.id] = append(all, w), append(ids, w.id), w
		return nil
	})
	if err != nil || len(all) == 0 {
		return all, err
	}
	err = s.from("webhook_events").in("webhook_id", ids).then("ORDER BY created_at, id").each(ctx, text("id", "webhook_id", "event"), func(r *row) error {
		if w := at[r.id("webhook_id")]; w != nil {
			w.events = append(w.events, webhookEvent{r.id("id"), r.text("event")})
		}
		return nil
	})
	return all, err
}

type auditLog struct {
	id, actor                                    uuid.UUID
	kind, failure, request, ip, agent, actorMail string
	details                                      string
	created, updated                             time.Time
}

// auditLogs reads a tenant's audit records in the order in which they were written, and calls f with so many at a time. They are one
// stream: there is no index that pages could follow.
func (s *Source) auditLogs(ctx context.Context, tenant uuid.UUID, size int, f func([]auditLog) error) error {
	page := make([]auditLog, 0, size)
	cols := append(text("id", "type", "error", "meta_http_request_id", "meta_source_ip", "meta_user_agent", "actor_user_id", "actor_email", "details"),
		times("created_at", "updated_at")...)
	err := s.from("audit_logs").of(tenant).then("ORDER BY created_at, id").each(ctx, cols, func(r *row) error {
		page = append(page, auditLog{
			id: r.id("id"), actor: r.id("actor_user_id"), kind: r.text("type"), failure: r.text("error"), request: r.text("meta_http_request_id"),
			ip: r.text("meta_source_ip"), agent: r.text("meta_user_agent"), actorMail: r.text("actor_email"), details: r.text("details"),
			created: r.time("created_at"), updated: r.time("updated_at"),
		})
		if len(page) < size {
			return nil
		}
		defer func() { page = page[:0] }()
		return f(page)
	})
	if err != nil || len(page) == 0 {
		return err
	}
	return f(page)
}

type samlProvider struct {
	id                                  uuid.UUID
	name, entityID, metadataURL, domain string
	enabled, skipsVerification          bool
	attributes, metadata                string
	fetched, created, updated           time.Time
}

func (s *Source) samlProviders(ctx context.Context, tenant uuid.UUID) ([]*samlProvider, error) {
	var all []*samlProvider
	at := map[uuid.UUID]*samlProvider{}
	var ids []uuid.UUID
	cols := append(text("id", "name", "entity_id", "metadata_url", "domain", "attribute_map"), bools("enabled", "skip_email_verification")...)
	err := s.from("saml_providers").of(tenant).then("ORDER BY created_at, id").
		each(ctx, append(cols, times("created_at", "updated_at")...), func(r *row) error {
			p := &samlProvider{
				id: r.id("id"), name: r.text("name"), entityID: r.text("entity_id"), metadataURL: r.text("metadata_url"), domain: r.text("domain"),
				attributes: r.text("attribute_map"), enabled: r.bool("enabled"), skipsVerification: r.bool("skip_email_verification"),
				created: r.time("created_at"), updated: r.time("updated_at"),
			}
			all, ids, at[p.id] = append(all, p), append(ids, p.id), p
			return nil
		})
	if err != nil || len(all) == 0 {
		return all, err
	}
	cols = append(text("provider_id", "raw_metadata_xml"), times("last_fetched_at")...)
	err = s.from("saml_idp_metadata").in("provider_id", ids).each(ctx, cols, func(r *row) error {
		if p := at[r.id("provider_id")]; p != nil {
			p.metadata, p.fetched = r.text("raw_metadata_xml"), r.time("last_fetched_at")
		}
		return nil
	})
	return all, err
}

type samlCertificate struct {
	id                            uuid.UUID
	certificate, sealed, sealedBy string
	created                       time.Time
}

func (s *Source) samlCertificates(ctx context.Context, tenant uuid.UUID) ([]samlCertificate, error) {
	var all []samlCertificate
	cols := append(text("id", "cert_data", "cert_key", "encryption_key"), times("created_at")...)
	err := s.from("saml_certificates").of(tenant).then("ORDER BY created_at, id").each(ctx, cols, func(r *row) error {
		all = append(all, samlCertificate{r.id("id"), r.text("cert_data"), r.text("cert_key"), r.text("encryption_key"), r.time("created_at")})
		return nil
	})
	return all, err
}
