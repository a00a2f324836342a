package passkey_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/passkey"
	"github.com/latchkeep/latchkeep/internal/authenticator"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants/config"
)

func TestCredential_IsStoredAsItWasMade(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *shop) {
		for name, c := range map[string]struct {
			kind   passkey.Kind
			device *authenticator.Authenticator
			want   passkey.Credential
			named  string
		}{
			"a passkey that is backed up": {
				passkey.Passkey,
				authenticator.New(origin, authenticator.Synced(), authenticator.Model(uuid.MustParse("fbfc3007-154e-4ecc-8c0b-6e020557d7bd"))),
				passkey.Credential{AttestationType: "packed", Transports: []string{"internal", "hybrid"}, BackupEligible: true, BackupState: true},
				"iCloud Keychain",
			},
			"a security key without PIN": {
				passkey.SecurityKey,
				authenticator.New(origin, authenticator.WithoutPIN(), authenticator.Model(uuid.Nil), authenticator.Using(authenticator.EdDSA)),
				passkey.Credential{AttestationType: "packed", Transports: []string{"usb"}, MFAOnly: true},
				"",
			},
			"an RSA key": {
				passkey.Passkey,
				authenticator.New(origin, authenticator.Using(authenticator.RS256), authenticator.Model(uuid.Max)),
				passkey.Credential{AttestationType: "packed", Transports: []string{"usb"}},
				"",
			},
		} {
			t.Run(name, func(t *testing.T) {
				kim := s.person(t)
				made := s.enrol(t, c.kind, kim, c.device)
				held := c.device.Credentials()[0]
				c.want.ID, c.want.PublicKey, c.want.AAGUID, c.want.Name = held.ID, held.PublicKey(), made.AAGUID, c.named
				require.Equal(t, c.want, *made)

				has := s.credentials(t, kim)
				require.Len(t, has, 1)
				require.Equal(t, made.Shown(s.now), has[0], "what was shown before is what is stored")
				require.Equal(t, c.named, has[0].Name)
				require.Equal(t, s.now, *has[0].LastUsedAt)
				require.Equal(t, s.now, has[0].CreatedAt)

				options, ceremony := s.askFor(t, passkey.SecurityKey, kim)
				assertion, err := s.asserted(t, ceremony, c.device.Get(t, options))
				require.NoError(t, err)
				require.Equal(t, c.want.MFAOnly, assertion.MFAOnly)
			})
		}
	})
}

func TestCreation_WithoutAttestationIsAccepted(t *testing.T) {
	t.Parallel()

	s := onSQLite(t, func(c *config.Config) { c.Passkey.AttestationPreference = "none" })
	require.Equal(t, "none", s.enrol(t, passkey.Passkey, s.person(t), authenticator.New(origin)).AttestationType)
}

func TestCreation_IsAcceptedFromEveryOriginOfTheTenant(t *testing.T) {
	t.Parallel()

	const app = "android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS-0H1xKCQcfIoGLck"
	s := onSQLite(t, func(c *config.Config) {
		c.WebAuthn.RelyingParty.Origins = []string{origin, "https://shop.de", app}
	})
	for _, from := range []string{origin, "https://shop.example:443", "https://shop.de", app} {
		s.enrol(t, passkey.Passkey, s.person(t), authenticator.New(from))
	}
	for _, from := range []string{"https://www.shop.example", "https://shop.example:8443", "http://shop.example", "https://shop.example.evil.example",
		strings.ToUpper(app), "android:apk-key-hash:0000000000000000000000000000000000000000000", "", "null"} {
		options, c := s.create(t, passkey.Passkey, s.person(t))
		_, err := s.room.Created(s.Tenant, c, authenticator.New(from).Create(t, options), s.now)
		requireRefused(t, err, passkey.Invalid, c.UserID)
	}
}

