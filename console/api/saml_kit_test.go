package api_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/internal/contract"
	"github.com/latchkeep/latchkeep/internal/samlpeer"
	"github.com/latchkeep/latchkeep/tenants"
)

// samlOn is a configuration with SAML switched on.
const samlOn = `{"saml": {"enabled": true, "audience_uri": "https://shop.example", "endpoint_url": "https://shop.example"}}`

// provider adds a SAML provider to a tenant and gives its id.
func (c *console) provider(tb testing.TB, tenant uuid.UUID, peer *samlpeer.Peer, domain string) string {
	tb.Helper()
	p, err := c.saml.Create(tb.Context(), tenants.ByCLI, tenant, saml.Wish{Name: "Staff", MetadataURL: peer.MetadataURL(), Domain: domain})
	require.NoError(tb, err)
	return p.ID.String()
}

// completeSAML has examples name a provider that there is.
func (c *console) completeSAML(o *contract.Operation, r *contract.Request) {
	body, ok := r.Body.(map[string]any)
	if !ok || !strings.Contains(o.Path, "/saml/providers") {
		return
	}
	body["metadata_url"] = c.peer.MetadataURL()
	delete(body, "config")
	delete(body, "metadata_xml")
	delete(body, "metadata_certificate")
	delete(body, "attribute_map")
}

// takenDomain is a change to a domain that another provider has.
func (c *console) takenDomain(base string) func(testing.TB, contract.Request) contract.Answer {
	return func(tb testing.TB, r contract.Request) contract.Answer {
		tb.Helper()
		c.provider(tb, uuid.MustParse(r.Params["id"]), samlpeer.New(tb, samlpeer.Called("https://another.example")), "taken.example")
		body, ok := r.Body.(map[string]any)
		require.True(tb, ok)
		body["domain"] = "taken.example"
		return c.send(tb, c.token, base, r)
	}
}
