package api_test

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crewjam/saml"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/samlpeer"
)

// samlTenant makes a tenant that has SAML switched on.
func (c *console) samlTenant(t *testing.T) string {
	t.Helper()
	id := newID()
	c.must(t, 201, "POST", "/tenants", `{"id":"`+id+`","config":`+samlOn+`}`)
	return id
}

func wishFor(peer *samlpeer.Peer, domain, more string) string {
	return fmt.Sprintf(`{"name":"Staff","metadata_url":%q,"domain":%q%s}`, peer.MetadataURL(), domain, more)
}

func TestCompatibleSAML_ProvidersRoundTrip(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		id := c.samlTenant(t)
		at := "/tenants/" + id + "/saml/providers"
		require.Equal(t, "[]", strings.TrimSpace(c.must(t, 200, "GET", at, "").Text))
		made := c.must(t, 201, "POST", at, wishFor(c.peer, "Staff.Example", `,"enabled":true,"attribute_map":{"email":"mail","phone":""},"extra":1`))
		require.ElementsMatch(t, []string{
			"id", "tenant_id", "name", "entity_id", "metadata_url", "domain", "enabled", "skip_email_verification", "attribute_map", "created_at", "updated_at",
		}, keys(made.JSON))
		require.Equal(t, id, made.str("tenant_id"))
		require.Equal(t, c.peer.EntityID(), made.str("entity_id"))
		require.Equal(t, "staff.example", made.str("domain"))
		require.Equal(t, map[string]any{"email": "mail"}, made.get("attribute_map"))
		require.Equal(t, false, made.get("skip_email_verification"))
		for _, name := range []string{"created_at", "updated_at"} {
			stamp, err := time.Parse("2006-01-02T15:04:05Z", made.str(name))
			require.NoError(t, err, "to the second")
			require.WithinDuration(t, time.Now(), stamp, time.Minute, "not the zero time")
		}
		one := at + "/" + made.str("id")
		require.JSONEq(t, made.Text, c.must(t, 200, "GET", one, "").Text)
		require.JSONEq(t, "["+made.Text+"]", c.must(t, 200, "GET", at, "").Text)

		fetched := c.peer.Fetches.Load()
		put := c.must(t, 200, "PUT", one, wishFor(c.peer, "staff.example", `,"skip_email_verification":true`))
		require.Greater(t, c.peer.Fetches.Load(), fetched, "the metadata is fetched anew")
		require.Equal(t, false, put.get("enabled"), "what is not sent is as in a new one")
		require.NotContains(t, put.JSON, "attribute_map")

		require.Empty(t, c.must(t, 204, "DELETE", one, "").Text)
		for _, method := range []string{"GET", "DELETE", "PUT"} {
			body := ""
			if method == "PUT" {
				body = wishFor(c.peer, "staff.example", "")
			}
			c.do(t, method, one, body).compatibleError(t, 404)
			c.do(t, method, at+"/"+newID(), body).compatibleError(t, 404)
			c.do(t, method, at+"/x", body).compatibleError(t, 400)
		}
	})
}

