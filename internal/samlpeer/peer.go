// Package samlpeer is a SAML identity provider for tests: one that people sign in to with a browser or with plain HTTP, and one that makes any
// response that a test asks for, honest or not. It is another implementation than the service provider that is tested, as far as the library
// that both use goes.
package samlpeer

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/xml"
	"fmt"
	"html/template"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/stretchr/testify/require"
)

// A Person can sign in at the peer.
type Person struct {
	// NameID is what the peer calls her, and what she enters with the Password.
	NameID, Password string
	// Attributes by name.
	Attributes map[string]string
}

// Emailed is a person who is known by her address and has the usual attributes.
func Emailed(nameID, address string) Person {
	const claims = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
	return Person{NameID: nameID, Password: "a password of the peer", Attributes: map[string]string{
		claims + "emailaddress": address, claims + "name": "Kim Possible", claims + "givenname": "Kim", claims + "surname": "Possible",
	}}
}

// A Peer is a running identity provider. It ends with its test.
type Peer struct {
	// URL is the base; the entity id is the URL of the metadata.
	URL string
	// Key and Certificate sign.
	Key         *rsa.PrivateKey
	Certificate *x509.Certificate
	// Fetches counts how often the metadata was asked for.
	Fetches atomic.Int64

	options options
	idp     *saml.IdentityProvider
	mu      sync.Mutex
	people  map[string]Person
	parties map[string]*saml.EntityDescriptor
	serve   http.HandlerFunc // instead of the metadata, where not nil
}

type options struct {
	postOnly, signedRequests, signedMetadata, plain bool
	entityID                                        string
}

// An Option changes what a peer is.
type Option func(*options)

// PostOnly takes requests by post alone.
func PostOnly() Option { return func(o *options) { o.postOnly = true } }

// SignedRequests refuses requests that are not signed.
func SignedRequests() Option { return func(o *options) { o.signedRequests = true } }

// SignedMetadata signs the metadata.
func SignedMetadata() Option { return func(o *options) { o.signedMetadata = true } }

// Plain encrypts nothing.
func Plain() Option { return func(o *options) { o.plain = true } }

// Called gives the peer another entity id than its metadata's URL.
func Called(entityID string) Option { return func(o *options) { o.entityID = entityID } }

// New starts a peer.
func New(t testing.TB, opts ...Option) *Peer {
	t.Helper()
	p := &Peer{people: map[string]Person{}, parties: map[string]*saml.EntityDescriptor{}}
	for _, opt := range opts {
		opt(&p.options)
	}
	p.Key, p.Certificate = NewCertificate(t, time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour))
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p.URL = server.URL
	p.idp = &saml.IdentityProvider{
		Key: p.Key, Certificate: p.Certificate, SignatureMethod: dsig.RSASHA256SignatureMethod,
		MetadataURL: p.at("/metadata"), SSOURL: p.at("/sso"), Logger: quiet{},
		ServiceProviderProvider: p, SessionProvider: p, WantAuthnRequestsSigned: p.options.signedRequests,
	}
	mux.HandleFunc("GET /metadata", p.metadata)
	mux.HandleFunc("/sso", p.idp.ServeSSO)
	mux.HandleFunc("POST /login", p.login)
	mux.HandleFunc("GET /initiate", func(w http.ResponseWriter, r *http.Request) {
		p.idp.ServeIDPInitiated(w, r, r.URL.Query().Get("sp"), r.URL.Query().Get("relay"))
	})
	return p
}

// NewCertificate makes a key and a self-signed certificate.
func NewCertificate(t testing.TB, from, until time.Time) (*rsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "peer"}, NotBefore: from, NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return key, certificate
}

func (p *Peer) at(path string) url.URL {
	u, err := url.Parse(p.URL + path)
	if err != nil {
		panic(err) // it is ours
	}
	return *u
}

// MetadataURL is where the metadata is.
func (p *Peer) MetadataURL() string { return p.URL + "/metadata" }

// EntityID is what the peer calls itself.
func (p *Peer) EntityID() string {
	if p.options.entityID != "" {
		return p.options.entityID
	}
	return p.MetadataURL()
}

// Describe is the metadata, changed by edit where that is not nil.
func (p *Peer) Describe(t testing.TB, edit func(*saml.EntityDescriptor)) []byte {
	t.Helper()
	text, err := p.describe(edit)
	require.NoError(t, err)
	return text
}

func (p *Peer) describe(edit func(*saml.EntityDescriptor)) ([]byte, error) {
	d := p.idp.Metadata()
	d.EntityID = p.EntityID()
	if p.options.postOnly {
		d.IDPSSODescriptors[0].SingleSignOnServices = []saml.Endpoint{{Binding: saml.HTTPPostBinding, Location: p.URL + "/sso"}}
	}
	if edit != nil {
		edit(d)
	}
	return xml.Marshal(d)
}

