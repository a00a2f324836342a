package isolation_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/operator"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/identity"
	"github.com/latchkeep/latchkeep/ent/passcode"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/signingkey"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/ent/webauthncredential"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
)

// A house is a tenant that has one of everything.
type house struct {
	*testenv.Tenant
	kim     *testenv.Person
	session *testenv.Session
	// admin talks to the admin API with its key, and operators to the console with a token that is confined to it.
	admin, operators *testenv.Admin
	// things are the ids of what it has, by kind.
	things map[string]string
	// left is a conversation that left for a provider.
	left *testenv.Flow
	// code is one that was mailed to kim, and not used.
	code string
}

const houseConfig = `{"username": {"enabled": true}, "mfa": {"recovery_codes": {"enabled": true}}, "passkey": {"enabled": true},
	"password": {"enabled": true}, "saml": {"enabled": true, "endpoint_url": "http://%[1]s.latchkeep.test", "audience_uri": "http://%[1]s.latchkeep.test",
	"default_redirect_url": "https://app.shop.example/start", "allowed_redirect_urls": ["https://app.shop.example/**"]}, ` + testenv.ThirdParty + `,
	` + testenv.Webhook + `}`

func furnish(t *testing.T, env *testenv.Env, slug string) *house {
	t.Helper()
	h := &house{Tenant: env.Tenant(t, slug, fmt.Sprintf(houseConfig, slug)), things: map[string]string{}}
	h.things["tenant"], h.things["slug"] = h.ID.String(), slug
	h.kim = h.Person(t, testenv.NewPerson{
		Email: "kim@" + slug + ".example", Username: "kim-of-" + slug, Password: testenv.Password + slug,
		Factors: testenv.Factors{Passkey: true, SecurityKey: true, App: true},
	})
	h.things["user"], h.things["address"], h.things["username"] = h.kim.ID.String(), h.kim.Email, h.kim.Username
	second := h.kim.AddEmail(t, "second@"+slug+".example", true)
	h.things["email"] = second.String()
	h.kim.AddIdentity(t, "google", second, false)
	h.Person(t, testenv.NewPerson{Email: "lee@" + slug + ".example"})
	h.kim.Knows(t, `{"plan":"`+slug+`"}`, "", "")
	h.session = h.kim.SignedIn(t, h.Client(), time.Minute)
	h.things["session"] = h.session.ID.String()
	h.admin = h.Admin(t)
	_, token, err := env.App.OperatorTokens.Create(t.Context(), tenants.ByCLI, nil, tenants.NewOperatorToken{
		NewToken: tenants.NewToken{Name: slug, Scopes: []string{tenants.AllScopes, tenants.CredentialsExport}}, Tenants: []uuid.UUID{h.ID},
	})
	require.NoError(t, err)
	h.operators = env.Operators(t, token)
	h.furnishByAPI(t)
	h.furnishByRows(t)
	h.read(t)
	return h
}

