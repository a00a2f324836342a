package authenticator_test

import (
	"encoding/json"
	"testing"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/authenticator"
)

const origin = "https://shop.example"

func TestAuthenticator_HonestAnswersAreAccepted(t *testing.T) {
	t.Parallel()

	for name, algorithm := range map[string]authenticator.Algorithm{
		"ES256": authenticator.ES256, "EdDSA": authenticator.EdDSA, "RS256": authenticator.RS256,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			party, kim := newParty(t), &person{id: []byte("kim")}
			device := authenticator.New(origin, authenticator.Using(algorithm))
			kim.register(t, party, device)
			require.NoError(t, kim.signIn(t, party, device))
			require.NoError(t, kim.signIn(t, party, device.Clone()))
		})
	}
}

func TestAuthenticator_RefusesToMakeASecondCredentialWhereItIsExcluded(t *testing.T) {
	t.Parallel()

	party, kim := newParty(t), &person{id: []byte("kim")}
	device := authenticator.New(origin)
	kim.register(t, party, device)
	_, err := device.TryCreate(kim.creationOptions(t, party))
	require.ErrorIs(t, err, authenticator.ErrExcluded)
	_, err = authenticator.New(origin).TryCreate(kim.creationOptions(t, party))
	require.NoError(t, err)
}

func TestAuthenticator_HasNothingForAnotherRelyingParty(t *testing.T) {
	t.Parallel()

	device := authenticator.New(origin)
	(&person{id: []byte("kim")}).register(t, newParty(t), device)
	_, err := device.TryGet(json.RawMessage(`{"publicKey":{"challenge":"AAAA","rpId":"bank.example"}}`))
	require.ErrorIs(t, err, authenticator.ErrNotAllowed)
}

func TestAuthenticator_LiesAreRefused(t *testing.T) {
	t.Parallel()

	for name, lie := range map[string]authenticator.Lie{
		"origin":         authenticator.FromOrigin("https://evil.example"),
		"signature":      authenticator.BadSignature(),
		"client data":    authenticator.BadClientData(),
		"data":           authenticator.BadAuthenticatorData(),
		"relying party":  authenticator.ForRPID("evil.example"),
		"nobody present": authenticator.Unattended(),
		"handle":         authenticator.ByHandle([]byte("sam")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			party, kim := newParty(t), &person{id: []byte("kim")}
			device := authenticator.New(origin)
			kim.register(t, party, device)
			require.Error(t, kim.signIn(t, party, device, lie))
			require.NoError(t, kim.signIn(t, party, device))
		})
	}
}

func newParty(t *testing.T) *webauthn.WebAuthn {
	t.Helper()
	party, err := webauthn.New(&webauthn.Config{RPID: "shop.example", RPDisplayName: "Shop", RPOrigins: []string{origin}})
	require.NoError(t, err)
	return party
}

// person is a user as the library wants one.
type person struct {
	id          []byte
	credentials []webauthn.Credential
}

func (p *person) WebAuthnID() []byte                         { return p.id }
func (p *person) WebAuthnName() string                       { return "kim" }
func (p *person) WebAuthnDisplayName() string                { return "Kim" }
func (p *person) WebAuthnCredentials() []webauthn.Credential { return p.credentials }

func (p *person) creationOptions(t *testing.T, party *webauthn.WebAuthn) json.RawMessage {
	t.Helper()
	options, _, err := party.BeginRegistration(p, webauthn.WithExclusions(webauthn.Credentials(p.credentials).CredentialDescriptors()))
	require.NoError(t, err)
	return encoded(t, options)
}

func (p *person) register(t *testing.T, party *webauthn.WebAuthn, device *authenticator.Authenticator) {
	t.Helper()
	options, session, err := party.BeginRegistration(p, webauthn.WithConveyancePreference(protocol.PreferDirectAttestation),
		webauthn.WithResidentKeyRequirement(protocol.ResidentKeyRequirementRequired))
	require.NoError(t, err)
	parsed, err := protocol.ParseCredentialCreationResponseBytes(device.Create(t, encoded(t, options)))
	require.NoError(t, err)
	credential, err := party.CreateCredential(p, *session, parsed)
	require.NoError(t, err)
	require.Equal(t, "packed", credential.AttestationFormat)
	p.credentials = append(p.credentials, *credential)
}

func (p *person) signIn(t *testing.T, party *webauthn.WebAuthn, device *authenticator.Authenticator, lies ...authenticator.Lie) error {
	t.Helper()
	options, session, err := party.BeginDiscoverableLogin()
	require.NoError(t, err)
	parsed, err := protocol.ParseCredentialRequestResponseBytes(device.Get(t, encoded(t, options), lies...))
	require.NoError(t, err)
	_, err = party.ValidateDiscoverableLogin(func([]byte, []byte) (webauthn.User, error) { return p, nil }, *session, parsed)
	return err
}

func encoded(t *testing.T, options any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(options)
	require.NoError(t, err)
	return raw
}
