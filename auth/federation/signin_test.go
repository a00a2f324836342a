package federation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
)

const quiet = `{` + testenv.ThirdParty + `, ` + testenv.Webhook + `, "mfa": {"enabled": false}, "passkey": {"enabled": false},
	"email": {"acquire_on_login": false, "acquire_on_registration": false, "limit": 3}, "saml": {"enabled": true, "audience_uri": "https://shop.example"}}`

// each runs a test on every database, with a tenant that has providers.
func each(t *testing.T, run func(t *testing.T, env *testenv.Env, shop *testenv.Tenant)) {
	t.Helper()
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop := env.Tenant(t, "shop", quiet)
		shop.SAMLProvider(t, "corp.example", true)
		shop.SAMLProvider(t, "other.example", true)
		run(t, env, shop)
	}, testenv.WithThirdParties(), testenv.With("rate_limiter.enabled", "false"))
}

func snapshot(t *testing.T, shop *testenv.Tenant) *tenants.Tenant {
	t.Helper()
	found, err := shop.Env.App.Registry.ByID(t.Context(), shop.ID)
	require.NoError(t, err)
	return found
}

// signIn acts on an account, and returns the code of the refusal, or empty.
func signIn(t *testing.T, shop *testenv.Tenant, s federation.State, a federation.Account) federation.Code {
	t.Helper()
	_, err := shop.Env.App.Federation.SignIn(t.Context(), snapshot(t, shop), testenv.IdP, s, a)
	if err == nil {
		return ""
	}
	return federation.AsError(err).Code
}

// corp is an account at the identity provider of a domain.
func corp(domain, subject, email string, verified bool) federation.Account {
	return federation.Account{
		Provider: "https://" + domain + "/saml", SAMLDomain: domain, AllowLinking: true,
		Claims: federation.Claims{Subject: subject, Email: email, EmailVerified: verified},
	}
}

func atGoogle(subject, email string) federation.Account {
	return federation.Account{
		Provider: "google", AllowLinking: true, Claims: federation.Claims{Subject: subject, Email: email, EmailVerified: email != ""},
	}
}

// person reads somebody as she is stored.
func person(t *testing.T, shop *testenv.Tenant, id uuid.UUID) *user.User {
	t.Helper()
	u, err := shop.Env.App.Users.Load(t.Context(), snapshot(t, shop), id)
	require.NoError(t, err)
	return u
}

func TestSAML_IdentityProviderCannotPoseAsAnother(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, shop *testenv.Tenant) {
		require.Empty(t, signIn(t, shop, federation.State{}, atGoogle("g-1", "kim@corp.example")))
		require.Empty(t, signIn(t, shop, federation.State{}, corp("corp.example", "kim", "kim@corp.example", true)))
		before := [2]int{shop.Count(t, "identities"), shop.Count(t, "tokens")}
		for _, lie := range []func(a *federation.Account){
			func(a *federation.Account) { a.Provider = "google"; a.Claims.Subject = "g-1" },
			func(a *federation.Account) { a.Provider = "custom_acme" },
			func(a *federation.Account) { a.Provider = "https://corp.example/saml"; a.Claims.Subject = "kim" }, // the entity id of another domain's
			func(a *federation.Account) { a.Provider = "" },
			func(a *federation.Account) { a.Provider = strings.Repeat("p", 256) },
		} {
			a := corp("other.example", "mallory", "mallory@other.example", true)
			lie(&a)
			require.Equal(t, federation.InvalidRequest, signIn(t, shop, federation.State{}, a))
		}
		oauth := atGoogle("kim", "")
		oauth.Provider = "https://corp.example/saml"
		require.Equal(t, federation.InvalidRequest, signIn(t, shop, federation.State{}, oauth), "nor an OAuth provider as one")
		require.Equal(t, before, [2]int{shop.Count(t, "identities"), shop.Count(t, "tokens")})
		require.Empty(t, env.Errors())
	})
}

func TestSAML_LinksVerifiedAddressesAndKeepsOneIdentityForEach(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, _ *testenv.Env, shop *testenv.Tenant) {
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@corp.example"})
		require.Equal(t, federation.UnverifiedEmail, signIn(t, shop, federation.State{}, corp("corp.example", "kim", kim.Email, false)))
		require.Empty(t, signIn(t, shop, federation.State{}, corp("corp.example", "kim", kim.Email, true)))
		require.Empty(t, signIn(t, shop, federation.State{}, atGoogle("g-kim", kim.Email)))
		require.Empty(t, signIn(t, shop, federation.State{}, corp("corp.example", "kim-b", kim.Email, true)))
		u := person(t, shop, kim.ID)
		require.Len(t, u.Identities, 2)
		require.True(t, u.HasIdentity("google"))
		require.Equal(t, "kim-b", u.Identities[1].Subject)
		require.Equal(t, "IdP of corp.example", u.Identities[1].SAML.Name)

		lee := shop.Person(t, testenv.NewPerson{Email: "lee@corp.example", Unverified: true})
		require.Equal(t, federation.UserConflict, signIn(t, shop, federation.State{}, corp("corp.example", "lee", lee.Email, true)))
	})
}

