package public_test

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/internal/samlpeer"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// A siege is a tenant that somebody tries to get into as another person.
type siege struct {
	*staff
	victim samlpeer.Person
	now    func() time.Time // by which the peer signs; nil for the time
}

// attacked makes a tenant where the victim has an account, and signed in through the peer before.
func attacked(t *testing.T, env *testenv.Env) *siege {
	t.Helper()
	return attackedBy(t, env, nil)
}

// attackedBy is attacked where the program and the peer go by a clock.
func attackedBy(t *testing.T, env *testenv.Env, now func() time.Time) *siege {
	t.Helper()
	s := &siege{staff: newStaff(t, samlTenant(t, env, "shop"), samlpeer.New(t)), victim: samlpeer.Emailed("victim", "victim@"+samlDomain), now: now}
	s.peer.Add(s.victim)
	a := readAnswer(t, s.post(t, url.Values{"SAMLResponse": {s.peer.Forge(t, s.honest())}}))
	require.Equal(t, 302, a.status, a.query)
	s.AuditOf(t, event.ThirdPartySignup, 1)
	s.Flow(t, "token_exchange").Do(t, "exchange_token", testenv.Inputs{"token": a.query.Get("hanko_token")})
	require.Zero(t, s.Count(t, "tokens"), "what would be cleaned up at any moment is gone")
	return s
}

// honest is a response as the peer makes it, to no request.
func (s *siege) honest() samlpeer.Forgery {
	f := samlpeer.Forgery{ACS: s.URL() + "/saml/callback", Audience: s.URL(), Person: s.victim}
	if s.now != nil {
		f.At = s.now()
	}
	return f
}

// request begins a sign-in, and gives the id of the request and the state that came with it.
func (s *siege) request(t testing.TB) (id, relay string) {
	t.Helper()
	u, err := url.Parse(s.authorize(t, samlPage))
	require.NoError(t, err)
	return requestIn(t, u), u.Query().Get("RelayState")
}

func requestIn(t testing.TB, u *url.URL) string {
	t.Helper()
	packed, err := base64.StdEncoding.DecodeString(u.Query().Get("SAMLRequest"))
	require.NoError(t, err)
	doc := etree.NewDocument()
	_, err = doc.ReadFrom(flate.NewReader(bytes.NewReader(packed)))
	require.NoError(t, err)
	return doc.Root().SelectAttrValue("ID", "")
}

// refused posts what the attacker made, and sees that nobody is let in, nothing is stored, and it is on record.
func (s *siege) refused(t testing.TB, values url.Values) answer {
	t.Helper()
	before, known := s.rows(t), len(s.failures(t))
	a := readAnswer(t, s.post(t, values))
	require.Equal(t, 303, a.status)
	require.Empty(t, a.query.Get("hanko_token"))
	require.NotEmpty(t, a.query.Get("error"))
	require.Equal(t, before, s.rows(t), "nothing may be stored")
	failures := s.AuditOf(t, event.ThirdPartyFailed, known+1)
	require.NotEmpty(t, failures[known].Error)
	return a
}

func (s *siege) failures(t testing.TB) []testenv.AuditRecord {
	t.Helper()
	require.Eventually(t, func() bool { return s.AuditSettled(t) }, 30*time.Second, 5*time.Millisecond)
	var found []testenv.AuditRecord
	for _, r := range s.Audit(t) {
		if r.Type == string(event.ThirdPartyFailed) {
			found = append(found, r)
		}
	}
	return found
}

// forged is refused for a response to no request, and for the same as the answer to one.
func (s *siege) forged(t testing.TB, f samlpeer.Forgery) {
	t.Helper()
	require.Equal(t, "invalid_request", s.refused(t, url.Values{"SAMLResponse": {s.peer.Forge(t, f)}}).query.Get("error"))
	id, relay := s.request(t)
	f.InResponseTo = id
	a := s.refused(t, url.Values{"SAMLResponse": {s.peer.Forge(t, f)}, "RelayState": {relay}})
	require.Equal(t, "server_error", a.query.Get("error"), "the fault is shown as the service's, spec saml §6.1")
}

// An attack is one way to get in. None may work.
type attack struct {
	name string
	run  func(t *testing.T, s *siege)
}

func forgery(change func(t *testing.T, s *siege, f *samlpeer.Forgery)) func(*testing.T, *siege) {
	return func(t *testing.T, s *siege) {
		f := s.honest()
		change(t, s, &f)
		s.forged(t, f)
	}
}

// eve changes who an assertion speaks of.
func eve(a *etree.Element) {
	for _, e := range a.FindElements(".//NameID") {
		e.SetText("eve")
	}
}

func childOf(e *etree.Element, tag string) *etree.Element {
	for _, c := range e.ChildElements() {
		if c.Tag == tag {
			return c
		}
	}
	return nil
}

// wrapped makes a signature wrapping attack (Somorovsky et al., On Breaking SAML, 2012): what is signed stays in the document, and beside it
// stands what shall be read. signed says which element the honest peer signs.
func wrapped(signed string, wrap func(root, assertion *etree.Element)) func(*testing.T, *siege) {
	return forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
		f.BareAssertion, f.BareResponse = signed != "assertion", signed != "response"
		f.Finally = func(doc *etree.Document) {
			root := doc.Root()
			if signed == "response" {
				evil := root.Copy()
				eve(evil)
				wrap(evil, root)
				doc.SetRoot(evil)
				return
			}
			wrap(root, childOf(root, "Assertion"))
		}
	})
}

func evilCopy(a *etree.Element, signature bool) *etree.Element {
	evil := a.Copy()
	eve(evil)
	evil.CreateAttr("ID", "_evil")
	if s := childOf(evil, "Signature"); s != nil && !signature {
		evil.RemoveChild(s)
	}
	return evil
}

// text posts a response whose text was changed, alone and as the answer to a request.
func (s *siege) text(t *testing.T, change func(string) string) {
	t.Helper()
	id, relay := s.request(t)
	for _, f := range []struct{ id, relay string }{{}, {id, relay}} {
		honest := s.honest()
		honest.InResponseTo = f.id
		raw, err := base64.StdEncoding.DecodeString(s.peer.Forge(t, honest))
		require.NoError(t, err)
		changed := change(string(raw))
		require.NotEqual(t, string(raw), changed)
		s.refused(t, url.Values{"SAMLResponse": {base64.StdEncoding.EncodeToString([]byte(changed))}, "RelayState": {f.relay}})
	}
}

// No response that is not exactly what an honest peer sends gets anybody in.
func TestSAMLAttack_IsRefusedStoresNothingAndIsOnRecord(t *testing.T) {
	t.Parallel()
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		s := attacked(t, env)
		for _, a := range attacks() {
			t.Run(slug(a.name), func(t *testing.T) { a.run(t, s) })
		}
		// What the attacks were made from works.
		id, relay := s.request(t)
		f := s.honest()
		f.InResponseTo = id
		a := readAnswer(t, s.post(t, url.Values{"SAMLResponse": {s.peer.Forge(t, f)}, "RelayState": {relay}}))
		require.Equal(t, 302, a.status, a.query)
	}, samlEnv, testenv.With("rate_limiter.enabled", "false"))
}

var notWord = regexp.MustCompile(`[^A-Za-z0-9]+`)

func slug(name string) string { return strings.Trim(notWord.ReplaceAllString(name, "-"), "-") }