func TestCreation_IsRefused(t *testing.T) {
	t.Parallel()

	inner := func(member string, value any) authenticator.Lie {
		return authenticator.Changed(func(answer map[string]any) { answer["response"].(map[string]any)[member] = value })
	}
	outer := func(member string, value any) authenticator.Lie {
		return authenticator.Changed(func(answer map[string]any) { answer[member] = value })
	}
	notOffered, err := webauthncbor.Marshal(map[int]any{1: 3, 3: -65535, -1: bytes.Repeat([]byte{0xC5}, 256), -2: []byte{1, 0, 1}}) // RS1
	require.NoError(t, err)
	hugeKey, err := webauthncbor.Marshal(map[int]any{1: 3, 3: -257, -1: bytes.Repeat([]byte{0xC5}, 8192), -2: []byte{1, 0, 1}})
	require.NoError(t, err)
	lies := map[string][]authenticator.Lie{
		"another origin":                    {authenticator.FromOrigin("https://evil.example")},
		"another relying party":             {authenticator.ForRPID("evil.example")},
		"another challenge":                 {authenticator.Challenged("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")},
		"no challenge":                      {authenticator.Challenged("")},
		"an assertion's type":               {authenticator.Typed("webauthn.get")},
		"nobody present":                    {authenticator.Unattended()},
		"nobody verified":                   {authenticator.Unverified()},
		"a frame on another site":           {authenticator.CrossOrigin()},
		"a frame on a site it names":        {authenticator.CrossOrigin(), authenticator.TopOrigin("https://evil.example")},
		"a site above no frame":             {authenticator.TopOrigin(origin)},
		"backed up but not eligible":        {authenticator.BackedUp(false, true)},
		"a broken attestation":              {authenticator.BadSignature()},
		"client data changed":               {authenticator.BadClientData()},
		"authenticator data changed":        {authenticator.BadAuthenticatorData()},
		"an unknown attestation":            {authenticator.Attested("homemade")},
		"an attestation for another device": {authenticator.Attested("fido-u2f")},
		"another attestation":               {authenticator.Attested("tpm")},
		"an android attestation":            {authenticator.Attested("android-key")},
		"an apple attestation":              {authenticator.Attested("apple")},
		"a safetynet attestation":           {authenticator.Attested("android-safetynet")},
		"a compound attestation":            {authenticator.Attested("compound")},
		"an algorithm that was not offered": {authenticator.WithKey(notOffered, "none")},
		"a key too long to compute with":    {authenticator.WithKey(hugeKey, "none")},
		"no key":                            {authenticator.WithKey([]byte{0xA0}, "none")},
		"an id too long":                    {authenticator.Named(make([]byte, 1024))},
		"no id":                             {authenticator.Named([]byte{})},
		"another id":                        {authenticator.ByCredential([]byte("another"))},
		"another type":                      {outer("type", "password")},
		"no type":                           {outer("type", nil)},
		"an id that is no text":             {outer("id", 7)},
		"an id beside its raw form":         {outer("id", "AQID")},
		"no client data":                    {inner("clientDataJSON", "")},
		"client data that is no JSON":       {inner("clientDataJSON", "AAAA")},
		"client data that is no base64":     {inner("clientDataJSON", "?")},
		"no attestation object":             {inner("attestationObject", nil)},
		"an attestation object of nothing":  {inner("attestationObject", "oA")},
		"an endlessly nested object":        {inner("attestationObject", strings.Repeat("gYGB", 5_000))},
		"extensions flagged, not there":     {authenticator.Flagged(0x80)},
		"too much of it":                    {outer("padding", strings.Repeat("x", 40_000))},
	}
	eachDatabase(t, func(t *testing.T, s *shop) {
		s = s.with(func(c *config.Config) { c.Passkey.UserVerification = "required" })
		kim := s.person(t)
		for name, told := range lies {
			t.Run(name, func(t *testing.T) {
				options, c := s.create(t, passkey.Passkey, kim)
				_, err := s.room.Created(s.Tenant, c, authenticator.New(origin).Create(t, options, told...), s.now)
				requireRefused(t, err, passkey.Invalid, kim)
				require.Empty(t, s.credentials(t, kim))
			})
		}
		s.enrol(t, passkey.Passkey, kim, authenticator.New(origin))
	})
}

