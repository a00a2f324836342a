package saml

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	"github.com/google/uuid"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/tenants"
)

// An outgoing is a request to a provider.
type outgoing struct {
	id, relay string
	now       time.Time
}

// address is where the browser takes the request: to the provider, or to our page that posts it there. Spec: saml §5.3.
func (r *Room) address(ctx context.Context, t *tenants.Tenant, to *idp, o outgoing) (string, error) {
	sp, err := r.requester(ctx, t, o.now)
	if err != nil {
		return "", err
	}
	request := authnRequest(t, to.sso, o)
	if to.post {
		return r.postAddress(t, sp, request, o)
	}
	u, err := request.Redirect(o.relay, sp)
	if err != nil {
		return "", fmt.Errorf("write a SAML request: %w", err)
	}
	return u.String(), nil
}

// requester is the tenant as one who asks: with the key that signs, where requests are to be signed.
func (r *Room) requester(ctx context.Context, t *tenants.Tenant, now time.Time) (*saml.ServiceProvider, error) {
	sp := &saml.ServiceProvider{EntityID: serviceOf(t).entityID, Clock: dsig.NewFakeClockAt(now)}
	if !t.Config.SAML.Options.SignAuthnRequests {
		return sp, nil
	}
	rows, err := r.ensure(ctx, t)
	if err != nil {
		return nil, err
	}
	signer, err := r.open(rows[0])
	if err != nil {
		return nil, err
	}
	sp.Key, sp.Certificate, sp.SignatureMethod = signer.key, signer.certificate, dsig.RSASHA256SignatureMethod
	return sp, nil
}

func newRequestID() string { return "_" + uuid.NewString() }

func authnRequest(t *tenants.Tenant, destination string, o outgoing) *saml.AuthnRequest {
	s, create := serviceOf(t), true
	request := &saml.AuthnRequest{
		ID: o.id, Version: "2.0", IssueInstant: o.now.Truncate(time.Second), Destination: destination,
		Issuer: &saml.Issuer{Value: s.entityID}, NameIDPolicy: &saml.NameIDPolicy{AllowCreate: &create},
		ProtocolBinding: saml.HTTPPostBinding, AssertionConsumerServiceURL: s.acs,
	}
	if t.Config.SAML.Options.ForceLogin {
		force := true
		request.ForceAuthn = &force
	}
	return request
}

// A Form is what our page posts to a provider that takes no redirects.
type Form struct {
	Action      string `json:"action"`
	SAMLRequest string `json:"request"`
	RelayState  string `json:"relay"`
	Until       int64  `json:"until"` // Unix seconds
}

// postAddress is the address of our page, with all that it posts sealed into it.
func (r *Room) postAddress(t *tenants.Tenant, sp *saml.ServiceProvider, request *saml.AuthnRequest, o outgoing) (string, error) {
	if sp.SignatureMethod != "" {
		if err := sp.SignAuthnRequest(request); err != nil {
			return "", fmt.Errorf("sign a SAML request: %w", err)
		}
	}
	doc := etree.NewDocument()
	doc.SetRoot(request.Element())
	text, err := doc.WriteToBytes()
	if err != nil {
		return "", fmt.Errorf("write a SAML request: %w", err)
	}
	form, err := json.Marshal(Form{
		request.Destination, base64.StdEncoding.EncodeToString(text), o.relay, o.now.Add(formTTL).Unix(),
	})
	if err != nil {
		return "", fmt.Errorf("write a SAML request: %w", err)
	}
	sealed := base64.RawURLEncoding.EncodeToString(r.n.Keyring.Seal(form, formContext(t.ID)))
	return serviceOf(t).entityID + "/saml/request?data=" + sealed, nil
}

// formTTL is how long a page that posts a request can be opened.
const formTTL = 5 * time.Minute

// OpenForm opens what is sealed into the address of our page. It reports false for what is none of the tenant's, or too old.
func (r *Room) OpenForm(t *tenants.Tenant, data string) (Form, bool) {
	var f Form
	sealed, err := base64.RawURLEncoding.DecodeString(data)
	if err != nil {
		return f, false
	}
	plain, err := r.n.Keyring.Open(sealed, formContext(t.ID))
	if err != nil || json.Unmarshal(plain, &f) != nil {
		return f, false
	}
	return f, r.now().Unix() < f.Until
}

func formContext(tenant uuid.UUID) []byte { return fmt.Appendf(nil, "saml-form|%s", tenant) }

// idpOf reads the metadata of a provider's row.
func idpOf(row *ent.SAMLProvider) (*idp, error) {
	i, _, err := parseIDP([]byte(row.MetadataXML), nil) // whose signature was checked before it was stored
	if err != nil {
		return nil, fmt.Errorf("read the metadata of SAML provider %s: %w", row.ID, err)
	}
	if i.metadata.EntityID != row.EntityID {
		return nil, fmt.Errorf("the metadata of SAML provider %s is that of another entity", row.ID)
	}
	return i, nil
}

// digest names a use: of a request by its nonce, of an assertion by its issuer and id.
func digest(parts ...string) []byte {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d|%s", len(p), p)
	}
	return h.Sum(nil)
}

// domainOf is the part of an address after its last @, in lower case.
func domainOf(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}

// isAbsolute reports whether a text is a URL with a scheme and something behind it.
func isAbsolute(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme != "" && (u.Host != "" || u.Opaque != "" || u.Path != "")
}