// furnishByAPI makes what is made through HTTP.
func (h *house) furnishByAPI(t *testing.T) {
	t.Helper()
	made := func(kind, path, body string) {
		r := h.admin.With("Idempotency-Key", "the-same-in-both-houses").Do(t, http.MethodPost, path, body)
		require.Less(t, r.Status, 300, "%s: %s", path, r.Body)
		var one struct{ ID string }
		r.JSON(t, &one)
		h.things[kind] = one.ID
	}
	made("webhook", "/webhooks", `{"callback":"https://hooks.`+h.Slug+`.example/","events":["user"]}`)
	r := h.admin.Do(t, http.MethodPost, "/exports", `{}`)
	require.Equal(t, http.StatusAccepted, r.Status, "%s", r.Body)
	var job struct{ ID string }
	r.JSON(t, &job)
	h.things["job"] = job.ID
	f := h.Begin(t, "login")
	f.Do(t, "continue_with_login_identifier", testenv.Inputs{"identifier": h.kim.Email})
	s := f.Do(t, "continue_to_passcode_confirmation")
	require.Equal(t, "passcode_confirmation", s.Name)
	h.code = h.CodeTo(t, h.kim.Email)
	d, err := h.Env.App.Domains.Add(t.Context(), tenants.ByCLI, h.ID, "login."+h.Slug+".example")
	require.NoError(t, err)
	h.things["domain"] = d.ID.String()
	key, _, err := h.Env.App.APIKeys.Create(t.Context(), tenants.ByCLI, nil, h.ID, tenants.NewToken{Name: h.Slug})
	require.NoError(t, err)
	h.things["key"] = key.ID.String()
	h.SAMLProvider(t, "staff."+h.Slug+".example", true)
	h.things["saml domain"] = "staff." + h.Slug + ".example"
	own, _, err := h.Env.App.OperatorTokens.Create(t.Context(), tenants.ByCLI, nil, tenants.NewOperatorToken{
		NewToken: tenants.NewToken{Name: "of " + h.Slug}, Tenants: []uuid.UUID{h.ID},
	})
	require.NoError(t, err)
	h.things["operator token"] = own.ID.String()
	person, _, err := h.Env.App.Operators.Invite(t.Context(), tenants.ByCLI, nil, operator.Invitation{
		Email: "operator@" + h.Slug + ".example", Grants: []operator.Grant{{Role: operator.Admin, Tenants: []uuid.UUID{h.ID}}},
	})
	require.NoError(t, err)
	h.things["operator"] = person.ID.String()
}

// furnishByRows makes what only a worker makes, or time.
func (h *house) furnishByRows(t *testing.T) {
	t.Helper()
	digest := func(text string) []byte { sum := sha256.Sum256([]byte(h.Slug + text)); return sum[:] }
	later, now := time.Now().UTC().Add(time.Hour).Truncate(time.Microsecond), time.Now().UTC().Truncate(time.Microsecond)
	id := func(kind string) uuid.UUID {
		one := uuid.Must(uuid.NewV7())
		h.things[kind] = one.String()
		return one
	}
	require.NoError(t, h.Change(t, func(ctx context.Context, tx *store.Tx) error {
		tx.AuditLog.Create().SetID(id("audit record")).SetSequence(1).SetType("login_success").SetActorUserID(h.kim.ID).SetActorEmail("k***@" + h.Slug + ".example").
			SetDetails([]byte(`{"login_method":"passkey"}`)).ExecX(ctx)
		tx.AuditLog.Create().SetSequence(2).SetType("user_logged_out").SetActorUserID(h.kim.ID).ExecX(ctx)
		tx.WebhookDelivery.Create().SetMessageID(uuid.New()).SetEndpointID(uuid.MustParse(h.things["webhook"])).SetEvent("user.delete").
			SetState("waiting").SetPayload([]byte("x")).SetOccurredAt(now).SetAvailableAt(now).SetGiveUpAt(later).ExecX(ctx)
		tx.AuditCheckpoint.Create().SetSequence(1).SetHash(digest("checkpoint")).SetSignature("x").ExecX(ctx)
		tx.TrustedDevice.Create().SetUserID(h.kim.ID).SetTokenHash(digest("device")).SetExpiresAt(later).ExecX(ctx)
		tx.RecoveryCode.Create().SetUserID(h.kim.ID).SetHash(digest("recovery")).ExecX(ctx)
		tx.OneTimeToken.Create().SetUserID(h.kim.ID).SetHash(digest("token")).SetPurpose("third_party").SetExpiresAt(later).ExecX(ctx)
		tx.Revocation.Create().SetID(int64(digest("revocation")[0]) + now.UnixMicro()).SetSessionID(uuid.New()).SetExpiresAt(later).ExecX(ctx)
		tx.SAMLCertificate.Create().SetCertificate("x").SetPrivateKey([]byte("x")).SetState("gone").SetExpiresAt(later).ExecX(ctx)
		tx.SAMLUse.Create().SetKind("request").SetDigest(digest("request")).SetExpiresAt(later).ExecX(ctx)
		tx.UsageDay.Create().SetDay(20_000).SetMetric("sign_ins/passkey/succeeded").SetAmount(7).ExecX(ctx)
		tx.UsagePerson.Create().SetMonth(650).SetUserID(h.kim.ID).SetDay(20_000).ExecX(ctx)
		tx.JobPart.Create().SetJobID(uuid.MustParse(h.things["job"])).SetKind("report").SetNumber(0).SetData([]byte("x")).ExecX(ctx)
		tx.WebhookEndpoint.Create().SetID(uuid.MustParse(h.things["webhook"])).SetDisabledAt(now).OnConflictColumns("id").Ignore().ExecX(ctx)
		tx.WebhookDelivery.Create().SetID(id("delivery")).SetMessageID(uuid.New()).SetEndpointID(uuid.MustParse(h.things["webhook"])).SetEvent("user.create").
			SetState("dead").SetPayload([]byte("x")).SetOccurredAt(now).SetAvailableAt(now).SetGiveUpAt(later).ExecX(ctx)
		tx.Intent.Create().SetID(id("dead letter")).SetKind("webhook").SetState("dead").SetPayload([]byte("x")).SetAvailableAt(now).SetLastError("of " + h.Slug).
			SetDoneAt(now).ExecX(ctx)
		tx.MetadataMember.Create().SetUserID(h.kim.ID).SetName(digest("name")[:16]).SetValue(digest("value")[:16]).ExecX(ctx)
		return nil
	}))
}

