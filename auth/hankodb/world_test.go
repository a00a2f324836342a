package hankodb_test

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/latchkeep/latchkeep/internal/authenticator"
	"github.com/latchkeep/latchkeep/pkg/totp"
	"github.com/latchkeep/latchkeep/tenants/config"
)

const (
	oldSecret  = "the secret of an old installation"
	rpID       = "shop.example"
	origin     = "https://shop.example"
	password   = "correct horse battery"
	firebase   = "Tr0ub4dor&3"
	fbscrypt   = "$fbscrypt$v=1,n=12,r=8,p=1,ss=Bw==,sk=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==$c3BlYy1zYWx0LTAx$3YNDvw1CkvYol72BG5qwTDVV6vU7wbLfPDreeHQKVG1WUjtWwNKJ+EMY2Cp+ZuPiR558VhIH5p53yTJ9SqUYAg=="
	dayOfTests = 24 * time.Hour
)

// now is when the old rows were written: a day ago.
var now = time.Now().UTC().Add(-dayOfTests).Truncate(time.Microsecond)

// seal encrypts as session §3.2 says.
func seal(t testing.TB, secret string, plain []byte) string {
	t.Helper()
	key := sha256.Sum256([]byte(secret))
	block, err := aes.NewCipher(key[:])
	require.NoError(t, err)
	gcm, err := cipher.NewGCM(block)
	require.NoError(t, err)
	nonce := make([]byte, gcm.NonceSize())
	_, _ = rand.Read(nonce)
	return base64.URLEncoding.EncodeToString(gcm.Seal(nonce, nonce, plain, nil))
}

// A signer is a key that Hanko signed with.
type signer struct {
	kid string
	key *rsa.PrivateKey
}

// keys are of the size that Hanko makes. They come from a file, for making each takes seconds.
var keys = sync.OnceValue(func() []*rsa.PrivateKey {
	rest, err := os.ReadFile("testdata/signing-keys.pem")
	if err != nil {
		panic(err)
	}
	var read []*rsa.PrivateKey
	for block, rest := pem.Decode(rest); block != nil; block, rest = pem.Decode(rest) {
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			panic(err)
		}
		read = append(read, key.(*rsa.PrivateKey))
	}
	return read
})

func newSigner(n int) *signer { return &signer{uuid.NewString(), keys()[n]} }

// jwk is the private JWK as it is stored, before it is sealed.
func (s *signer) jwk(t testing.TB) []byte {
	t.Helper()
	enc := func(n *big.Int) string { return base64.RawURLEncoding.EncodeToString(n.Bytes()) }
	k := s.key
	raw, err := json.Marshal(map[string]string{
		"alg": "RS256", "use": "sig", "kty": "RSA", "kid": s.kid, "n": enc(k.N), "e": enc(big.NewInt(int64(k.E))), "d": enc(k.D),
		"p": enc(k.Primes[0]), "q": enc(k.Primes[1]), "dp": enc(k.Precomputed.Dp), "dq": enc(k.Precomputed.Dq), "qi": enc(k.Precomputed.Qinv),
	})
	require.NoError(t, err)
	return raw
}

