package public_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	samlroom "github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/internal/samlpeer"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
)

func TestSAMLAttack_AnAssertionIsUsedOnce(t *testing.T) {
	t.Parallel()
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		s := attacked(t, env)
		f := s.honest()
		f.BareResponse = true
		response := s.peer.Forge(t, f)
		require.Equal(t, 302, readAnswer(t, s.post(t, url.Values{"SAMLResponse": {response}})).status)

		a := s.refused(t, url.Values{"SAMLResponse": {response}})
		require.Equal(t, "invalid_request", a.query.Get("error"), "spec saml §6.2")

		raw, err := base64.StdEncoding.DecodeString(response)
		require.NoError(t, err)
		doc := etree.NewDocument()
		require.NoError(t, doc.ReadFromBytes(raw))
		doc.Root().CreateAttr("ID", "_another")
		rewrapped, err := doc.WriteToBytes()
		require.NoError(t, err)
		s.refused(t, url.Values{"SAMLResponse": {base64.StdEncoding.EncodeToString(rewrapped)}})
	}, samlEnv)
}

func TestSAMLAttack_OfManyAtOnceOneGetsIn(t *testing.T) {
	t.Parallel()
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		s := attacked(t, env)
		id, relay := s.request(t)
		solicited := s.honest()
		solicited.InResponseTo = id
		for name, values := range map[string]url.Values{
			"unsolicited": {"SAMLResponse": {s.peer.Forge(t, s.honest())}},
			"solicited":   {"SAMLResponse": {s.peer.Forge(t, solicited)}, "RelayState": {relay}},
		} {
			var in atomic.Int64
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					r := s.Client().With("Content-Type", "application/x-www-form-urlencoded").
						Send(t, http.MethodPost, "/saml/callback", []byte(values.Encode()))
					if r.Status == http.StatusFound {
						in.Add(1)
					}
				})
			}
			all.Wait()
			require.EqualValues(t, 1, in.Load(), name)
		}
	}, samlEnv)
}

func TestSAMLAttack_AnAnswerBelongsToItsRequest(t *testing.T) {
	t.Parallel()
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		s := attacked(t, env)
		id, relay := s.request(t)
		other, _ := s.request(t)
		answering := func(id string) samlpeer.Forgery {
			f := s.honest()
			f.InResponseTo = id
			return f
		}

		s.refused(t, url.Values{"SAMLResponse": {s.peer.Forge(t, answering(id))}}) // it came without the state
		s.refused(t, url.Values{"SAMLResponse": {s.peer.Forge(t, answering("_unknown"))}})
		hidden := s.honest()
		hidden.Assertion = func(a *saml.Assertion) { a.Subject.SubjectConfirmations[0].SubjectConfirmationData.InResponseTo = id }
		s.refused(t, url.Values{"SAMLResponse": {s.peer.Forge(t, hidden)}})
		hidden.EncryptFor = s.certificate(t)
		s.refused(t, url.Values{"SAMLResponse": {s.peer.Forge(t, hidden)}})

		for _, wrong := range []string{other, "_unknown", ""} {
			_, relay := s.request(t)
			s.refused(t, url.Values{"SAMLResponse": {s.peer.Forge(t, answering(wrong))}, "RelayState": {relay}})
		}
		half := answering(id)
		half.Assertion = func(a *saml.Assertion) {
			a.Subject.SubjectConfirmations[0].SubjectConfirmationData.InResponseTo = other
		}
		s.refused(t, url.Values{"SAMLResponse": {s.peer.Forge(t, half)}, "RelayState": {relay}})
	}, samlEnv)
}

