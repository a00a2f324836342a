package reseal_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/auth/recoverycode"
	"github.com/latchkeep/latchkeep/auth/reseal"
	"github.com/latchkeep/latchkeep/auth/totp"
	"github.com/latchkeep/latchkeep/auth/transfer"
	"github.com/latchkeep/latchkeep/auth/webhook"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/tenant"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/certificates"
)

const (
	first  = "Nf3vWq0xZt7LmB2kRy8uHc5s"
	second = "pG4jXe9dTa6QoV1nKi7wSz3b"
)

var everybody = scope.System("test")

func ring(t testing.TB, secrets ...string) *secret.Keyring {
	t.Helper()
	k, err := secret.NewKeyring(secrets)
	require.NoError(t, err)
	return k
}

// A clock is moved by a test.
type clock struct {
	at time.Time
	// looked at, where not nil, is called when somebody asks for the time: before a pass writes what it prepared, for one.
	looked func()
}

func (c *clock) now() time.Time {
	if c.looked != nil {
		c.looked()
	}
	return c.at
}

func newClock() *clock { return &clock{at: time.Now()} }

func room(st *store.Store, k *secret.Keyring, c *clock) *reseal.Room {
	return reseal.NewRoom(reseal.Needs{
		Store: st, Keyring: k, Outbox: outbox.NewWriter(k, nil), Log: slog.New(slog.DiscardHandler), Now: c.now,
	})
}

// house is a tenant with one sealed text in every place.
type house struct {
	id, user, app, hook, certificate, intent, dead, done, message, delivery, job, flow uuid.UUID
	file                                                                               string
}

// places is how many texts of a house stay for good, and how many expire.
const places, expire = 13, 2

func id() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// withSystem makes the operators' tenant.
func withSystem(t testing.TB, st *store.Store) {
	t.Helper()
	require.NoError(t, st.Do(t.Context(), everybody, func(ctx context.Context, tx *store.Tx) error {
		return tx.Tenant.Create().SetID(tenants.SystemID).SetSlug(tenants.SystemID.String()).SetOrigin("system").SetConfig([]byte("{}")).Exec(ctx)
	}))
}

func build(t testing.TB, st *store.Store, k *secret.Keyring) house {
	t.Helper()
	h := house{
		id: id(), user: id(), app: id(), hook: id(), certificate: id(), intent: id(), dead: id(), done: id(), message: id(), delivery: id(), job: id(), flow: id(),
	}
	h.file = "acme/" + h.id.String()
	in := time.Now().Add(time.Hour)
	require.NoError(t, st.Do(t.Context(), everybody, func(ctx context.Context, tx *store.Tx) error {
		config, err := tenants.RewriteSealed(h.id, []byte(`{"email_delivery":{"smtp":{"password":"x"}}}`), func(_ string, aad []byte) string {
			return k.SealString([]byte("smtp password"), aad)
		})
		if err != nil {
			return err
		}
		tx.Tenant.Create().SetID(h.id).SetSlug(h.id.String()).SetOrigin("v1").SetConfig(config).ExecX(ctx)
		tx.TenantConfigVersion.Create().SetTenantID(h.id).SetVersion(1).SetConfig(config).SetChanges([]byte("[]")).SetActor("cli").ExecX(ctx)
		tx.CertificateFile.Create().SetName(h.file).SetContent(k.Seal([]byte("file"), certificates.SealedFor(h.file))).ExecX(ctx)
		tx.CertificateFile.Create().SetName(h.file + ".lock").SetContent([]byte{}).SetLockedUntil(in).ExecX(ctx)
		return nil
	}))
	require.NoError(t, st.Do(t.Context(), scope.Tenant(h.id), func(ctx context.Context, tx *store.Tx) error {
		tx.User.Create().SetID(h.user).ExecX(ctx)
		tx.SigningKey.Create().SetKid("kid").SetAlg("ES256").SetState("active").SetPublicJwk([]byte("{}")).
			SetPrivateKey(k.Seal([]byte("signing key"), tenants.KeySealedFor(h.id, "kid", 1))).ExecX(ctx)
		tx.SigningKey.Create().SetKid("gone").SetAlg("ES256").SetState("gone").SetPublicJwk([]byte("{}")).SetPrivateKey([]byte{}).ExecX(ctx)
		tx.SAMLCertificate.Create().SetID(h.certificate).SetCertificate("PEM").SetState("active").SetExpiresAt(in).
			SetPrivateKey(saml.SealKey(k, h.id, h.certificate, []byte("saml key"))).ExecX(ctx)
		tx.TOTPSecret.Create().SetID(h.app).SetUserID(h.user).SetSecret(k.Seal([]byte("totp"), totp.SealedFor(h.id, h.user))).ExecX(ctx)
		tx.RecoveryCode.Create().SetUserID(h.user).SetHash(k.Seal([]byte("code"), recoverycode.SealedFor(h.id, h.user))).ExecX(ctx)
		tx.WebhookEndpoint.Create().SetID(h.hook).SetSecrets(k.Seal([]byte("[]"), webhook.SealedFor(h.id, h.hook))).ExecX(ctx)
		tx.WebhookEndpoint.Create().ExecX(ctx)
		for one, state := range map[uuid.UUID]string{h.intent: "ready", h.dead: "dead"} {
			tx.Intent.Create().SetID(one).SetKind("webhook").SetState(state).SetAvailableAt(in).
				SetPayload(k.Seal([]byte("intent"), outbox.SealedFor(h.id, "webhook", one))).ExecX(ctx)
		}
		tx.Intent.Create().SetID(h.done).SetKind("mail").SetState("done").SetAvailableAt(in).SetPayload([]byte{}).ExecX(ctx)
		tx.WebhookDelivery.Create().SetID(h.delivery).SetMessageID(h.message).SetEndpointID(h.hook).SetEvent("user.create").SetState("delivered").
			SetPayload(k.Seal([]byte("delivery"), outbox.SealedFor(h.id, "webhook", h.message))).
			SetOccurredAt(in).SetAvailableAt(in).SetGiveUpAt(in).ExecX(ctx)
		tx.Job.Create().SetID(h.job).SetKind("import").SetState("done").SetOptions([]byte("{}")).SetExpiresAt(in).ExecX(ctx)
		for number := range 2 {
			tx.JobPart.Create().SetJobID(h.job).SetKind("report").SetNumber(number).
				SetData(k.Seal([]byte("part"), transfer.SealedFor(h.id, h.job, "report", number))).ExecX(ctx)
		}
		tx.Flow.Create().SetID(h.flow).SetName("login").SetData(k.Seal([]byte("flow"), []byte("anything"))).SetExpiresAt(in).ExecX(ctx)
		tx.IdempotencyKey.Create().SetHash(bytes.Repeat([]byte("h"), 32)).SetRequestHash([]byte("r")).SetAnswer(k.Seal([]byte("a"), nil)).SetExpiresAt(in).ExecX(ctx)
		return nil
	}))
	return h
}

