package testenv

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/devicetrust"
	"github.com/latchkeep/latchkeep/auth/passkey"
	authtotp "github.com/latchkeep/latchkeep/auth/totp"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/authenticator"
	"github.com/latchkeep/latchkeep/pkg/totp"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// Capabilities are what a browser tells at the start of a flow.
type Capabilities struct {
	// WebAuthn: it has the API. Platform: there is an authenticator built in. Conditional: it offers passkeys in the autofill of forms.
	WebAuthn, Platform, Conditional bool
}

// Inputs of register_client_capabilities.
func (c Capabilities) Inputs() Inputs {
	return Inputs{
		"webauthn_available":                        c.WebAuthn,
		"webauthn_platform_authenticator_available": c.Platform,
		"webauthn_conditional_mediation_available":  c.Conditional,
	}
}

// Factors are what an account has beside its password.
type Factors struct {
	Passkey, SecurityKey, App bool
}

// Device is a new authenticator on a page of the tenant's relying party: one that is built in where the tenant wants its security keys to be,
// else one that is plugged in.
func (s *Tenant) Device(t testing.TB, options ...authenticator.Option) *authenticator.Authenticator {
	t.Helper()
	c := s.snapshot(t).Config
	if c.MFA.SecurityKeys.AuthenticatorAttachment == "platform" {
		options = append([]authenticator.Option{authenticator.Synced()}, options...)
	}
	return authenticator.New(c.WebAuthn.RelyingParty.Origins[0], options...)
}

func (s *Tenant) snapshot(t testing.TB) *tenants.Tenant {
	t.Helper()
	snapshot, err := s.Env.App.Registry.ByID(t.Context(), s.ID)
	require.NoError(t, err, "the tenant's snapshot")
	return snapshot
}

// Give gives the person factors, as if she had set them up some time ago: credentials on her device, an app on her telephone.
func (p *Person) Give(t testing.TB, f Factors) {
	t.Helper()
	if f.Passkey {
		p.giveCredential(t, passkey.Passkey)
	}
	if f.SecurityKey {
		p.giveCredential(t, passkey.SecurityKey)
	}
	if f.App {
		p.App = &App{Secret: totp.NewSecret()}
		room := authtotp.NewRoom(p.Tenant.Env.App.Store, p.Tenant.Env.keyring)
		require.NoError(t, p.Tenant.Change(t, room.Save(p.Tenant.snapshot(t), uuid.Must(uuid.NewV7()), p.ID, p.App.Secret, 0)), "store an app")
	}
}

// giveCredential holds a ceremony of which the program's servers know nothing.
func (p *Person) giveCredential(t testing.TB, kind passkey.Kind) {
	t.Helper()
	if p.Device == nil {
		p.Device = p.Tenant.Device(t)
	}
	room, snapshot, now := passkey.NewRoom(p.Tenant.Env.App.Store, nil), p.Tenant.snapshot(t), time.Now().UTC().Truncate(time.Microsecond)
	options, ceremony, err := room.Create(snapshot, kind, passkey.Owner{ID: p.ID, Name: p.name(), DisplayName: p.name()}, now)
	require.NoError(t, err, "ask for a credential")
	made, err := room.Created(snapshot, ceremony, p.Device.Create(t, options), now)
	require.NoError(t, err, "make a credential")
	require.NoError(t, p.Tenant.Change(t, passkey.Store(p.ID, *made, now)), "store a credential")
}

func (p *Person) name() string {
	if p.Email != "" {
		return p.Email
	}
	return p.Username
}

// TrustDevice makes a browser one that the person's second factor may be left out on, as if she had said so before the tenant's policy was
// what it is.
func (p *Person) TrustDevice(t testing.TB, c *Client) {
	t.Helper()
	snapshot := p.Tenant.snapshot(t)
	name := snapshot.Config.MFA.DeviceTrustCookieName
	before := *snapshot.Config
	before.MFA.DeviceTrustPolicy = config.TrustPrompt
	room := devicetrust.NewRoom(p.Tenant.Env.App.Store)
	grant, err := room.Grant(&tenants.Tenant{ID: snapshot.ID, Config: &before}, p.ID, c.Cookies[name], time.Now().UTC().Truncate(time.Microsecond))
	require.NoError(t, err, "trust a device")
	require.NotNil(t, grant, "the tenant trusts no device for any time")
	require.NoError(t, p.Tenant.Change(t, func(ctx context.Context, tx *store.Tx) error { return grant.Save(ctx, tx) }), "store trust")
	c.Cookies[grant.Cookie.Name] = grant.Cookie.Value
}

// An App is an authenticator app with one secret.
type App struct {
	Secret string
	// Last is the code that was read last.
	Last string

	step int64
}

// Code reads a code that was not read before. The program accepts the one of the next period, too, so two may be read in a row; for a third
// one has to wait.
func (a *App) Code(t testing.TB) string {
	t.Helper()
	const period = 30
	now := time.Now()
	at := now
	if totp.Step(at) <= a.step {
		at = time.Unix((a.step+1)*period, 0)
	}
	require.LessOrEqual(t, totp.Step(at), totp.Step(now)+1, "no unused code is accepted so soon")
	a.step = totp.Step(at)
	var err error
	a.Last, err = totp.Code(a.Secret, at)
	require.NoError(t, err)
	return a.Last
}

// Wrong is a code that the app shows at no time near now.
func (a *App) Wrong(t testing.TB) string {
	t.Helper()
	for _, code := range []string{"000000", "111111", "222222", "333333", "444444", "555555"} {
		if _, ok := totp.Match(a.Secret, code, time.Now()); ok {
			continue
		}
		if _, ok := totp.Match(a.Secret, code, time.Now().Add(time.Minute)); !ok {
			return code
		}
	}
	t.Fatal("every code is right")
	return ""
}

// answerFactor is what the person does in a state that deals with factors beside her password; it reports false in other states. Whatever
// she sets up is on a device of its own.
func (p *Person) answerFactor(t testing.TB, s State) (string, Inputs, bool) {
	t.Helper()
	switch s.Name {
	case "login_otp":
		return "otp_code_validate", Inputs{"otp_code": p.App.Code(t)}, true
	case "login_security_key":
		return "webauthn_generate_request_options", nil, true
	case "login_passkey":
		return "webauthn_verify_assertion_response", Inputs{"assertion_response": p.Device.Get(t, s.Payload["request_options"])}, true
	case "onboarding_create_passkey", "mfa_security_key_creation":
		if _, ok := s.Actions["webauthn_generate_creation_options"]; ok {
			return "webauthn_generate_creation_options", nil, true
		}
	case "onboarding_verify_passkey_attestation":
		return "webauthn_verify_attestation_response", Inputs{"public_key": p.Tenant.Device(t).Create(t, s.Payload["creation_options"])}, true
	case "mfa_otp_secret_creation":
		p.App = &App{}
		require.NoError(t, json.Unmarshal(s.Payload["otp_secret"], &p.App.Secret))
		return "otp_code_verify", Inputs{"otp_code": p.App.Code(t)}, true
	}
	return "", nil, false
}