// read finds the ids of what others made.
func (h *house) read(t *testing.T) {
	t.Helper()
	ctx, r := scope.With(t.Context(), scope.Tenant(h.ID)), h.Env.App.Store.Reader()
	for _, c := range r.WebauthnCredential.Query().Where(webauthncredential.UserID(h.kim.ID)).AllX(ctx) {
		kind := "passkey"
		if c.MfaOnly {
			kind = "security key"
		}
		h.things[kind] = c.ID.String()
	}
	h.things["identity"] = r.Identity.Query().Where(identity.UserID(h.kim.ID)).OnlyIDX(ctx).String()
	h.things["passcode"] = r.Passcode.Query().Order(ent.Desc(passcode.FieldID)).FirstIDX(ctx).String()
	h.things["saml provider"] = r.SAMLProvider.Query().OnlyIDX(ctx).String()
	h.things["kid"] = r.SigningKey.Query().Order(ent.Asc(signingkey.FieldID)).FirstX(ctx).Kid
	h.things["endpoint"] = h.things["webhook"]
	var etag struct{ Tag string }
	etag.Tag = h.admin.Get(t, "/users/"+h.things["user"]).Header.Get("ETag")
	require.NotEmpty(t, etag.Tag)
	h.things["entity tag"] = etag.Tag
	for list, path := range map[string]string{
		"list-users": "/users", "list-audit-logs": "/audit_logs", "list-webhook-deliveries": "/webhooks/deliveries",
	} {
		page := h.admin.Get(t, path+"?per_page=1")
		require.Equal(t, http.StatusOK, page.Status, "%s: %s", path, page.Body)
		h.things["cursor of "+list] = page.Header.Get("X-Next-Cursor")
		require.NotEmpty(t, h.things["cursor of "+list], "%s has no second page", path)
	}
	h.things["idempotency key"] = "the-same-in-both-houses"
	h.things["version"] = fmt.Sprint(1 + len(h.Slug)) // see world
	for range len(h.Slug) {
		h.Configure(t, `{"session":{"lifespan":"`+fmt.Sprint(10+h.configured(t))+`h"}}`)
	}
}

func (h *house) configured(t *testing.T) int {
	t.Helper()
	return h.Env.App.Store.Reader().TenantConfigVersion.Query().CountX(scope.With(t.Context(), scope.Tenant(h.ID)))
}

// marks are texts that tell of the house: ids, names, addresses.
func (h *house) marks() []string {
	var found []string
	for kind, thing := range h.things {
		if kind != "version" && kind != "idempotency key" && kind != "slug" {
			found = append(found, strings.Trim(thing, `"`))
		}
	}
	return append(found, "second@"+h.Slug, "hooks."+h.Slug, "of "+h.Slug)
}
