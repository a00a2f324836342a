package saml

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/samlprovider"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// A Provider is an identity provider as its tenant's operators see it.
type Provider struct {
	ID, TenantID          uuid.UUID
	Name                  string
	EntityID              string
	MetadataURL           string // empty where the metadata was given by hand
	MetadataCertificate   string // PEM: what the metadata must be signed with; empty where it need not be
	Domain                string
	Enabled               bool
	SkipEmailVerification bool
	AttributeMap          map[string]string // what was given; nil where nothing was
	FetchedAt             *time.Time        // when the metadata was last found to be usable
	RefreshAt             *time.Time        // when it is fetched again
	RefreshError          string            // of the last try; empty where it worked
	CreatedAt, UpdatedAt  time.Time
}

// A Wish is what a provider is to be.
type Wish struct {
	Name string
	// MetadataURL or MetadataXML, which wins, say what the provider's metadata is.
	MetadataURL, MetadataXML string
	// MetadataCertificate is what the metadata must be signed with, as PEM; empty where it need not be.
	MetadataCertificate            string
	Domain                         string
	Enabled, SkipEmailVerification bool
	AttributeMap                   config.AttributeMap
}

// Errors about providers.
var (
	ErrDomainTaken = problem.Conflict("saml_domain_taken", "another identity provider of this tenant signs in the domain")
	ErrEntityTaken = problem.Conflict("saml_entity_taken", "another identity provider of this tenant has this entityID")
)

const (
	maxName      = 255
	maxAttribute = 1024
)

// normal is the wish in the form that is stored.
func (w Wish) normal() Wish {
	w.Name, w.MetadataURL = strings.TrimSpace(w.Name), strings.TrimSpace(w.MetadataURL)
	w.Domain = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(w.Domain), "."))
	w.MetadataXML, w.MetadataCertificate = strings.TrimSpace(w.MetadataXML), strings.TrimSpace(w.MetadataCertificate)
	if w.MetadataXML != "" {
		w.MetadataURL = ""
	}
	return w
}

// check says everything that is wrong with a wish, but for its metadata. Error: invalid_saml_provider.
func (r *Room) check(w Wish) error {
	var fields []problem.Field
	add := func(path, why string) {
		if why != "" {
			fields = append(fields, problem.Field{Path: path, Reason: why})
		}
	}
	switch {
	case w.Name == "":
		add("name", "must not be empty")
	case utf8.RuneCountInString(w.Name) > maxName || strings.ContainsFunc(w.Name, func(c rune) bool { return c < ' ' || c == 0x7f }):
		add("name", "must have at most 255 characters, and none that cannot be seen")
	}
	if !isDomain(w.Domain) {
		add("domain", "must be a domain such as shop.example")
	}
	switch {
	case w.MetadataURL == "" && w.MetadataXML == "":
		add("metadata_url", "must not be empty")
	case w.MetadataXML == "":
		add("metadata_url", r.urlProblem(w.MetadataURL))
	case len(w.MetadataXML) > maxMetadata:
		add("metadata_xml", fmt.Sprintf("must not have more than %d bytes", maxMetadata))
	}
	if w.MetadataCertificate != "" {
		if _, err := parseCertificate(w.MetadataCertificate); err != nil {
			add("metadata_certificate", "must be a certificate in PEM form")
		}
	}
	for name, value := range given(w.AttributeMap) {
		if len(value) > maxAttribute {
			add("attribute_map."+name, fmt.Sprintf("must not be longer than %d bytes", maxAttribute))
		}
	}
	if len(fields) > 0 {
		return problem.Invalid("invalid_saml_provider", "the identity provider is not valid", fields...)
	}
	return nil
}

// given are the entries of an attribute map that are not blank.
func given(m config.AttributeMap) map[string]string {
	text, err := json.Marshal(m)
	if err != nil {
		return nil // it has texts only
	}
	all := map[string]string{}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil
	}
	for name, value := range all {
		if strings.TrimSpace(value) == "" {
			delete(all, name)
		}
	}
	return all
}

// tenant is a tenant that has SAML switched on. Errors: tenants.ErrNotFound, ErrDisabled.
func (r *Room) tenant(ctx context.Context, id uuid.UUID) (*tenants.Tenant, error) {
	t, err := r.n.Registry.ByID(ctx, id)
	if err != nil {
		return nil, err
	}
	if !t.Config.SAML.Enabled {
		return nil, ErrDisabled
	}
	return t, nil
}

// Providers lists a tenant's identity providers, oldest first. Errors: tenants.ErrNotFound, ErrDisabled.
func (r *Room) Providers(ctx context.Context, id uuid.UUID) ([]Provider, error) {
	if _, err := r.tenant(ctx, id); err != nil {
		return nil, err
	}
	rows, err := r.n.Store.Reader().SAMLProvider.Query().Order(ent.Asc(samlprovider.FieldCreatedAt, samlprovider.FieldID)).
		All(scope.With(ctx, scope.Tenant(id)))
	if err != nil {
		return nil, fmt.Errorf("list the SAML providers of tenant %s: %w", id, err)
	}
	all := make([]Provider, len(rows))
	for i, row := range rows {
		all[i] = shown(row)
	}
	return all, nil
}

// Provider reads one. Errors: tenants.ErrNotFound, ErrDisabled, ErrNoProvider, also for another tenant's.
func (r *Room) Provider(ctx context.Context, tenantID, id uuid.UUID) (Provider, error) {
	if _, err := r.tenant(ctx, tenantID); err != nil {
		return Provider{}, err
	}
	row, err := r.n.Store.Reader().SAMLProvider.Query().Where(samlprovider.ID(id)).Only(scope.With(ctx, scope.Tenant(tenantID)))
	if ent.IsNotFound(err) {
		return Provider{}, ErrNoProvider
	}
	if err != nil {
		return Provider{}, fmt.Errorf("read SAML provider %s: %w", id, err)
	}
	return shown(row), nil
}

func shown(row *ent.SAMLProvider) Provider {
	p := Provider{
		ID: row.ID, TenantID: row.TenantID, Name: row.Name, EntityID: row.EntityID, MetadataURL: row.MetadataURL,
		MetadataCertificate: row.MetadataCertificate, Domain: row.Domain, Enabled: row.Enabled, SkipEmailVerification: row.SkipEmailVerification,
		FetchedAt: row.MetadataFetchedAt, RefreshAt: row.RefreshAt, RefreshError: row.RefreshError,
		CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}
	var m config.AttributeMap
	if len(row.AttributeMap) > 0 && json.Unmarshal(row.AttributeMap, &m) == nil {
		if entries := given(m); len(entries) > 0 {
			p.AttributeMap = entries
		}
	}
	return p
}
