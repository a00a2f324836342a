package passkey_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/passkey"
	"github.com/latchkeep/latchkeep/internal/authenticator"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants/config"
)

func TestPasskey_SignsInItsOwner(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *shop) {
		kim, sam := s.person(t), s.person(t)
		device := authenticator.New(origin)
		made := s.enrol(t, passkey.Passkey, kim, device)
		s.enrol(t, passkey.Passkey, sam, authenticator.New(origin))
		s.now = s.now.Add(time.Hour)

		assertion := s.signIn(t, device)

		require.Equal(t, kim, assertion.UserID)
		require.Equal(t, device.Credentials()[0].EncodedID(), assertion.CredentialID)
		require.False(t, assertion.MFAOnly)
		has := s.credentials(t, kim)
		require.Len(t, has, 1)
		want := made.Shown(start)
		want.LastUsedAt = &s.now
		require.Equal(t, want, has[0])
		require.Equal(t, start, *s.credentials(t, sam)[0].LastUsedAt)
		s.signIn(t, device)
	})
}

func TestAssertion_IsRefused(t *testing.T) {
	t.Parallel()

	inner := func(member string, value any) authenticator.Lie {
		return authenticator.Changed(func(answer map[string]any) { answer["response"].(map[string]any)[member] = value })
	}
	outer := func(member string, value any) authenticator.Lie {
		return authenticator.Changed(func(answer map[string]any) { answer[member] = value })
	}
	// In the first, the server learns whose credential answered; in the others it does not get that far.
	known := map[string][]authenticator.Lie{
		"another origin":                {authenticator.FromOrigin("https://evil.example")},
		"an origin that looks alike":    {authenticator.FromOrigin("https://shop.example.evil.example")},
		"another relying party":         {authenticator.ForRPID("evil.example")},
		"another challenge":             {authenticator.Challenged("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")},
		"no challenge":                  {authenticator.Challenged("")},
		"a creation's type":             {authenticator.Typed("webauthn.create")},
		"nobody present":                {authenticator.Unattended()},
		"nobody verified":               {authenticator.Unverified()},
		"a frame on another site":       {authenticator.CrossOrigin()},
		"a frame on a site it names":    {authenticator.CrossOrigin(), authenticator.TopOrigin(origin)},
		"a broken signature":            {authenticator.BadSignature()},
		"client data changed":           {authenticator.BadClientData()},
		"authenticator data changed":    {authenticator.BadAuthenticatorData()},
		"no user handle":                {authenticator.ByHandle(nil)},
		"a user handle of nobody":       {authenticator.ByHandle([]byte("nobody"))},
		"eligible for backup meanwhile": {authenticator.BackedUp(true, false)},
		"backed up meanwhile":           {authenticator.BackedUp(true, true)},
		"backed up but not eligible":    {authenticator.BackedUp(false, true)},
		"client data of nothing":        {inner("clientDataJSON", "bnVsbA")},
		"no signature":                  {inner("signature", "")},
		"a signature of another form":   {inner("signature", "AAAA")},
	}
	unknown := map[string][]authenticator.Lie{
		"a credential of nobody":           {authenticator.ByCredential([]byte("nobody's"))},
		"an id too long":                   {authenticator.ByCredential(make([]byte, 1024))},
		"no id":                            {authenticator.ByCredential([]byte{})},
		"another type":                     {outer("type", "password")},
		"an id that is no text":            {outer("id", []int{1})},
		"an id beside its raw form":        {outer("id", "AQID")},
		"no client data":                   {inner("clientDataJSON", "")},
		"client data that is no JSON":      {inner("clientDataJSON", "AAAA")},
		"no authenticator data":            {inner("authenticatorData", "")},
		"authenticator data cut off":       {inner("authenticatorData", "AAAA")},
		"authenticator data too long":      {inner("authenticatorData", strings.Repeat("A", 1000))},
		"extensions flagged, not there":    {authenticator.Flagged(0x80)},
		"attested data that is not there":  {authenticator.Flagged(0x40)},
		"a user handle that is no base64":  {inner("userHandle", "?")},
		"an answer that is far too long":   {outer("padding", strings.Repeat("x", 20_000))},
		"no response":                      {outer("response", nil)},
		"extension results of wrong types": {outer("clientExtensionResults", "x")},
	}
	eachDatabase(t, func(t *testing.T, s *shop) {
		s = s.with(func(c *config.Config) { c.Passkey.UserVerification = "required" })
		kim := s.person(t)
		device := authenticator.New(origin)
		s.enrol(t, passkey.Passkey, kim, device)
		before := s.credentials(t, kim)
		check := func(lies map[string][]authenticator.Lie, owner uuid.UUID) {
			for name, told := range lies {
				t.Run(name, func(t *testing.T) {
					options, c := s.ask(t)
					_, err := s.asserted(t, c, device.Get(t, options, told...))
					requireRefused(t, err, passkey.Invalid, owner)
					require.Equal(t, before, s.credentials(t, kim))
				})
			}
		}
		check(known, kim)
		check(unknown, uuid.Nil)
		s.signIn(t, device)
	})
}