// token signs claims.
func (s *signer) token(t testing.TB, claims map[string]any) string {
	t.Helper()
	enc := func(v any) string {
		raw, err := json.Marshal(v)
		require.NoError(t, err)
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	text := enc(map[string]string{"alg": "RS256", "kid": s.kid, "typ": "JWT"}) + "." + enc(claims)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, digest[:])
	require.NoError(t, err)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// A member is somebody with an account, as a test needs to know her.
type member struct {
	id       uuid.UUID
	email    string
	emailID  uuid.UUID
	session  uuid.UUID
	token    string // of the session
	password string
	app      string
	device   *authenticator.Authenticator
	trust    string // token of the trusted device
}

// A world is a tenant of the old installation with people of every kind.
type world struct {
	tenant                              uuid.UUID
	old, newest                         *signer
	kim, lee, pia, ola, tom, una, ida   *member
	unclaimed, pendingIdentity, webhook uuid.UUID
	certificate, provider               uuid.UUID
	certificateKey                      []byte
}

func tenantConfig(t testing.TB) string {
	t.Helper()
	c := config.Default()
	c.WebAuthn.RelyingParty.ID, c.WebAuthn.RelyingParty.Origins = rpID, []string{origin}
	c.Service.Name = "Corner Shop"
	c.Username.Enabled = true
	c.Username.UseAsLoginIdentifier = true
	c.Email.AcquireOnLogin, c.Username.AcquireOnLogin = false, false
	c.Session.Audience = []string{"shop"}
	c.EmailDelivery.SMTP.Host, c.EmailDelivery.SMTP.Password = "mail.shop.example", "a password of the mail host"
	raw, err := config.MarshalCompatible(c)
	require.NoError(t, err)
	return string(raw)
}

// person inserts a user with a verified primary address.
func (h *hanko) person(tenant uuid.UUID, address string) *member {
	m := &member{id: uuid.New(), email: address, emailID: uuid.New()}
	h.insert("users", record{"id": m.id, "tenant_id": tenant, "name": "Name of " + address})
	if address != "" {
		h.insert("emails", record{"id": m.emailID, "tenant_id": tenant, "user_id": m.id, "address": address, "verified": true})
		h.insert("primary_emails", record{"tenant_id": tenant, "email_id": m.emailID, "user_id": m.id})
	}
	return m
}

func (h *hanko) password(tenant uuid.UUID, m *member, plain, hash string) {
	m.password = plain
	h.insert("password_credentials", record{"tenant_id": tenant, "user_id": m.id, "password": hash})
}

func (h *hanko) session(tenant uuid.UUID, m *member, s *signer) {
	m.session = uuid.New()
	begun, expires := now, now.Add(2*dayOfTests)
	m.token = s.token(h.t, map[string]any{
		"sub": m.id.String(), "iat": begun.Unix(), "exp": expires.Unix(), "aud": []string{"shop"}, "session_id": m.session.String(), "amr": []string{"pwd"},
		"email": map[string]any{"address": m.email, "is_primary": true, "is_verified": true},
	})
	h.insert("sessions", record{
		"id": m.session, "tenant_id": tenant, "user_id": m.id, "user_agent": "An old browser", "ip_address": "192.0.2.7",
		"expires_at": expires, "last_used": begun,
	})
}

func (h *hanko) passkey(tenant uuid.UUID, m *member, handle string) {
	m.device = authenticator.New(origin, authenticator.Synced())
	r := record{"tenant_id": tenant, "user_id": m.id, "name": "Phone", "attestation_type": "none", "aaguid": uuid.Nil, "sign_count": 0,
		"backup_eligible": false, "backup_state": false, "mfa_only": false}
	userHandle := m.id[:]
	if handle != "" {
		id := uuid.New()
		h.insert("webauthn_credential_user_handles", record{"id": id, "tenant_id": tenant, "user_id": m.id, "handle": handle})
		r["user_handle_id"], userHandle = id, []byte(handle)
	}
	c := m.device.Import(rpID, userHandle)
	r["id"], r["public_key"] = c.EncodedID(), base64.RawURLEncoding.EncodeToString(c.PublicKey())
	h.insert("webauthn_credentials", r)
	for _, transport := range []string{"internal", "hybrid"} {
		h.insert("webauthn_credential_transports", record{"tenant_id": tenant, "name": transport, "webauthn_credential_id": c.EncodedID()})
	}
}

// populate fills a tenant.
func populate(t testing.TB, h *hanko, tenant uuid.UUID, domain string) *world {
	t.Helper()
	w := &world{tenant: tenant, old: newSigner(0), newest: newSigner(1)}
	w.unclaimed, w.pendingIdentity, w.webhook, w.provider = uuid.New(), uuid.New(), uuid.New(), uuid.New()
	for n, s := range []*signer{w.old, w.newest} {
		h.insert("jwks", record{"tenant_id": tenant, "key_data": seal(t, oldSecret, s.jwk(t)), "created_at": now.Add(time.Duration(n) * time.Minute)})
	}
	cheap, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	require.NoError(t, err)
	hash := string(cheap)

	w.kim = h.person(tenant, "kim@"+domain)
	h.password(tenant, w.kim, password, hash)
	h.session(tenant, w.kim, w.newest)
	w.lee = h.person(tenant, "lee@"+domain)
	h.password(tenant, w.lee, firebase, fbscrypt)
	h.session(tenant, w.lee, w.old)
	w.pia = h.person(tenant, "pia@"+domain)
	h.passkey(tenant, w.pia, "")
	w.ola = h.person(tenant, "ola@"+domain)
	h.passkey(tenant, w.ola, "legacy-"+domain)

	w.tom = h.person(tenant, "tom@"+domain)
	h.password(tenant, w.tom, password, hash)
	w.tom.app = totp.NewSecret()
	h.insert("otp_secrets", record{"tenant_id": tenant, "user_id": w.tom.id, "secret": w.tom.app})
	random := make([]byte, 64)
	_, _ = rand.Read(random)
	w.tom.trust = base64.URLEncoding.EncodeToString(random)
	h.insert("trusted_devices", record{"tenant_id": tenant, "user_id": w.tom.id, "device_token": w.tom.trust, "expires_at": now.Add(30 * dayOfTests)})

	w.una = h.person(tenant, "")
	h.password(tenant, w.una, password, hash)
	h.insert("usernames", record{"tenant_id": tenant, "user_id": w.una.id, "username": "una"})
	h.insert("user_metadata", record{
		"tenant_id": tenant, "user_id": w.una.id, "public_metadata": `{"plan": "pro"}`, "private_metadata": `{"note": 1}`, "unsafe_metadata": nil,
	})

	w.ida = h.person(tenant, "ida@"+domain)
	h.insert("emails", record{"tenant_id": tenant, "user_id": w.ida.id, "address": "ida.two@" + domain, "verified": false})
	saml := uuid.New()
	h.insert("identities", record{
		"tenant_id": tenant, "provider_user_id": "g-1", "provider_id": "google", "data": `{"sub": "g-1"}`, "email_id": w.ida.emailID, "user_id": w.ida.id,
	})
	h.insert("identities", record{
		"id": saml, "tenant_id": tenant, "provider_user_id": "name-id", "provider_id": "https://idp.example", "email_id": w.ida.emailID, "user_id": w.ida.id,
	})
	h.insert("saml_identities", record{"tenant_id": tenant, "identity_id": saml, "domain": "idp.example"})
	h.insert("emails", record{"id": w.unclaimed, "tenant_id": tenant, "address": "nobody@" + domain, "verified": false})
	h.insert("identities", record{
		"id": w.pendingIdentity, "tenant_id": tenant, "provider_user_id": "g-2", "provider_id": "google", "email_id": w.ida.emailID,
	})
	populateRest(t, h, w)
	return w
}

// populateRest adds what belongs to the tenant itself.
func populateRest(t testing.TB, h *hanko, w *world) {
	t.Helper()
	h.insert("webhooks", record{"id": w.webhook, "tenant_id": w.tenant, "callback": "https://hooks.shop.example/x", "enabled": true, "failures": 2,
		"expires_at": now.Add(30 * dayOfTests)})
	for n, event := range []string{"user", "email.send"} {
		h.insert("webhook_events", record{"tenant_id": w.tenant, "webhook_id": w.webhook, "event": event, "created_at": now.Add(time.Duration(n) * time.Second)})
	}
	for n := range 5 {
		h.insert("audit_logs", record{
			"tenant_id": w.tenant, "type": "login_success", "meta_http_request_id": "req-" + strconv.Itoa(n), "meta_source_ip": "192.0.2.1",
			"meta_user_agent": "An old browser", "actor_user_id": w.kim.id, "actor_email": "k*****@shop.example", "details": `{"flow_id": "x"}`,
			"created_at": now.Add(-time.Duration(n) * time.Hour),
		})
	}
	h.insert("saml_providers", record{
		"id": w.provider, "tenant_id": w.tenant, "name": "IdP", "entity_id": "https://idp.example", "metadata_url": "https://idp.example/metadata",
		"domain": "idp.example", "enabled": true, "skip_email_verification": false, "attribute_map": `{"email": "mail"}`,
	})
	h.insert("saml_idp_metadata", record{
		"tenant_id": w.tenant, "provider_id": w.provider, "raw_metadata_xml": "<EntityDescriptor/>", "issuer": "https://idp.example", "last_fetched_at": now,
	})
	w.certificate = uuid.New()
	key := keys()[2]
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sp"}, NotBefore: now, NotAfter: now.Add(365 * dayOfTests)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	w.certificateKey = pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	own := base64.URLEncoding.EncodeToString(make([]byte, 31)) + rand.Text()
	h.insert("saml_certificates", record{
		"id": w.certificate, "tenant_id": w.tenant, "cert_data": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		"cert_key": seal(t, own, w.certificateKey), "encryption_key": own,
	})
}
