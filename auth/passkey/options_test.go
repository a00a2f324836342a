package passkey_test

import (
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/passkey"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/internal/authenticator"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/tenants/config"
)

func TestCreationOptions_AreMemberByMemberWhatClientsKnow(t *testing.T) {
	t.Parallel()

	s := onSQLite(t, func(c *config.Config) {
		c.WebAuthn.RelyingParty.DisplayName = "Shop"
		c.WebAuthn.Timeouts.Registration = 90_000
		c.Passkey.UserVerification, c.Passkey.AttestationPreference = "required", "none"
		c.MFA.SecurityKeys.UserVerification, c.MFA.SecurityKeys.AttestationPreference = "preferred", "indirect"
		c.MFA.SecurityKeys.AuthenticatorAttachment = "cross-platform"
	})
	owner := passkey.Owner{ID: uuid.MustParse("00112233-4455-6677-8899-aabbccddeeff"), Name: "kim@shop.example", DisplayName: "kim"}
	const algorithms = `[{"type":"public-key","alg":-7},{"type":"public-key","alg":-35},{"type":"public-key","alg":-36},
		{"type":"public-key","alg":-257},{"type":"public-key","alg":-258},{"type":"public-key","alg":-259},
		{"type":"public-key","alg":-37},{"type":"public-key","alg":-38},{"type":"public-key","alg":-39},{"type":"public-key","alg":-8}]`

	options, c, err := s.room.Create(s.Tenant, passkey.Passkey, owner, s.now)
	require.NoError(t, err)
	require.JSONEq(t, `{"publicKey":{
		"rp":{"id":"shop.example","name":"Shop"},
		"user":{"id":"ABEiM0RVZneImaq7zN3u_w","name":"kim@shop.example","displayName":"kim"},
		"challenge":"`+c.Challenge+`","pubKeyCredParams":`+algorithms+`,"timeout":90000,
		"authenticatorSelection":{"requireResidentKey":true,"residentKey":"required","userVerification":"required"},
		"attestation":"none"}}`, string(options))
	require.Equal(t, passkey.Ceremony{
		Challenge: c.Challenge, Kind: passkey.Passkey, Creation: true, UserID: owner.ID, Verification: "required",
		Expires: s.now.Add(90 * time.Second),
	}, c)

	owner.Has = []user.Credential{{ID: "AQID", Transports: []string{"usb", "nfc"}}, {ID: "BAUG", MFAOnly: true}}
	options, c, err = s.room.Create(s.Tenant, passkey.SecurityKey, owner, s.now)
	require.NoError(t, err)
	require.JSONEq(t, `{"publicKey":{
		"rp":{"id":"shop.example","name":"Shop"},
		"user":{"id":"ABEiM0RVZneImaq7zN3u_w","name":"kim@shop.example","displayName":"kim"},
		"challenge":"`+c.Challenge+`","pubKeyCredParams":`+algorithms+`,"timeout":90000,
		"excludeCredentials":[{"type":"public-key","id":"AQID","transports":["usb","nfc"]},{"type":"public-key","id":"BAUG"}],
		"authenticatorSelection":{"authenticatorAttachment":"cross-platform","requireResidentKey":false,"residentKey":"discouraged","userVerification":"preferred"},
		"attestation":"indirect"}}`, string(options))

	anyKey := s.with(func(c *config.Config) { c.MFA.SecurityKeys.AuthenticatorAttachment = "no_preference" })
	options, _, err = anyKey.room.Create(anyKey.Tenant, passkey.SecurityKey, owner, s.now)
	require.NoError(t, err)
	require.NotContains(t, string(options), "authenticatorAttachment")
}