func TestSAML_LinkThatNoFlowAskedForNeedsAVerifiedAddress(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, _ *testenv.Env, shop *testenv.Tenant) {
		a := corp("corp.example", "kim", "kim@corp.example", false)
		require.Equal(t, federation.UnverifiedEmail, signIn(t, shop, federation.State{Direct: true}, a))
		require.Empty(t, signIn(t, shop, federation.State{}, a))
		require.Equal(t, federation.UnverifiedEmail, signIn(t, shop, federation.State{Direct: true}, a), "also of somebody who is known")
	})
}

func TestProfile_IsWhatTheProviderLastSaid(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, _ *testenv.Env, shop *testenv.Tenant) {
		in := func(c federation.Claims) *user.User {
			c.Subject = "kim"
			s := shop.SignInThrough(t, "google", c)
			return person(t, shop, s.UserID)
		}
		u := in(federation.Claims{Name: " Kim K ", GivenName: "Kim", FamilyName: "K", Picture: " https://pics.example/1 "})
		require.Equal(t, []string{"Kim K", "Kim", "K", "https://pics.example/1"}, []string{u.Name, u.GivenName, u.FamilyName, u.Picture})
		u = in(federation.Claims{GivenName: "Kimberly"})
		require.Equal(t, []string{"Kim K", "Kimberly", "K", "https://pics.example/1"}, []string{u.Name, u.GivenName, u.FamilyName, u.Picture})
		for _, bad := range []string{
			"javascript:alert(1)", "data:image/png;base64,AA", "ftp://pics.example/1", "/relative", "https://", "https://kim:secret@pics.example/1",
			"https://pics.example/" + strings.Repeat("x", 2048), "https://pics.example/\x00", "not a url",
		} {
			require.Equal(t, "https://pics.example/1", in(federation.Claims{Picture: bad}).Picture, bad)
		}
		u = in(federation.Claims{Name: strings.Repeat("n", 256), FamilyName: "a\x00b", Picture: "http://pics.example/2?x=1#y"})
		require.Equal(t, []string{"Kim K", "K", "http://pics.example/2?x=1#y"}, []string{u.Name, u.FamilyName, u.Picture})
		require.Equal(t, strings.Repeat("ñ", 255), in(federation.Claims{Name: strings.Repeat("ñ", 255)}).Name)
	})
}

func TestAddress_OfTheProviderIsFollowed(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, _ *testenv.Env, shop *testenv.Tenant) {
		require.Empty(t, signIn(t, shop, federation.State{}, atGoogle("kim", "")))
		id := shop.SignInThrough(t, "google", federation.Claims{Subject: "kim", Email: "first@shop.example", EmailVerified: true}).UserID
		u := person(t, shop, id)
		require.Equal(t, "first@shop.example", u.PrimaryAddress(), "the first one becomes primary")
		require.True(t, u.Primary().IsVerified)

		require.Empty(t, signIn(t, shop, federation.State{}, atGoogle("kim", "Second@shop.example")))
		require.Empty(t, signIn(t, shop, federation.State{}, atGoogle("kim", "second@shop.example")))
		u = person(t, shop, id)
		require.Len(t, u.Emails, 2)
		require.Equal(t, "first@shop.example", u.PrimaryAddress(), "and stays so")
		require.Equal(t, "second@shop.example", u.EmailByID(u.Identities[0].At()).Address)

		require.Empty(t, signIn(t, shop, federation.State{}, atGoogle("kim", "first@shop.example")), "back again")
		require.Empty(t, signIn(t, shop, federation.State{}, atGoogle("kim", "third@shop.example")))
		require.Equal(t, federation.EmailMaxNum, signIn(t, shop, federation.State{}, atGoogle("kim", "fourth@shop.example")))
		require.Len(t, person(t, shop, id).Emails, 3)
		require.Equal(t, federation.ServerError, signIn(t, shop, federation.State{}, atGoogle("lee", "no address")))
		require.Equal(t, 1, shop.Count(t, "users"))
	})
}

func TestAddress_IdentityWhoseAddressIsGoneIsSignedInAllTheSame(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, shop *testenv.Tenant) {
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.Identity.Create().SetProviderID("google").SetSubject("kim").SetUserID(kim.ID).SetClaims("no JSON at all").Exec(ctx)
		}))
		require.Empty(t, signIn(t, shop, federation.State{}, atGoogle("kim", "kim@shop.example")))
		u := person(t, shop, kim.ID)
		require.Equal(t, "kim@shop.example", u.EmailByID(u.Identities[0].At()).Address)
		require.Empty(t, env.Errors())
	})
}