func TestSAMLAttack_AStateIsOfItsTenantAndUsedOnceAndInTime(t *testing.T) {
	t.Parallel()
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		s := attacked(t, env)
		other := newStaff(t, samlTenant(t, env, "other"), s.peer)
		answering := func(id string) string {
			f := s.honest()
			f.InResponseTo = id
			return s.peer.Forge(t, f)
		}

		id, relay := s.request(t)
		values := url.Values{"SAMLResponse": {answering(id)}, "RelayState": {relay}}
		require.Equal(t, 302, readAnswer(t, s.post(t, values)).status)
		values.Set("SAMLResponse", answering(id))
		a := s.refused(t, values)
		require.Equal(t, "invalid_request", a.query.Get("error"))
		require.Equal(t, samlPage, a.page)

		id, relay = s.request(t)
		s.refused(t, url.Values{"SAMLResponse": {"broken"}, "RelayState": {relay}})
		s.refused(t, url.Values{"SAMLResponse": {answering(id)}, "RelayState": {relay}}) // it was used up by the broken one

		id, relay = s.request(t)
		for name, changed := range map[string]string{
			"another letter": strings.ToUpper(relay[:20]) + relay[20:], "shorter": relay[:len(relay)-4], "empty": "hanko_spi_", "nonsense": "hanko_spi_AAAA",
			"not base64": "hanko_spi_%%%",
		} {
			a := s.refused(t, url.Values{"SAMLResponse": {answering(id)}, "RelayState": {changed}})
			require.Equal(t, "invalid_request", a.query.Get("error"), name)
		}

		foreign, err := url.Parse(other.authorize(t, samlPage))
		require.NoError(t, err)
		s.refused(t, url.Values{"SAMLResponse": {answering(requestIn(t, foreign))}, "RelayState": {foreign.Query().Get("RelayState")}})
	}, samlEnv)
}

func TestSAMLAttack_ALateAnswerIsRefused(t *testing.T) {
	t.Parallel()
	clock := &testenv.Clock{}
	s := attackedBy(t, testenv.OnSQLite(t, samlEnv, testenv.WithClock(clock.Now)), clock.Now)
	id, relay := s.request(t)
	clock.Move(5*time.Minute + time.Second)
	f := s.honest()
	f.InResponseTo = id
	a := s.refused(t, url.Values{"SAMLResponse": {s.peer.Forge(t, f)}, "RelayState": {relay}})
	require.Equal(t, "invalid_request", a.query.Get("error"))
}

func TestSAMLAttack_AnotherTenantsProviderOfTheSameNameIsAStranger(t *testing.T) {
	t.Parallel()
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		const name = "https://idp.example/the-same"
		s := &siege{
			staff: newStaff(t, samlTenant(t, env, "shop"), samlpeer.New(t, samlpeer.Called(name))), victim: samlpeer.Emailed("victim", "victim@"+samlDomain),
		}
		evil := newStaff(t, samlTenant(t, env, "evil"), samlpeer.New(t, samlpeer.Called(name)))
		f := s.honest()
		s.refused(t, url.Values{"SAMLResponse": {evil.peer.Forge(t, f)}})
		id, relay := s.request(t)
		f.InResponseTo = id
		s.refused(t, url.Values{"SAMLResponse": {evil.peer.Forge(t, f)}, "RelayState": {relay}})

		// Nor is a response for the one tenant any good at the other.
		theirs := samlpeer.Forgery{ACS: evil.URL() + "/saml/callback", Audience: evil.URL(), Person: s.victim}
		s.refused(t, url.Values{"SAMLResponse": {s.peer.Forge(t, theirs)}})
	}, samlEnv)
}