// opens makes sure that every text of a house that is not about to expire is still what it was, under a keyring.
func (h house) opens(t testing.TB, st *store.Store, k *secret.Keyring) {
	t.Helper()
	ctx := scope.With(t.Context(), everybody)
	read := st.Reader()
	is := func(want string, sealed, aad []byte) {
		t.Helper()
		plain, err := k.Open(sealed, aad)
		require.NoError(t, err, want)
		require.Equal(t, want, string(plain))
	}
	inside := scope.With(t.Context(), scope.Tenant(h.id))
	for _, key := range read.SigningKey.Query().AllX(inside) {
		if key.State == "gone" {
			require.Empty(t, key.PrivateKey)
			continue
		}
		is("signing key", key.PrivateKey, tenants.KeySealedFor(h.id, "kid", 1))
	}
	is("saml key", read.SAMLCertificate.GetX(inside, h.certificate).PrivateKey, saml.SealedFor(h.id, h.certificate))
	is("totp", read.TOTPSecret.GetX(inside, h.app).Secret, totp.SealedFor(h.id, h.user))
	is("code", read.RecoveryCode.Query().OnlyX(inside).Hash, recoverycode.SealedFor(h.id, h.user))
	is("[]", read.WebhookEndpoint.GetX(inside, h.hook).Secrets, webhook.SealedFor(h.id, h.hook))
	is("intent", read.Intent.GetX(inside, h.intent).Payload, outbox.SealedFor(h.id, "webhook", h.intent))
	is("intent", read.Intent.GetX(inside, h.dead).Payload, outbox.SealedFor(h.id, "webhook", h.dead))
	require.Empty(t, read.Intent.GetX(inside, h.done).Payload)
	is("delivery", read.WebhookDelivery.GetX(inside, h.delivery).Payload, outbox.SealedFor(h.id, "webhook", h.message))
	for _, part := range read.JobPart.Query().AllX(inside) {
		is("part", part.Data, transfer.SealedFor(h.id, h.job, "report", part.Number))
	}
	stored := [][]byte{read.Tenant.Query().Where(tenant.ID(h.id)).OnlyX(ctx).Config, read.TenantConfigVersion.Query().OnlyX(inside).Config}
	for _, config := range stored {
		_, err := tenants.RewriteSealed(h.id, config, func(sealed string, aad []byte) string {
			plain, err := k.OpenString(sealed, aad)
			require.NoError(t, err)
			require.Equal(t, "smtp password", string(plain))
			return sealed
		})
		require.NoError(t, err)
	}
	for _, file := range read.CertificateFile.Query().AllX(ctx) {
		if file.Name == h.file {
			is("file", file.Content, certificates.SealedFor(h.file))
		}
	}
}

func quiet(reseal.Progress) {}

func describe(s reseal.Status) string { return fmt.Sprintf("%+v", s) }