func TestAssertion_OfGarbageIsRefused(t *testing.T) {
	t.Parallel()

	s := onSQLite(t)
	_, c := s.ask(t)
	for _, answer := range garbage() {
		_, err := s.asserted(t, c, json.RawMessage(answer))
		requireRefused(t, err, passkey.Invalid, uuid.Nil)
	}
}

func TestAssertion_AnswersItsOwnCeremonyOnce(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *shop) {
		kim := s.person(t)
		device := authenticator.New(origin)
		s.enrol(t, passkey.Passkey, kim, device)
		options, c := s.ask(t)
		answer := device.Get(t, options)

		_, other := s.ask(t)
		_, err := s.asserted(t, other, answer)
		requireRefused(t, err, passkey.Invalid, kim)
		_, making := s.create(t, passkey.Passkey, kim)
		_, err = s.asserted(t, making, answer)
		requireRefused(t, err, passkey.Invalid, uuid.Nil)
		_, err = s.asserted(t, passkey.Ceremony{}, answer)
		requireRefused(t, err, passkey.Invalid, uuid.Nil)

		first, err := s.asserted(t, c, answer)
		require.NoError(t, err)
		second, err := s.asserted(t, c, answer)
		require.NoError(t, err, "nothing is used up before it is stored")
		s.commit(t, first.Save)
		err = s.try(t, second.Save)
		require.Equal(t, problem.KindConflict, problem.KindOf(err), "%v", err)
		_, err = s.asserted(t, c, answer)
		requireRefused(t, err, passkey.Cloned, kim)
	})
}

func TestAssertion_AfterItsTimeIsRefusedWithAndWithoutAllowList(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *shop) {
		kim := s.person(t)
		device := authenticator.New(origin)
		s.enrol(t, passkey.Passkey, kim, device)
		for name, asked := range map[string]func() (passkey.Options, passkey.Ceremony){
			"discoverable":  func() (passkey.Options, passkey.Ceremony) { return s.ask(t) },
			"her passkeys":  func() (passkey.Options, passkey.Ceremony) { return s.askFor(t, passkey.Passkey, kim) },
			"second factor": func() (passkey.Options, passkey.Ceremony) { return s.askFor(t, passkey.SecurityKey, kim) },
		} {
			t.Run(name, func(t *testing.T) {
				options, c := asked()
				late := *s
				late.now = c.Expires
				answer := device.Get(t, options)
				_, err := late.asserted(t, c, answer)
				requireRefused(t, err, passkey.Invalid, kim)
				late.now = c.Expires.Add(-time.Microsecond)
				_, err = late.asserted(t, c, answer)
				require.NoError(t, err)
			})
		}
	})
}