func TestCreation_OfGarbageIsRefused(t *testing.T) {
	t.Parallel()

	s := onSQLite(t)
	_, c := s.create(t, passkey.Passkey, s.person(t))
	for _, answer := range garbage() {
		_, err := s.room.Created(s.Tenant, c, json.RawMessage(answer), s.now)
		requireRefused(t, err, passkey.Invalid, c.UserID)
	}
}

func TestCreation_AnswersItsOwnCeremonyInTime(t *testing.T) {
	t.Parallel()

	s := onSQLite(t)
	kim := s.person(t)
	device := authenticator.New(origin)
	options, c := s.create(t, passkey.Passkey, kim)
	answer := device.Create(t, options)
	_, other := s.create(t, passkey.Passkey, kim)
	_, asking := s.ask(t)

	asked := c
	asked.Creation = false

	for _, wrong := range []passkey.Ceremony{other, asking, asked} {
		_, err := s.room.Created(s.Tenant, wrong, answer, s.now)
		requireRefused(t, err, passkey.Invalid, wrong.UserID)
	}
	_, err := s.room.Created(s.Tenant, passkey.Ceremony{}, answer, s.now)
	requireRefused(t, err, passkey.Invalid, uuid.Nil)
	_, err = s.room.Created(s.Tenant, c, answer, s.now.Add(10*time.Minute))
	requireRefused(t, err, passkey.Invalid, kim)
	_, err = s.room.Created(s.Tenant, c, answer, s.now.Add(10*time.Minute-time.Microsecond))
	require.NoError(t, err)
}

func TestCreation_NeedsVerificationOnlyWhereItIsRequired(t *testing.T) {
	t.Parallel()

	for _, verification := range []string{"preferred", "discouraged"} {
		s := onSQLite(t, func(c *config.Config) { c.Passkey.UserVerification = verification })
		s.enrol(t, passkey.Passkey, s.person(t), authenticator.New(origin, authenticator.WithoutPIN()))
	}
}

func TestCreation_KeepsOnlyWhatCanBeATransport(t *testing.T) {
	t.Parallel()

	s := onSQLite(t)
	reported := []string{"usb", "usb", "<script>", "", "USB", strings.Repeat("a", 17), "smart-card", "a new one", "satellite"}
	made := s.enrol(t, passkey.Passkey, s.person(t), authenticator.New(origin), authenticator.Transports(reported...))
	require.Equal(t, []string{"usb", "smart-card", "satellite"}, made.Transports)

	many := make([]string, 100)
	for i := range many {
		many[i] = strings.Repeat("a", i%10+1)
	}
	made = s.enrol(t, passkey.Passkey, s.person(t), authenticator.New(origin), authenticator.Transports(many...))
	require.Len(t, made.Transports, 8)
}

func TestCreation_IgnoresWhatWasNotAskedFor(t *testing.T) {
	t.Parallel()

	s := onSQLite(t)
	s.enrol(t, passkey.Passkey, s.person(t), authenticator.New(origin), authenticator.Changed(func(answer map[string]any) {
		answer["clientExtensionResults"] = map[string]any{"credProps": map[string]any{"rk": true}, "hmacCreateSecret": true}
		answer["authenticatorAttachment"] = nil
		answer["unknown"] = []int{1}
	}))
}

func TestCredential_ExistsOnceInATenant(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *shop) {
		kim, sam := s.person(t), s.person(t)
		device := authenticator.New(origin)
		made := s.enrol(t, passkey.Passkey, kim, device)

		err := s.try(t, passkey.Store(sam, *made, s.now))
		require.Equal(t, problem.KindConflict, problem.KindOf(err), "%v", err)
		require.Empty(t, s.credentials(t, sam))
		require.Len(t, s.credentials(t, kim), 1)

		bank := newShop(t, s.store)
		lee := bank.person(t)
		bank.commit(t, passkey.Store(lee, *made, s.now))
		require.Len(t, bank.credentials(t, lee), 1, "another tenant may know the same credential")

		err = s.try(t, passkey.Store(uuid.New(), passkey.Credential{ID: []byte{1}, PublicKey: made.PublicKey}, s.now))
		require.Equal(t, problem.KindConflict, problem.KindOf(err), "nobody's: %v", err)
	})
}