// Serve answers requests for the metadata with something else; nil ends that.
func (p *Peer) Serve(handler http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.serve = handler
}

func (p *Peer) metadata(w http.ResponseWriter, r *http.Request) {
	p.Fetches.Add(1)
	p.mu.Lock()
	serve := p.serve
	p.mu.Unlock()
	switch {
	case serve != nil:
		serve(w, r)
	case p.options.signedMetadata:
		p.idp.SignMetadata = true
		p.idp.ServeMetadata(w, r)
	default:
		text, err := p.describe(nil)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = w.Write(text) // the client is gone
	}
}

// Trust takes in the metadata of a service provider.
func (p *Peer) Trust(t testing.TB, metadata []byte) {
	t.Helper()
	var d saml.EntityDescriptor
	require.NoError(t, xml.Unmarshal(metadata, &d), "%s", metadata)
	if p.options.plain {
		for i := range d.SPSSODescriptors {
			keys := d.SPSSODescriptors[i].KeyDescriptors
			d.SPSSODescriptors[i].KeyDescriptors = nil
			for _, key := range keys {
				if key.Use == "signing" {
					d.SPSSODescriptors[i].KeyDescriptors = append(d.SPSSODescriptors[i].KeyDescriptors, key)
				}
			}
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.parties[d.EntityID] = &d
}

// GetServiceProvider implements saml.ServiceProviderProvider.
func (p *Peer) GetServiceProvider(_ *http.Request, id string) (*saml.EntityDescriptor, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d, ok := p.parties[id]; ok {
		return d, nil
	}
	return nil, os.ErrNotExist
}

// Add lets people sign in.
func (p *Peer) Add(people ...Person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, person := range people {
		p.people[person.NameID] = person
	}
}

// quiet hears what the library would log, and keeps it to itself.
type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Print(...any)          {}
func (quiet) Println(...any)        {}
func (quiet) Fatal(...any)          {}
func (quiet) Fatalf(string, ...any) {}
func (quiet) Fatalln(...any)        {}
func (quiet) Panic(...any)          {}
func (quiet) Panicf(string, ...any) {}
func (quiet) Panicln(...any)        {}

const cookie = "peer"

// GetSession implements saml.SessionProvider: it shows a form to who is not signed in.
func (p *Peer) GetSession(w http.ResponseWriter, r *http.Request, req *saml.IdpAuthnRequest) *saml.Session {
	forced := req.Request.ForceAuthn != nil && *req.Request.ForceAuthn
	person, ok := p.signedIn(r)
	if !ok || forced && r.URL.Query().Get("fresh") == "" {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = form.Execute(w, r.URL.RequestURI()) // the client is gone
		return nil
	}
	now := time.Now()
	s := &saml.Session{
		ID: person.NameID, Index: person.NameID, CreateTime: now, ExpireTime: now.Add(time.Hour),
		NameID: person.NameID, NameIDFormat: string(saml.PersistentNameIDFormat),
	}
	for name, value := range person.Attributes {
		s.CustomAttributes = append(s.CustomAttributes, saml.Attribute{Name: name, Values: []saml.AttributeValue{{Type: "xs:string", Value: value}}})
	}
	return s
}

func (p *Peer) signedIn(r *http.Request) (Person, bool) {
	c, err := r.Cookie(cookie)
	if err != nil {
		return Person{}, false
	}
	name, err := url.QueryUnescape(c.Value)
	if err != nil {
		return Person{}, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	person, ok := p.people[name]
	return person, ok
}

var form = template.Must(template.New("login").Parse(`<!doctype html><meta charset="utf-8"><title>The peer</title>` +
	`<form method="post" action="/login"><input type="hidden" name="next" value="{{.}}"><input name="user" id="user">` +
	`<input name="password" id="password" type="password"><button id="sign-in">Sign in</button></form>`))

// login takes the form.
func (p *Peer) login(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	person, ok := p.people[r.FormValue("user")]
	p.mu.Unlock()
	if !ok || person.Password != r.FormValue("password") {
		http.Error(w, "who is that?", http.StatusForbidden)
		return
	}
	next := r.FormValue("next")
	if next == "" || next[0] != '/' {
		next = "/"
	}
	u, err := url.Parse(next)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	u.RawQuery += "&fresh=1"
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: url.QueryEscape(person.NameID), Path: "/"})
	w.Header().Set("Location", fmt.Sprint(u))
	w.WriteHeader(http.StatusSeeOther)
}