func TestSecurityKey_IsNoFirstFactor(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *shop) {
		kim := s.person(t)
		key := authenticator.New(origin)
		s.enrol(t, passkey.SecurityKey, kim, key)
		id := key.Credentials()[0].ID

		options, c := s.ask(t)
		_, err := key.TryGet(options)
		require.ErrorIs(t, err, authenticator.ErrNotAllowed, "it is not discoverable")
		_, err = s.asserted(t, c, key.Get(t, options, authenticator.With(id), authenticator.ByHandle(kim[:])))
		requireRefused(t, err, passkey.MFAOnly, kim)
		_, err = s.asserted(t, c, key.Get(t, options, authenticator.With(id), authenticator.BadSignature()))
		requireRefused(t, err, passkey.MFAOnly, kim)
		options, c = s.askFor(t, passkey.Passkey, kim)
		require.Empty(t, c.Allowed)
		_, err = s.asserted(t, c, key.Get(t, options, authenticator.With(id), authenticator.ByHandle(kim[:])))
		requireRefused(t, err, passkey.MFAOnly, kim)

		options, c = s.askFor(t, passkey.SecurityKey, kim)
		assertion, err := s.asserted(t, c, key.Get(t, options))
		require.NoError(t, err)
		require.True(t, assertion.MFAOnly)
		require.Equal(t, kim, assertion.UserID)
		s.commit(t, assertion.Save)
	})
}

func TestPasskey_IsASecondFactorToo(t *testing.T) {
	t.Parallel()

	s := onSQLite(t)
	kim := s.person(t)
	device := authenticator.New(origin)
	s.enrol(t, passkey.Passkey, kim, device)
	options, c := s.askFor(t, passkey.SecurityKey, kim)
	assertion, err := s.asserted(t, c, device.Get(t, options))
	require.NoError(t, err)
	require.False(t, assertion.MFAOnly)
}

func TestCeremonyOfAPerson_AcceptsNobodyElse(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *shop) {
		kim, sam, lee := s.person(t), s.person(t), s.person(t)
		hers, his := authenticator.New(origin), authenticator.New(origin)
		s.enrol(t, passkey.Passkey, kim, hers)
		s.enrol(t, passkey.Passkey, sam, his)
		theirs := his.Credentials()[0].ID

		for _, k := range []passkey.Kind{passkey.Passkey, passkey.SecurityKey} {
			options, c := s.askFor(t, k, kim)
			for _, lies := range [][]authenticator.Lie{
				{authenticator.With(theirs)},
				{authenticator.With(theirs), authenticator.ByHandle(kim[:])},
			} {
				_, err := s.asserted(t, c, his.Get(t, options, lies...))
				requireRefused(t, err, passkey.Invalid, sam)
			}
			_, err := s.asserted(t, c, his.Get(t, options, authenticator.With(theirs), authenticator.ByCredential(hers.Credentials()[0].ID)))
			requireRefused(t, err, passkey.Invalid, kim)

			// She who has no credentials is not asked for any credential of anybody.
			options, c = s.askFor(t, k, lee)
			_, err = s.asserted(t, c, his.Get(t, options, authenticator.With(theirs)))
			requireRefused(t, err, passkey.Invalid, sam)
		}

		// Nor is a credential accepted that she got after she was asked.
		options, c := s.askFor(t, passkey.Passkey, kim)
		second := authenticator.New(origin)
		s.enrol(t, passkey.Passkey, kim, second)
		_, err := s.asserted(t, c, second.Get(t, options, authenticator.With(second.Credentials()[0].ID)))
		requireRefused(t, err, passkey.Invalid, kim)
	})
}

func TestUserHandle_WithAnAllowListIsOptionalButNotAnothers(t *testing.T) {
	t.Parallel()

	s := onSQLite(t)
	kim, sam := s.person(t), s.person(t)
	device := authenticator.New(origin)
	s.enrol(t, passkey.Passkey, kim, device)
	options, c := s.askFor(t, passkey.Passkey, kim)
	_, err := s.asserted(t, c, device.Get(t, options, authenticator.ByHandle(nil)))
	require.NoError(t, err)
	_, err = s.asserted(t, c, device.Get(t, options, authenticator.ByHandle(sam[:])))
	requireRefused(t, err, passkey.Invalid, kim)
	_, err = s.asserted(t, c, device.Get(t, options, authenticator.ByHandle([]byte(kim.String()))))
	requireRefused(t, err, passkey.Invalid, kim)
}

