package transfer_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/transfer"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/internal/authenticator"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/pkg/totp"
	"github.com/latchkeep/latchkeep/tenants"
)

var everything = transfer.With{Names: true, Metadata: true, Credentials: true, TOTP: true}

func (p *place) exported(t testing.TB, of *tenants.Tenant, with transfer.With) string {
	t.Helper()
	var b bytes.Buffer
	_, err := p.export.Export(t.Context(), of, transfer.Taker{By: tenants.ByCLI}, with, &b, nil)
	require.NoError(t, err)
	return b.String()
}

func TestExport_TellsNoMoreThanItIsAskedFor(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, p *place) {
		shop, other := p.tenant(t), p.tenant(t)
		require.Equal(t, `[]`, p.exported(t, shop, everything))
		blocked := time.Date(2024, 5, 3, 0, 0, 0, 0, time.UTC)
		kim := keyed("kim", "cred", "legacy-17")
		kim.ID, kim.Name, kim.BlockedAt = uuid.MustParse("3f1c2a44-6b1e-4a0c-9d53-0c8f6f2b7a10"), "Kim K", &blocked
		kim.Emails = []user.Email{{Address: "work@shop.example"}, {Address: "kim@shop.example", IsPrimary: true, IsVerified: true}}
		kim.Password, kim.TOTP = &transfer.Password{Hash: bcryptHash}, &transfer.TOTP{Secret: "JBSWY3DPEHPK3PXP"}
		kim.Metadata.Public = `{"a":1}`
		kim.CreatedAt, kim.UpdatedAt = time.Date(2024, 5, 1, 2, 3, 4, 0, time.UTC), time.Date(2024, 5, 2, 2, 3, 4, 0, time.UTC)
		p.write(t, shop, kim)
		p.write(t, other, named("stranger"))

		require.Equal(t, `[{"user_id":"3f1c2a44-6b1e-4a0c-9d53-0c8f6f2b7a10","emails":[`+
			`{"address":"kim@shop.example","is_primary":true,"is_verified":true},{"address":"work@shop.example","is_primary":false,"is_verified":false}],`+
			`"username":"kim","created_at":"2024-05-01T02:03:04Z","updated_at":"2024-05-02T02:03:04Z","blocked_at":"2024-05-03T00:00:00Z"}]`,
			p.exported(t, shop, transfer.With{}))
		for with, members := range map[transfer.With][]string{
			{Names: true}:       {`"name":"Kim K"`},
			{Metadata: true}:    {`"metadata":{"public_metadata":{"a":1}}`},
			{Credentials: true}: {bcryptHash, `"id":"Y3JlZA"`, `"user_handle":"legacy-17"`},
			{TOTP: true}:        {`"secret":"JBSWY3DPEHPK3PXP"`},
		} {
			text := p.exported(t, shop, with)
			for _, member := range members {
				require.Contains(t, text, member)
			}
			require.Equal(t, with.Credentials, bytes.Contains([]byte(text), []byte("password")))
			require.Equal(t, with.TOTP, bytes.Contains([]byte(text), []byte("JBSWY")))
		}
		require.NotContains(t, p.exported(t, shop, everything), "stranger")
	})
}

// What is exported is the same after it was imported elsewhere and exported again. There are more people than one page has.
func TestExport_ImportedAndExportedAgainIsTheSame(t *testing.T) {
	t.Parallel()

	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, _ := testdb.New(t, name)
			to, _ := testdb.New(t, name)
			here, there := newPlace(t, from), newPlace(t, to)
			shop, shop2 := here.tenant(t), there.tenant(t)
			here.importInto(t, shop, text(example), transfer.Attempt{})
			here.importInto(t, shop, people(1203), transfer.Attempt{})
			file := here.exported(t, shop, everything)
			accounts, wrong, err := read(t, file)
			require.NoError(t, err)
			require.Empty(t, wrong)
			require.Len(t, accounts, 1205)
			job := there.importInto(t, shop2, text(file), transfer.Attempt{})
			require.Zero(t, job.Rejected)
			require.Equal(t, file, there.exported(t, shop2, everything))
		})
	}
}

