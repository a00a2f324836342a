package bundle_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/bundle"
	"github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/auth/recoverycode"
	"github.com/latchkeep/latchkeep/auth/totp"
	"github.com/latchkeep/latchkeep/auth/webhook"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/pkg/password"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// A place is a deployment: a database, secrets and a public URL of its own.
type place struct {
	store   *store.Store
	keys    *secret.Keyring
	tenants *tenants.Provisioner
	room    *bundle.Room
	clock   *clock
}

// clock goes only when told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type freshKeys struct{}

func (freshKeys) Get(_ context.Context, alg jose.Alg) (*jose.Key, error) { return jose.Generate(alg) }

func newPlace(t testing.TB, dialect, url string) *place {
	t.Helper()
	st, _ := testdb.New(t, dialect)
	return placeOn(t, st, url)
}

func placeOn(t testing.TB, st *store.Store, url string) *place {
	t.Helper()
	p := &place{store: st, clock: &clock{now: time.Now().UTC()}}
	var err error
	p.keys, err = secret.NewKeyring([]string{secret.Generate()})
	require.NoError(t, err)
	addresses, err := tenants.NewAddresses(url, "http://localhost:8001", false)
	require.NoError(t, err)
	registry := tenants.NewRegistry(tenants.RegistryOptions{Store: p.store, Keyring: p.keys, Addresses: addresses, Now: p.clock.Now})
	p.tenants = tenants.NewProvisioner(tenants.ProvisionerOptions{
		Store: p.store, Keyring: p.keys, Registry: registry, Keys: freshKeys{}, Now: p.clock.Now, Outbox: outbox.NewWriter(p.keys, nil),
	})
	p.room = bundle.NewRoom(bundle.Needs{Store: p.store, Keyring: p.keys, Tenants: p.tenants, Version: "test"})
	return p
}

// here is the address of a deployment, elsewhere that of another.
const (
	here      = "https://auth.example.com"
	elsewhere = "https://login.example.org"
)

var identity = sync.OnceValue(func() *age.X25519Identity {
	i, err := age.GenerateX25519Identity()
	if err != nil {
		panic(err)
	}
	return i
})

func forUs() bundle.Lock { return bundle.Lock{Recipients: []string{identity().Recipient().String()}} }
func ours() bundle.Key   { return bundle.Key{Identity: identity().String()} }

// export is a tenant as a bundle.
func (p *place) export(t testing.TB, id uuid.UUID) []byte {
	t.Helper()
	var file bytes.Buffer
	e, err := p.room.Prepare(t.Context(), id, bundle.ExportOptions{Lock: forUs()})
	require.NoError(t, err)
	_, err = e.Write(t.Context(), tenants.ByCLI, &file)
	require.NoError(t, err)
	return file.Bytes()
}

func (p *place) imports(t testing.TB, file []byte) (*bundle.Imported, error) {
	t.Helper()
	return p.room.Import(t.Context(), tenants.ByCLI, bytes.NewReader(file), bundle.ImportOptions{Key: ours()})
}

// plain are the lines inside a bundle.
func plain(t testing.TB, file []byte) []string {
	t.Helper()
	r, err := age.Decrypt(bytes.NewReader(file), identity())
	require.NoError(t, err)
	text, err := io.ReadAll(r)
	require.NoError(t, err)
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// locked is a bundle of lines; where they have no summary, it gets one that is right.
func locked(t testing.TB, lines ...string) []byte {
	t.Helper()
	text := strings.Join(lines, "\n") + "\n"
	if !strings.Contains(lines[len(lines)-1], `"kind":"summary"`) {
		rows := map[string]int{}
		for _, l := range lines[1:] {
			var row struct{ Kind string }
			if json.Unmarshal([]byte(l), &row) == nil {
				rows[row.Kind]++
			}
		}
		counts, err := json.Marshal(rows)
		require.NoError(t, err)
		text += fmt.Sprintf(`{"kind":"summary","rows":%s,"sha256":"%x"}`+"\n", counts, sha256.Sum256([]byte(text)))
	}
	return sealed(t, text)
}

func sealed(t testing.TB, text string) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := age.Encrypt(&file, identity().Recipient())
	require.NoError(t, err)
	_, err = io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return file.Bytes()
}