func TestSAMLAttack_ADisabledOrDeletedProviderSignsNobodyIn(t *testing.T) {
	t.Parallel()
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		s := attacked(t, env)
		id, relay := s.request(t)
		_, second := s.request(t)
		f := s.honest()
		f.InResponseTo = id
		wish := samlroom.Wish{Name: "Staff", Domain: samlDomain, MetadataURL: s.peer.MetadataURL()}
		_, err := env.App.SAML.Update(t.Context(), tenants.BySystem, s.ID, s.provider.ID, wish)
		require.NoError(t, err)

		s.refused(t, url.Values{"SAMLResponse": {s.peer.Forge(t, s.honest())}})
		require.Equal(t, "server_error", s.refused(t, url.Values{"SAMLResponse": {s.peer.Forge(t, f)}, "RelayState": {relay}}).query.Get("error"))
		r := s.Client().Get(t, "/saml/auth?"+url.Values{"domain": {samlDomain}, "redirect_to": {samlPage}}.Encode())
		require.Equal(t, "invalid_request", readAnswer(t, r).query.Get("error"))
		require.Equal(t, http.StatusNotFound, s.Client().Get(t, "/saml/metadata?domain="+samlDomain).Status)

		require.NoError(t, env.App.SAML.Delete(t.Context(), tenants.BySystem, s.ID, s.provider.ID))
		require.Zero(t, s.Count(t, "identities"), "they go with the provider")
		require.Equal(t, 1, s.Count(t, "users"), "people stay")
		s.refused(t, url.Values{"SAMLResponse": {s.peer.Forge(t, s.honest())}})
		s.refused(t, url.Values{"SAMLResponse": {s.peer.Forge(t, f)}, "RelayState": {second}})
	}, samlEnv)
}

func TestSAMLAttack_AnIdentityOfOneProviderIsNotThoseOfOthers(t *testing.T) {
	t.Parallel()
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		s := attacked(t, env)
		// A second provider of the tenant cannot speak of the first one's people: not by its name, and not by their addresses.
		second := samlpeer.New(t)
		s.provide(t, samlroom.Wish{Name: "Partners", Domain: "partner.example", MetadataURL: second.MetadataURL(), Enabled: true})
		for _, person := range []samlpeer.Person{s.victim, samlpeer.Emailed("victim", "victim@partner.example.evil"), samlpeer.Emailed("x", "victim@"+samlDomain)} {
			f := s.honest()
			f.Person = person
			s.refused(t, url.Values{"SAMLResponse": {second.Forge(t, f)}})
			f.Response = func(r *saml.Response) { r.Issuer.Value = s.peer.EntityID() }
			f.Assertion = func(a *saml.Assertion) { a.Issuer.Value = s.peer.EntityID() }
			s.refused(t, url.Values{"SAMLResponse": {second.Forge(t, f)}})
		}
		for _, name := range []string{s.peer.EntityID(), "google", "custom_idp", strings.Repeat("x", 256)} {
			imposter := samlpeer.New(t, samlpeer.Called(name))
			_, err := env.App.SAML.Create(t.Context(), tenants.BySystem, s.ID,
				samlroom.Wish{Name: "Imposter", Domain: "imposter.example", MetadataURL: imposter.MetadataURL(), Enabled: true})
			require.Error(t, err, name)
		}
	}, samlEnv)
}

func TestSAMLAttack_AFormThatIsTooLargeIsNotRead(t *testing.T) {
	t.Parallel()
	s := attacked(t, testenv.OnSQLite(t, samlEnv))
	r := s.post(t, url.Values{"SAMLResponse": {strings.Repeat("A", 9<<20)}})
	require.Equal(t, http.StatusRequestEntityTooLarge, r.Status)
	require.Equal(t, 1, s.Count(t, "users"))
}

func TestSAMLAttack_WhatAStrangerWroteIsNeitherShownNorLoggedAsItIs(t *testing.T) {
	t.Parallel()
	s := attacked(t, testenv.OnSQLite(t, samlEnv))
	f := s.honest()
	f.Response = func(r *saml.Response) { r.Issuer.Value = "https://evil.example/\n<script>" }
	a := s.refused(t, url.Values{"SAMLResponse": {s.peer.Forge(t, f)}})
	require.NotContains(t, fmt.Sprint(a.query), "evil")
	require.NotContains(t, s.AuditOf(t, event.ThirdPartyFailed, 1)[0].Error, "\n")
}