func TestCredential_IsRenamedAndDeletedByItsOwnerAlone(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *shop) {
		kim, sam := s.person(t), s.person(t)
		bank := newShop(t, s.store)
		device := authenticator.New(origin)
		s.enrol(t, passkey.Passkey, kim, device)
		id := device.Credentials()[0].EncodedID()

		s.commit(t, passkey.Rename(kim, id, "My laptop"))
		s.commit(t, passkey.Rename(kim, id, "My laptop"))
		require.Equal(t, "My laptop", s.credentials(t, kim)[0].Name)
		for _, write := range map[string]func() error{
			"renamed by another":       func() error { return s.try(t, passkey.Rename(sam, id, "x")) },
			"deleted by another":       func() error { return s.try(t, passkey.Delete(sam, id)) },
			"renamed in another place": func() error { return bank.try(t, passkey.Rename(kim, id, "x")) },
			"deleted in another place": func() error { return bank.try(t, passkey.Delete(kim, id)) },
			"unknown":                  func() error { return s.try(t, passkey.Delete(kim, "AQID")) },
			"no id":                    func() error { return s.try(t, passkey.Delete(kim, "")) },
			"no base64":                func() error { return s.try(t, passkey.Rename(kim, "?", "x")) },
		} {
			err := write()
			require.Equal(t, problem.KindConflict, problem.KindOf(err), "%v", err)
		}
		require.Equal(t, "My laptop", s.credentials(t, kim)[0].Name)

		options, c := s.ask(t)
		assertion, err := s.asserted(t, c, device.Get(t, options))
		require.NoError(t, err)
		s.commit(t, passkey.Delete(kim, id))
		require.Empty(t, s.credentials(t, kim))
		require.Equal(t, problem.KindConflict, problem.KindOf(s.try(t, assertion.Save)), "it is gone meanwhile")
		require.Equal(t, problem.KindConflict, problem.KindOf(s.try(t, passkey.Delete(kim, id))))
		options, c = s.ask(t)
		_, err = s.asserted(t, c, device.Get(t, options))
		requireRefused(t, err, passkey.Invalid, uuid.Nil)
	})
}

// What a refusal says goes to the audit log, so it must hold nothing of what was sent.
func TestRefusal_QuotesNothingThatWasSent(t *testing.T) {
	t.Parallel()

	s := onSQLite(t)
	kim := s.person(t)
	const marker = "QUOTED-BY-THE-SERVER"
	const number = 424242
	oddKey, err := webauthncbor.Marshal(map[int]any{1: 2, 3: -7, -1: number, -2: make([]byte, 32), -3: make([]byte, 32)})
	require.NoError(t, err)
	for i, lie := range []authenticator.Lie{
		authenticator.FromOrigin("https://" + marker + ".example"),
		authenticator.Challenged(marker),
		authenticator.Typed(marker),
		authenticator.Attested(marker),
		authenticator.TopOrigin(marker),
		authenticator.WithKey(oddKey, "packed"),
		authenticator.Changed(func(answer map[string]any) { answer["type"] = marker }),
		authenticator.Changed(func(answer map[string]any) { answer["id"] = marker }),
		authenticator.Changed(func(answer map[string]any) { answer["clientExtensionResults"] = map[string]any{"appid": marker} }),
		authenticator.Changed(func(answer map[string]any) { answer["response"] = marker }),
	} {
		options, c := s.create(t, passkey.Passkey, kim)
		_, err := s.room.Created(s.Tenant, c, authenticator.New(origin).Create(t, options, lie), s.now)
		requireRefused(t, err, passkey.Invalid, kim)
		for _, text := range []string{err.Error(), fmt.Sprintf("%+v %#v", err, err)} {
			require.NotContains(t, text, marker, "%d", i)
			require.NotContains(t, text, strconv.Itoa(number), "%d", i)
			require.NotContains(t, text, c.Challenge, "%d", i)
		}
	}
}