// rows are the rows in a bundle, the same however a database writes JSON.
func rows(t testing.TB, file []byte) []string {
	t.Helper()
	var all []string
	for _, l := range plain(t, file)[1:] {
		var row map[string]any
		d := json.NewDecoder(strings.NewReader(l))
		d.UseNumber()
		require.NoError(t, d.Decode(&row))
		if row["kind"] == "summary" {
			continue
		}
		text, err := json.Marshal(row)
		require.NoError(t, err)
		all = append(all, string(text))
	}
	slices.Sort(all)
	return all
}

// shop makes a tenant with something in every table.
func (p *place) shop(t testing.TB, slug string) *tenants.Record {
	t.Helper()
	r, err := p.tenants.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{
		Slug: slug, Name: "The Shop", Config: []byte(`{"email_delivery":{"enabled":true,"smtp":{"host":"mail.example","password":"of the mail server"}}}`),
	})
	require.NoError(t, err)
	_, err = p.tenants.RotateKey(t.Context(), tenants.ByCLI, r.ID)
	require.NoError(t, err)
	require.NoError(t, p.store.Do(t.Context(), scope.Tenant(r.ID), func(ctx context.Context, tx *store.Tx) error {
		p.fill(ctx, t, tx, r.ID)
		return nil
	}))
	return r
}

// bcrypt is the hash of a password that nobody knows.
const bcrypt = "$2a$04$abcdefghijklmnopqrstuu5LzIXLwA5lqQZRQk2.SmNIpVSXAA3a2"

func hash(of string) []byte {
	sum := sha256.Sum256([]byte(of))
	return sum[:]
}