func TestCompatibleSAML_WhatIsRefused(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		id, off := c.samlTenant(t), newID()
		c.must(t, 201, "POST", "/tenants", `{"id":"`+off+`","config":{}}`)
		at := "/tenants/" + id + "/saml/providers"
		c.must(t, 201, "POST", at, wishFor(c.peer, "staff.example", ""))
		c.do(t, "POST", at, wishFor(samlpeer.New(t), "staff.example", "")).compatibleError(t, 409)
		c.do(t, "POST", at, wishFor(c.peer, "other.example", "")).compatibleError(t, 409)
		second := c.must(t, 201, "POST", at, wishFor(samlpeer.New(t), "other.example", ""))
		c.do(t, "PUT", at+"/"+second.str("id"), wishFor(c.peer, "other.example", "")).compatibleError(t, 409)
		elsewhere := c.samlTenant(t)
		c.must(t, 201, "POST", "/tenants/"+elsewhere+"/saml/providers", wishFor(c.peer, "staff.example", ""))
		c.do(t, "GET", "/tenants/"+elsewhere+"/saml/providers/"+second.str("id"), "").compatibleError(t, 404)
		c.do(t, "DELETE", "/tenants/"+elsewhere+"/saml/providers/"+second.str("id"), "").compatibleError(t, 404)

		for _, path := range []string{"/tenants/" + off + "/saml/providers", "/tenants/" + off + "/saml/providers/" + newID()} {
			c.do(t, "GET", path, "").compatibleError(t, 403)
		}
		c.do(t, "POST", "/tenants/"+off+"/saml/providers", wishFor(c.peer, "staff.example", "")).compatibleError(t, 403)
		c.do(t, "GET", "/tenants/"+newID()+"/saml/providers", "").compatibleError(t, 404)
		c.do(t, "GET", "/tenants/x/saml/providers", "").compatibleError(t, 400)
		for name, body := range map[string]string{
			"nothing": `{}`, "no name": `{"name":" ","metadata_url":"` + c.peer.MetadataURL() + `","domain":"a.example"}`,
			"no domain": wishFor(c.peer, "", ""), "no real domain": wishFor(c.peer, "a b", ""), "no URL": `{"name":"x","domain":"a.example","metadata_url":"x"}`,
			"another scheme": `{"name":"x","domain":"a.example","metadata_url":"file:///etc/passwd"}`,
			"inside":         `{"name":"x","domain":"a.example","metadata_url":"https://10.0.0.1/metadata"}`,
			"nobody there":   `{"name":"x","domain":"a.example","metadata_url":"http://127.0.0.1:9/metadata"}`,
			"a wrong type":   wishFor(c.peer, "a.example", `,"enabled":"yes"`),
		} {
			require.Equal(t, 400, c.do(t, "POST", at, body).Status, name)
		}
	})
}

func TestSAML_MetadataThatCannotBeUsedIsRefused(t *testing.T) {
	t.Parallel()

	c := onSQLite(t)
	at := "/v1/tenants/" + c.samlTenant(t) + "/saml/providers"
	good := string(c.peer.Describe(t, nil))
	other := func(edit func(*saml.EntityDescriptor)) string { return string(samlpeer.New(t).Describe(t, edit)) }
	for name, answer := range map[string]string{
		"nothing":        "",
		"no XML":         "<html><body>Sign in</body>",
		"another root":   strings.ReplaceAll(good, "EntityDescriptor", "EntitiesDescriptor"),
		"no provider":    strings.ReplaceAll(good, "IDPSSODescriptor", "SPSSODescriptor"),
		"no entityID":    other(func(d *saml.EntityDescriptor) { d.EntityID = "" }),
		"a long one":     other(func(d *saml.EntityDescriptor) { d.EntityID = "https://idp.example/" + strings.Repeat("x", 240) }),
		"that of Google": other(func(d *saml.EntityDescriptor) { d.EntityID = "google" }),
		"no service":     other(func(d *saml.EntityDescriptor) { d.IDPSSODescriptors[0].SingleSignOnServices = nil }),
		"a bad certificate": other(func(d *saml.EntityDescriptor) {
			d.IDPSSODescriptors[0].KeyDescriptors[0].KeyInfo.X509Data.X509Certificates[0].Data = "AAAA"
		}),
		"a declaration": `<!DOCTYPE x [<!ENTITY y "z">]>` + good,
		"too much":      good + strings.Repeat("\n", 1<<20),
		"a script":      strings.ReplaceAll(good, c.peer.URL+"/sso", "javascript:alert(1)"),
	} {
		c.peer.Serve(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer)) })
		a := c.do(t, "POST", at, wishFor(c.peer, "staff.example", ""))
		require.Equal(t, 400, a.Status, "%s: %s", name, a.Text)
		require.Equal(t, "unusable_metadata", a.str("code"), name)
	}
	c.peer.Serve(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) })
	require.Equal(t, "unusable_metadata", c.do(t, "POST", at, wishFor(c.peer, "staff.example", "")).str("code"), "redirects are not followed")
	c.peer.Serve(nil)
	c.must(t, 201, "POST", at, wishFor(c.peer, "staff.example", ""))
}