func TestRequestOptions_AreMemberByMemberWhatClientsKnow(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *shop) {
		kim, sam := s.person(t), s.person(t)
		laptop, key := authenticator.New(origin), authenticator.New(origin)
		s.enrol(t, passkey.Passkey, kim, laptop, authenticator.Transports("internal", "hybrid"))
		s.now = s.now.Add(time.Second)
		s.enrol(t, passkey.SecurityKey, kim, key, authenticator.Transports())
		s.enrol(t, passkey.Passkey, sam, authenticator.New(origin))
		laptopID, keyID := laptop.Credentials()[0].EncodedID(), key.Credentials()[0].EncodedID()

		options, c := s.ask(t)
		require.JSONEq(t, `{"publicKey":{"challenge":"`+c.Challenge+`","timeout":600000,"rpId":"shop.example","userVerification":"preferred"}}`,
			string(options))
		require.Equal(t, uuid.Nil, c.UserID)
		require.Equal(t, s.now.Add(10*time.Minute), c.Expires)

		options, c = s.askFor(t, passkey.Passkey, kim)
		require.JSONEq(t, `{"publicKey":{"challenge":"`+c.Challenge+`","timeout":600000,"rpId":"shop.example","userVerification":"preferred",
			"allowCredentials":[{"type":"public-key","id":"`+laptopID+`","transports":["internal","hybrid"]}]}}`, string(options))
		require.Equal(t, kim, c.UserID)

		// Verification is discouraged for security keys, which has a timeout of its own.
		options, c = s.askFor(t, passkey.SecurityKey, kim)
		require.JSONEq(t, `{"publicKey":{"challenge":"`+c.Challenge+`","timeout":120000,"rpId":"shop.example","userVerification":"discouraged",
			"allowCredentials":[{"type":"public-key","id":"`+laptopID+`","transports":["internal","hybrid"]},{"type":"public-key","id":"`+keyID+`"}]}}`,
			string(options))
		require.Equal(t, s.now.Add(2*time.Minute), c.Expires)
	})
}

func TestTimeout_FollowsTheSetting(t *testing.T) {
	t.Parallel()

	s := onSQLite(t)
	for _, c := range []struct {
		setting      int
		verification string
		want         time.Duration
	}{
		{45_000, "preferred", 45 * time.Second},
		{0, "preferred", 5 * time.Minute},
		{0, "required", 5 * time.Minute},
		{45_000, "discouraged", 2 * time.Minute},
		{0, "discouraged", 2 * time.Minute},
	} {
		s := s.with(func(cfg *config.Config) {
			cfg.WebAuthn.Timeouts.Login, cfg.WebAuthn.Timeouts.Registration = c.setting, c.setting
			cfg.Passkey.UserVerification = c.verification
		})
		asking, login := s.ask(t)
		making, registration, err := s.room.Create(s.Tenant, passkey.Passkey, passkey.Owner{ID: uuid.New()}, s.now)
		require.NoError(t, err)
		for options, ceremony := range map[string]passkey.Ceremony{string(asking): login, string(making): registration} {
			var sent struct {
				PublicKey struct {
					Timeout int64 `json:"timeout"`
				} `json:"publicKey"`
			}
			require.NoError(t, json.Unmarshal([]byte(options), &sent))
			require.Equal(t, c.want.Milliseconds(), sent.PublicKey.Timeout)
			require.Equal(t, s.now.Add(c.want), ceremony.Expires)
		}
	}
}

func TestChallenge_IsFreshEachTime(t *testing.T) {
	t.Parallel()

	s := onSQLite(t)
	seen := map[string]bool{}
	for range 100 {
		_, c := s.ask(t)
		raw, err := base64.RawURLEncoding.DecodeString(c.Challenge)
		require.NoError(t, err)
		require.Len(t, raw, 32)
		require.False(t, seen[c.Challenge])
		seen[c.Challenge] = true
	}
}

// The ceremony travels in the sealed data of a flow, so it must not grow with the ids of credentials.
func TestCeremony_StaysSmallAndSurvivesJSON(t *testing.T) {
	t.Parallel()

	s := onSQLite(t)
	kim := s.person(t)
	id := make([]byte, 1023)
	device := authenticator.New(origin)
	s.enrol(t, passkey.Passkey, kim, device, authenticator.Named(id))
	options, c := s.askFor(t, passkey.Passkey, kim)
	raw, err := json.Marshal(c)
	require.NoError(t, err)
	require.Less(t, len(raw), 400)
	var back passkey.Ceremony
	require.NoError(t, json.Unmarshal(raw, &back))
	_, err = s.asserted(t, back, device.Get(t, options))
	require.NoError(t, err)
	require.False(t, back.IsZero())
	require.True(t, passkey.Ceremony{}.IsZero())
}

func TestCeremonies_CostAtMostOneStatement(t *testing.T) {
	t.Parallel()

	sent := 0
	st, _ := testdb.New(t, "sqlite3", testdb.WithStatements(func(string) { sent++ }))
	s := newShop(t, st)
	kim := s.person(t)
	device := authenticator.New(origin)
	s.enrol(t, passkey.Passkey, kim, device)
	cost := func(f func()) int { before := sent; f(); return sent - before }

	var options passkey.Options
	var c passkey.Ceremony
	require.Equal(t, 0, cost(func() { options, c = s.ask(t) }))
	answer := device.Get(t, options)
	require.Equal(t, 1, cost(func() {
		_, err := s.asserted(t, c, answer)
		require.NoError(t, err)
	}))
	require.Equal(t, 1, cost(func() { s.askFor(t, passkey.SecurityKey, kim) }))
}