func TestUserHandle_OfAnotherPersonOfTheTenantIsRefused(t *testing.T) {
	t.Parallel()

	s := onSQLite(t)
	kim, sam := s.person(t), s.person(t)
	device := authenticator.New(origin)
	s.enrol(t, passkey.Passkey, kim, device)
	options, c := s.ask(t)
	_, err := s.asserted(t, c, device.Get(t, options, authenticator.ByHandle(sam[:])))
	requireRefused(t, err, passkey.Invalid, kim)
}

// Two tenants may share a domain, so that an authenticator offers the passkeys of both at either.
func TestPasskey_OfAnotherTenantIsUnknown(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *shop) {
		bank := newShop(t, s.store)
		kim, lee := s.person(t), bank.person(t)
		device := authenticator.New(origin)
		made := s.enrol(t, passkey.Passkey, kim, device)

		options, c := bank.ask(t)
		_, err := bank.asserted(t, c, device.Get(t, options))
		requireRefused(t, err, passkey.Invalid, uuid.Nil)
		options, c = bank.askFor(t, passkey.Passkey, kim)
		require.NotContains(t, string(options), "allowCredentials")
		_, err = bank.asserted(t, c, device.Get(t, options))
		requireRefused(t, err, passkey.Invalid, uuid.Nil)

		// Where both know the credential, each has its own owner and counter.
		bank.commit(t, passkey.Store(lee, *made, bank.now))
		options, c = bank.ask(t)
		_, err = bank.asserted(t, c, device.Get(t, options))
		requireRefused(t, err, passkey.Invalid, lee)
		assertion, err := bank.asserted(t, c, device.Get(t, options, authenticator.ByHandle(lee[:]), authenticator.Counting(1000)))
		require.NoError(t, err)
		require.Equal(t, lee, assertion.UserID)
		bank.commit(t, assertion.Save)
		require.Equal(t, kim, s.signIn(t, device).UserID, "the other tenant's counter stayed")
		options, c = s.ask(t)
		_, err = bank.asserted(t, c, device.Get(t, options, authenticator.ByHandle(lee[:])))
		requireRefused(t, err, passkey.Cloned, lee)
	})
}

func TestVerification_IsNeededOnlyWhereItIsRequired(t *testing.T) {
	t.Parallel()

	s := onSQLite(t)
	kim := s.person(t)
	device := authenticator.New(origin)
	s.enrol(t, passkey.Passkey, kim, device)
	for _, verification := range []string{"preferred", "discouraged"} {
		s := s.with(func(c *config.Config) {
			c.Passkey.UserVerification, c.MFA.SecurityKeys.UserVerification = verification, verification
		})
		options, c := s.ask(t)
		_, err := s.asserted(t, c, device.Get(t, options, authenticator.Unverified()))
		require.NoError(t, err)
		options, c = s.askFor(t, passkey.SecurityKey, kim)
		_, err = s.asserted(t, c, device.Get(t, options, authenticator.Unverified()))
		require.NoError(t, err)
	}

	// What was required when she was asked is required when she answers.
	strict := s.with(func(c *config.Config) { c.MFA.SecurityKeys.UserVerification = "required" })
	options, c := strict.askFor(t, passkey.SecurityKey, kim)
	_, err := s.asserted(t, c, device.Get(t, options, authenticator.Unverified()))
	requireRefused(t, err, passkey.Invalid, kim)
}

func TestAssertion_IgnoresWhatWasNotAskedFor(t *testing.T) {
	t.Parallel()

	s := onSQLite(t)
	device := authenticator.New(origin)
	s.enrol(t, passkey.Passkey, s.person(t), device)
	s.signIn(t, device, authenticator.Changed(func(answer map[string]any) {
		answer["clientExtensionResults"] = map[string]any{"appid": true, "largeBlob": map[string]any{}}
		answer["authenticatorAttachment"] = nil
		answer["unknown"] = 1
	}))
}