func TestSAML_MetadataCanBeGivenByHandAndPinned(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		at := "/v1/tenants/" + c.samlTenant(t) + "/saml/providers"
		text, err := json.Marshal(string(c.peer.Describe(t, nil)))
		require.NoError(t, err)
		made := c.must(t, 201, "POST", at, `{"name":"Staff","domain":"staff.example","metadata_xml":`+string(text)+`}`)
		require.Zero(t, c.peer.Fetches.Load())
		require.Nil(t, made.get("metadata_refresh_at"), "nobody fetches it")
		require.Empty(t, made.str("metadata_url"))
		require.NotNil(t, made.get("metadata_fetched_at"))

		signed := samlpeer.New(t, samlpeer.SignedMetadata())
		pin := func(p *samlpeer.Peer) string {
			text, err := json.Marshal(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Certificate.Raw})))
			require.NoError(t, err)
			return `,"metadata_certificate":` + string(text)
		}
		c.must(t, 400, "POST", at, wishFor(signed, "signed.example", pin(c.peer)))
		c.must(t, 400, "POST", at, wishFor(samlpeer.New(t), "signed.example", pin(signed)))
		c.must(t, 400, "POST", at, wishFor(signed, "signed.example", `,"metadata_certificate":"x"`))
		pinned := c.must(t, 201, "POST", at, wishFor(signed, "signed.example", pin(signed)))
		require.Contains(t, pinned.str("metadata_certificate"), "BEGIN CERTIFICATE")
		require.NotNil(t, pinned.get("metadata_refresh_at"))
		list := c.must(t, 200, "GET", at, "")
		require.Len(t, list.get("saml_providers"), 2)
		c.must(t, 200, "GET", at+"/"+pinned.str("id"), "")
		c.must(t, 204, "DELETE", at+"/"+pinned.str("id"), "")
	})
}

func TestSAML_CertificatesRotateOneAtATime(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		at := "/v1/tenants/" + c.samlTenant(t) + "/saml/certificates"
		require.Empty(t, c.must(t, 200, "GET", at, "").get("saml_certificates"), "the first is made when it is needed")
		first := c.must(t, 201, "POST", at, "")
		require.Equal(t, "active", first.str("state"), "nobody knows another")
		second := c.must(t, 201, "POST", at, "")
		require.Equal(t, "published", second.str("state"))
		activates, err := time.Parse(time.RFC3339Nano, second.str("activated_at"))
		require.NoError(t, err)
		require.WithinDuration(t, time.Now().Add(7*24*time.Hour), activates, time.Minute)
		require.NotEqual(t, first.str("fingerprint"), second.str("fingerprint"))
		require.Equal(t, "rotation_in_progress", c.must(t, 409, "POST", at, "").str("code"))
		require.Len(t, c.must(t, 200, "GET", at, "").get("saml_certificates"), 2)
		require.NotContains(t, c.must(t, 200, "GET", at, "").Text, "PRIVATE")
		c.must(t, 404, "POST", "/v1/tenants/"+newID()+"/saml/certificates", "")
	})
}

func TestSAML_ManyFirstUsesMakeOneCertificate(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		id := c.samlTenant(t)
		c.must(t, 201, "POST", "/v1/tenants/"+id+"/saml/providers", wishFor(c.peer, "staff.example", `,"enabled":true`))
		tenant, err := c.registry.ByID(t.Context(), uuid.MustParse(id))
		require.NoError(t, err)
		var all sync.WaitGroup
		bodies := make([]string, 4)
		for i := range bodies {
			all.Go(func() {
				d, err := c.saml.CertificatePEM(t.Context(), tenant, "staff.example")
				if err == nil {
					bodies[i] = string(d.Body)
				}
			})
		}
		all.Wait()
		for _, body := range bodies {
			require.NotEmpty(t, body)
			require.Equal(t, bodies[0], body)
		}
		require.Len(t, c.must(t, 200, "GET", "/v1/tenants/"+id+"/saml/certificates", "").get("saml_certificates"), 1)
	})
}