func TestClaims_AreKeptWithinBounds(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, _ *testenv.Env, shop *testenv.Tenant) {
		a := atGoogle("kim", "kim@shop.example")
		a.Claims.Custom = map[string]any{"team": "a", "nul": "x\x00y"}
		kept := func() (c federation.Claims) {
			require.Empty(t, signIn(t, shop, federation.State{}, a))
			rows, err := shop.Env.App.Store.Reader().Identity.Query().All(scope.With(t.Context(), scope.Tenant(shop.ID)))
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal([]byte(rows[0].Claims), &c))
			return c
		}
		require.Equal(t, "a", kept().Custom["team"])
		a.Claims.Custom["team"] = strings.Repeat("x", 70<<10)
		require.Nil(t, kept().Custom)
		a.Claims.Profile = strings.Repeat("p", 70<<10)
		require.Equal(t, "kim@shop.example", kept().Email)
		require.Empty(t, kept().Profile)
	})
}

func TestLinking_TwoProvidersAtOnceBothBecomeHers(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, shop *testenv.Tenant) {
		kim := shop.Person(t, testenv.NewPerson{Email: "kim@shop.example"})
		var codes [6]federation.Code
		var all sync.WaitGroup
		for i := range codes {
			all.Go(func() {
				a := atGoogle(fmt.Sprintf("kim-%d", i), kim.Email)
				codes[i] = signIn(t, shop, federation.State{}, a)
			})
		}
		all.Wait()
		require.Equal(t, [6]federation.Code{}, codes)
		require.Len(t, person(t, shop, kim.ID).Identities, 6)
		require.Empty(t, env.Errors())
	})
}

func TestRefused_IsRecordedUnlessItIsOurOwnFault(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, shop *testenv.Tenant) {
		room, at := env.App.Federation, snapshot(t, shop)
		room.Refused(t.Context(), at, testenv.IdP, federation.Refuse("access_denied", "no\nthanks\x00 \xff", nil))
		room.Refused(t.Context(), at, testenv.IdP, federation.Refuse("access_denied", strings.Repeat("x", 5000), nil))
		records := shop.AuditOf(t, event.ThirdPartyFailed, 2)
		require.Equal(t, "access_denied: no thanks  \uFFFD", records[0].Error)
		require.Less(t, len(records[1].Error), 1100)
		require.Empty(t, env.Errors())
		room.Refused(t.Context(), at, testenv.IdP, federation.Refuse(federation.ServerError, "", context.DeadlineExceeded))
		require.Len(t, env.Errors(), 1)
		shop.AuditOf(t, event.ThirdPartyFailed, 2)
	})
}

func TestToken_IsStoredAsAHashAndBoundToItsVerifierFlowAndPurpose(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, shop *testenv.Tenant) {
		room, at, flow := env.App.Federation, snapshot(t, shop), uuid.New()
		token := shop.TokenOf(t, federation.State{FlowID: flow, CodeVerifier: "v"}, atGoogle("kim", "kim@shop.example"))
		require.Len(t, token, 44)
		rows, err := env.App.Store.Reader().OneTimeToken.Query().All(scope.With(t.Context(), scope.Tenant(shop.ID)))
		require.NoError(t, err)
		stored := fmt.Sprintf("%q %s", rows[0].Hash, rows[0].Data)
		require.NotContains(t, stored, token)
		require.NotContains(t, stored, `"v"`)

		now := time.Now()
		good := federation.Presented{Token: token, CodeVerifier: "v", Flow: flow}
		r, err := room.Redeem(t.Context(), at, good, now)
		require.NoError(t, err)
		require.True(t, r.Created)
		for what, change := range map[string]func(p *federation.Presented){
			"another flow": func(p *federation.Presented) { p.Flow = uuid.New() },
			"no flow":      func(p *federation.Presented) { p.Flow = uuid.Nil; p.Unasked = true },
			"a profile":    func(p *federation.Presented) { p.Link = true },
			"another":      func(p *federation.Presented) { p.Token += "A" },
			"nothing":      func(p *federation.Presented) { p.Token = "" },
		} {
			bad := good
			change(&bad)
			_, err := room.Redeem(t.Context(), at, bad, now)
			require.ErrorIs(t, err, federation.ErrToken, what)
		}
		good.CodeVerifier = "w"
		_, err = room.Redeem(t.Context(), at, good, now)
		require.ErrorIs(t, err, federation.ErrVerifier)
		good.CodeVerifier = "v"
		_, err = room.Redeem(t.Context(), at, good, now.Add(federation.TokenTTL+time.Second))
		require.ErrorIs(t, err, federation.ErrToken)

		require.NoError(t, shop.Change(t, r.Use))
		require.ErrorIs(t, shop.Change(t, r.Use), user.ErrOvertaken)

		unasked := shop.TokenOf(t, federation.State{}, corp("corp.example", "lee", "lee@corp.example", true))
		_, err = room.Redeem(t.Context(), at, federation.Presented{Token: unasked, Flow: flow}, now)
		require.ErrorIs(t, err, federation.ErrToken)
		_, err = room.Redeem(t.Context(), at, federation.Presented{Token: unasked, Flow: flow, Unasked: true}, now)
		require.NoError(t, err)
	})
}
