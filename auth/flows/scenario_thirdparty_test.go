package flows_test

import (
	"encoding/json"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// setProviders: providers. The tenant has google, whose accounts may be linked, and custom_acme, whose may not.
func (s *scenario) setProviders(string) {
	if s.shop != nil {
		s.fail("providers come first")
	}
	require.NoError(s, json.Unmarshal([]byte("{"+testenv.ThirdParty+"}"), &s.config))
}

// addIdentityProvider: idp corp.example [verifies]
func (s *scenario) addIdentityProvider(rest string) {
	list := words(rest)
	s.shop.SAMLProvider(s, list[0], len(list) > 1)
}

// leave: leave ACTION PROVIDER [INPUT=VALUE…]. The browser goes to the provider, with $verifier unless told.
func (s *scenario) leave(rest string) {
	list := words(rest)
	s.vars["verifier"] = testenv.Verifier
	s.away = s.flow.LeaveFor(s, list[0], list[1], s.inputs(list[0], list[2:]))
	s.last = s.flow.State
	s.notice()
}

// comeBack: return subject=S email=ADDRESS unverified name=… -> token, or the code of an error. Somebody signs in at the provider and comes
// back; $token is then for exchange_token.
func (s *scenario) comeBack(rest string) {
	what, want, found := strings.Cut(rest, "->")
	if !found {
		s.fail("what comes of it? write -> token")
	}
	query := s.env.Consent(s, s.away, s.partyAccount(what))
	to, _ := s.client.ComeBack(s, query)
	got := to.Query().Get("error")
	if token := to.Query().Get("hanko_token"); token != "" {
		s.vars["token"], got = token, "token"
	}
	require.Equal(s, strings.TrimSpace(want), got, "%s: %s", s.at, to)
}

// asserted: asserted corp.example subject=S email=ADDRESS unverified [flow]. The identity provider of a domain sends somebody, by itself or for
// the flow that is going on; $token is then for exchange_token.
func (s *scenario) asserted(rest string) {
	domain, rest, _ := strings.Cut(rest, " ")
	state := federation.State{}
	s.vars["token"] = s.shop.TokenOf(s, state, federation.Account{
		Provider: "https://" + domain + "/saml", Claims: s.partyAccount(rest), AllowLinking: true, SAMLDomain: domain,
	})
}

func (s *scenario) partyAccount(rest string) testenv.PartyAccount {
	_, values := s.pairs(words(rest))
	return testenv.PartyAccount{
		Subject: values["subject"], Email: values["email"], EmailVerified: values["unverified"] == "", Name: values["name"],
		Picture: values["picture"],
	}
}