// fill writes a row into every table that moves.
func (p *place) fill(ctx context.Context, t testing.TB, tx *store.Tx, id uuid.UUID) {
	t.Helper()
	at := p.clock.Now().Truncate(time.Microsecond)
	soon := at.Add(24 * time.Hour)
	kim, mail, hook, cert := uuid.New(), uuid.New(), uuid.New(), uuid.New()
	tx.User.Create().SetID(kim).SetName("Kim ☃").SetUsername("kim").SetUsernameID(uuid.New()).SetUsernameCreatedAt(at).SetBlockedAt(at).
		SetPublicMetadata(`{"plan":"gold","n":1.50}`).SetPrivateMetadata(`{"x":["y"]}`).ExecX(ctx)
	tx.User.Create().SetName("Sam").ExecX(ctx)
	tx.Email.Create().SetID(mail).SetUserID(kim).SetAddress("kim@shop.example").SetIsVerified(true).SetPrimaryOf(kim).ExecX(ctx)
	tx.Email.Create().SetUserID(kim).SetAddress("k@shop.example").ExecX(ctx)
	tx.Email.Create().SetAddress("nobody@shop.example").ExecX(ctx)
	tx.PasswordCredential.Create().SetUserID(kim).SetHash(bcrypt).SetFormat(int(password.FormatOf(bcrypt))).ExecX(ctx)
	tx.WebauthnCredential.Create().SetUserID(kim).SetCredentialID([]byte{0, 1, 255}).SetCredentialHash(hash("\x00\x01\xff")).SetPublicKey([]byte("cose")).
		SetAaguid(uuid.New()).SetTransports([]string{"internal", "hybrid"}).SetSignCount(7).SetBackupEligible(true).SetUserHandle([]byte("handle")).
		SetLastUsedAt(at).ExecX(ctx)
	apps := totp.NewRoom(p.store, p.keys)
	app, err := apps.Seal(id, kim, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
	require.NoError(t, err)
	tx.TOTPSecret.Create().SetUserID(kim).SetSecret(app).SetLastValidatedStep(59).ExecX(ctx)
	tx.RecoveryCode.Create().SetUserID(kim).SetHash(p.keys.Seal(hash("code"), recoverycode.SealedFor(id, kim))).SetUsedAt(at).ExecX(ctx)
	tx.RecoveryCode.Create().SetUserID(kim).SetHash(p.keys.Seal(hash("another"), recoverycode.SealedFor(id, kim))).ExecX(ctx)
	tx.Identity.Create().SetProviderID("google").SetSubject("42").SetUserID(kim).SetEmailID(mail).SetClaims(`{"sub":"42"}`).ExecX(ctx)
	tx.Session.Create().SetUserID(kim).SetUserAgent("a browser").SetIPAddress("192.0.2.7").SetAmr([]string{"pwd"}).SetExpiresAt(soon).SetLastUsedAt(at).ExecX(ctx)
	tx.TrustedDevice.Create().SetUserID(kim).SetTokenHash(hash("device")).SetExpiresAt(soon).ExecX(ctx)
	tx.APIKey.Create().SetName("back end").SetHint("lka_…abcd").SetHash(hash("key" + id.String())).SetScopes([]string{"users:*"}).SetExpiresAt(soon).ExecX(ctx)
	certificate, private := certificate(t)
	tx.SAMLCertificate.Create().SetID(cert).SetCertificate(certificate).SetPrivateKey(saml.SealKey(p.keys, id, cert, private)).SetState("active").
		SetExpiresAt(soon).ExecX(ctx)
	tx.SAMLProvider.Create().SetName("Okta").SetEntityID("urn:okta").SetDomain("shop.example").SetAttributeMap(json.RawMessage(`{"name":"n"}`)).ExecX(ctx)
	tx.TenantDomain.Create().SetHost("login.shop.example").SetChallenge("prove-it").ExecX(ctx)
	tx.Webhook.Create().SetID(hook).SetCallback("https://shop.example/hook").SetEvents(json.RawMessage(`[{"id":"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2d","event":"user"}]`)).
		SetExpiresAt(soon).ExecX(ctx)
	secrets, err := webhook.SealSecrets(p.keys, id, hook, []byte(`[{"k":"c2VjcmV0"}]`))
	require.NoError(t, err)
	tx.WebhookEndpoint.Create().SetID(hook).SetSecrets(secrets).SetFailures(2).SetLastError("it was down").ExecX(ctx)
	tx.UsageDay.Create().SetDay(20000).SetMetric("sign_ins/passkey/succeeded").SetAmount(12).ExecX(ctx)
	tx.UsagePerson.Create().SetMonth(650).SetUserID(kim).SetDay(20000).ExecX(ctx)
	tx.AuditLog.Create().SetSequence(1).SetType("login_success").SetActorUserID(kim).SetActorEmail("k***").SetDetails(json.RawMessage(`{"b":2,"a":1}`)).
		SetSalt(hash("salt")).SetCommitment(hash("c")).SetHash(hash("h")).ExecX(ctx)
	tx.AuditCheckpoint.Create().SetSequence(1).SetHash(hash("h")).SetSignature("a.b.c").ExecX(ctx)
}

// certificate is a certificate with its key, as PEM.
func certificate(t testing.TB) (string, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "shop"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
}

// left are the tables of a tenant that have rows, and "tenants" where she has one herself.
func (p *place) left(t testing.TB, id uuid.UUID) int {
	t.Helper()
	n, err := p.store.Reader().Tenant.Query().Count(scope.With(t.Context(), scope.Tenant(id)))
	require.NoError(t, err)
	users, err := p.store.Reader().User.Query().Count(scope.With(t.Context(), scope.Tenant(id)))
	require.NoError(t, err)
	return n + users
}

// crowd is how many people crowd adds.
const crowd = 1200

// crowd adds so many people that their bundle is read in several parts.
func (p *place) crowd(t testing.TB, id uuid.UUID) {
	t.Helper()
	require.NoError(t, p.store.Do(t.Context(), scope.Tenant(id), func(ctx context.Context, tx *store.Tx) error {
		rows := make([]*ent.User, crowd)
		at := p.clock.Now().Truncate(time.Microsecond)
		for i := range rows {
			rows[i] = &ent.User{ID: uuid.New(), Name: strings.Repeat("Kim ", 50), CreatedAt: at, UpdatedAt: at}
		}
		return tx.Raw.InsertUsers(ctx, rows)
	}))
}