// People of Firebase and of another system sign in with what they have: password, app and passkey. Moved to another deployment they do, too.
func TestMovedPeople_SignInWithWhatTheyHave(t *testing.T) {
	t.Parallel()

	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := testenv.New(t, name), testenv.New(t, name)
			old, home := first.Tenant(t, "shop", moving), second.Tenant(t, "shop", moving)
			device := old.Device(t)
			held := device.Import(snapshot(t, old).Config.WebAuthn.RelyingParty.ID, []byte("legacy-17"))
			secret := totp.NewSecret()
			src := text(`[
				{"emails":[{"address":"fire@shop.example","is_primary":true,"is_verified":true}],"password":{"password":"` +
				project0 + `"}},
				{"emails":[{"address":"kim@shop.example","is_primary":true,"is_verified":true}],"password":{"password":"` + bcryptHash + `"},
					"otp_secret":{"secret":"` + secret + `"}},
				{"username":"key","emails":[{"address":"key@shop.example","is_primary":true,"is_verified":true}],
					"webauthn_credentials":[{"id":"` + held.EncodedID() + `","public_key":"` + base64.RawURLEncoding.EncodeToString(held.PublicKey()) + `",
					"attestation_type":"none","user_handle":"legacy-17"}]}]`)
			move(t, old, src)
			app := &testenv.App{Secret: secret}
			signIn(t, old, device, app)

			var file bytes.Buffer
			_, err := first.App.Exporter.Export(t.Context(), snapshot(t, old), transfer.Taker{By: tenants.ByCLI}, everything, &file, nil)
			require.NoError(t, err)
			require.Contains(t, file.String(), "$argon2id$", "passwords were hashed anew at sign-in")
			move(t, home, text(file.String()))
			signIn(t, home, device.At(snapshot(t, home).Config.WebAuthn.RelyingParty.Origins[0]), &testenv.App{Secret: secret})
		})
	}
}

// moving lets people sign in at once.
const moving = `{"passkey": {"acquire_on_login": "never"}, "password": {"acquire_on_login": "never"}, "mfa": {"acquire_on_login": false}}`

// project0 is the hash of user1password in the project of the public vector.
var project0 = "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=" + project.SignerKey + "$" + firebaseSalt + "$" + firebaseHash

func snapshot(t *testing.T, shop *testenv.Tenant) *tenants.Tenant {
	t.Helper()
	found, err := shop.Env.App.Registry.ByID(t.Context(), shop.ID)
	require.NoError(t, err)
	return found
}

// move imports people into a tenant that is served.
func move(t *testing.T, shop *testenv.Tenant, src transfer.Source) {
	t.Helper()
	found, wrong := inspect(t, src)
	require.Empty(t, wrong)
	job, err := shop.Env.App.Jobs.Import(context.WithoutCancel(t.Context()), snapshot(t, shop), src, found, transfer.Attempt{})
	require.NoError(t, err)
	require.Zero(t, job.Rejected)
}

// signIn signs all three in.
func signIn(t *testing.T, shop *testenv.Tenant, device *authenticator.Authenticator, app *testenv.App) {
	t.Helper()
	fire := &testenv.Person{Tenant: shop, Email: "fire@shop.example", Password: "user1password"}
	require.True(t, fire.SignIn(t).Valid(t))
	kim := &testenv.Person{Tenant: shop, Email: "kim@shop.example", Password: "correct horse", App: app}
	session := kim.SignIn(t)
	require.True(t, session.Valid(t))
	kim.ID = session.UserID
	require.Contains(t, kim.PasswordHash(t), "$argon2id$", "hashed anew")

	f := shop.Flow(t, "login")
	f.Do(t, "register_client_capabilities", testenv.Inputs{"webauthn_available": true})
	s := f.Do(t, "webauthn_generate_request_options")
	f.Do(t, "webauthn_verify_assertion_response", testenv.Inputs{"assertion_response": device.Get(t, s.Payload["request_options"])})
	require.Equal(t, "success", f.State.Name)
	require.True(t, f.OpenSession(t).Valid(t))
}
