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
	"github.com/crewjam/saml"
	"github.com/crewjam/saml/xmlenc"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/internal/samlpeer"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// A siege is a tenant that somebody tries to get into as another person.
type siege struct {
	*staff
	victim samlpeer.Person
}

// attacked makes a tenant where the victim has an account, and signed in through the peer before.
func attacked(t *testing.T, env *testenv.Env) *siege {
	t.Helper()
	s := &siege{staff: newStaff(t, samlTenant(t, env, "shop"), samlpeer.New(t)), victim: samlpeer.Emailed("victim", "victim@"+samlDomain)}
	s.peer.Add(s.victim)
	a := readAnswer(t, s.post(t, url.Values{"SAMLResponse": {s.peer.Forge(t, s.honest())}}))
	require.Equal(t, 302, a.status, a.query)
	s.AuditOf(t, event.ThirdPartySignup, 1)
	return s
}

// honest is a response as the peer makes it, to no request.
func (s *siege) honest() samlpeer.Forgery {
	return samlpeer.Forgery{ACS: s.URL() + "/saml/callback", Audience: s.URL(), Person: s.victim}
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
	require.Eventually(t, func() bool { return s.AuditSettled(t) }, 10*time.Second, 5*time.Millisecond)
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

func attacks() []attack {
	return []attack{
		{"XSW1: the signed response inside the signature of a copy", wrapped("response", func(evil, root *etree.Element) {
			evil.CreateAttr("ID", "_evil")
			original := root.Copy()
			original.RemoveChild(childOf(original, "Signature"))
			childOf(evil, "Signature").AddChild(original)
		})},
		{"XSW2: the signed response before the signature of a copy", wrapped("response", func(evil, root *etree.Element) {
			evil.CreateAttr("ID", "_evil")
			original := root.Copy()
			original.RemoveChild(childOf(original, "Signature"))
			evil.InsertChildAt(childOf(evil, "Signature").Index(), original)
		})},
		{"XSW3: another assertion before the signed one", wrapped("assertion", func(root, a *etree.Element) {
			root.InsertChildAt(a.Index(), evilCopy(a, false))
		})},
		{"XSW4: the signed assertion inside another", wrapped("assertion", func(root, a *etree.Element) {
			evil := evilCopy(a, false)
			root.RemoveChild(a)
			evil.AddChild(a)
			root.AddChild(evil)
		})},
		{"XSW5: the signature in another assertion, the signed one behind", wrapped("assertion", func(root, a *etree.Element) {
			evil := evilCopy(a, true)
			original := a.Copy()
			original.RemoveChild(childOf(original, "Signature"))
			root.RemoveChild(a)
			root.AddChild(evil)
			root.AddChild(original)
		})},
		{"XSW6: the signed assertion inside the signature of another", wrapped("assertion", func(root, a *etree.Element) {
			evil := evilCopy(a, true)
			original := a.Copy()
			original.RemoveChild(childOf(original, "Signature"))
			childOf(evil, "Signature").AddChild(original)
			root.RemoveChild(a)
			root.AddChild(evil)
		})},
		{"XSW7: another assertion in extensions", wrapped("assertion", func(root, a *etree.Element) {
			extensions := etree.NewElement("samlp:Extensions")
			extensions.AddChild(evilCopy(a, false))
			root.InsertChildAt(a.Index(), extensions)
		})},
		{"XSW8: the signed assertion in an object of the signature of another", wrapped("assertion", func(root, a *etree.Element) {
			evil := evilCopy(a, true)
			original := a.Copy()
			original.RemoveChild(childOf(original, "Signature"))
			object := etree.NewElement("ds:Object")
			object.AddChild(original)
			childOf(evil, "Signature").AddChild(object)
			root.RemoveChild(a)
			root.AddChild(evil)
		})},
		{"an assertion with the id of the signed one", wrapped("assertion", func(root, a *etree.Element) {
			evil := evilCopy(a, false)
			evil.CreateAttr("ID", a.SelectAttrValue("ID", ""))
			root.InsertChildAt(a.Index(), evil)
		})},
		{"a comment in the NameID", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Person.NameID = "victim.evil"
			f.Finally = func(doc *etree.Document) {
				e := doc.FindElement("//NameID")
				e.SetText("victim")
				e.CreateComment("")
				e.CreateText(".evil")
			}
		})},
		{"a comment in the address", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Person = samlpeer.Emailed("eve", "victim@"+samlDomain+".evil.example")
			f.Finally = func(doc *etree.Document) {
				for _, e := range doc.FindElements("//AttributeValue") {
					if before, after, found := strings.Cut(e.Text(), ".evil"); found {
						e.SetText(before)
						e.CreateComment("")
						e.CreateText(".evil" + after)
					}
				}
			}
		})},
		{"nothing is signed", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) { f.BareAssertion, f.BareResponse = true, true })},
		{"nothing is signed, and it is encrypted", forgery(func(t *testing.T, s *siege, f *samlpeer.Forgery) {
			f.BareAssertion, f.BareResponse, f.EncryptFor = true, true, s.certificate(t)
		})},
		{"only something else is signed", forgery(func(t *testing.T, s *siege, f *samlpeer.Forgery) {
			f.BareAssertion, f.BareResponse = true, true
			f.Finally = func(doc *etree.Document) {
				status := childOf(doc.Root(), "Status")
				status.CreateAttr("ID", "_status")
				status.CreateAttr("xmlns:samlp", "urn:oasis:names:tc:SAML:2.0:protocol")
				signed := s.peer.Sign(t, status)
				doc.Root().InsertChildAt(status.Index(), signed)
				doc.Root().RemoveChild(status)
			}
		})},
		{"the signature is broken", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Finally = func(doc *etree.Document) { eve(doc.Root()) }
		})},
		{"the signature of the assertion is broken, that of the response is right", forgery(func(t *testing.T, s *siege, f *samlpeer.Forgery) {
			f.BareResponse = true
			f.Finally = func(doc *etree.Document) {
				eve(doc.Root())
				doc.SetRoot(s.peer.Sign(t, doc.Root()))
			}
		})},
		{"the signature is of a stranger, whose certificate came with it", forgery(func(t *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Key, f.Certificate = samlpeer.NewCertificate(t, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
		})},
		{"the signature is of a stranger, with the certificate of the peer", forgery(func(t *testing.T, s *siege, f *samlpeer.Forgery) {
			f.Key, _ = samlpeer.NewCertificate(t, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
			f.Certificate = s.peer.Certificate
		})},
		{"the signature is of a stranger, without certificate", forgery(func(t *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Key, f.Certificate = samlpeer.NewCertificate(t, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
			f.NoKeyInfo = true
		})},
		{"for another audience", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) { f.Audience = "https://other.example" })},
		{"for two audiences at once", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Assertion = func(a *saml.Assertion) {
				a.Conditions.AudienceRestrictions = append(a.Conditions.AudienceRestrictions,
					saml.AudienceRestriction{Audience: saml.Audience{Value: "https://other.example"}})
			}
		})},
		{"for another recipient", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Assertion = func(a *saml.Assertion) {
				a.Subject.SubjectConfirmations[0].SubjectConfirmationData.Recipient = "https://other.example/saml/callback"
			}
		})},
		{"for another destination", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Response = func(r *saml.Response) { r.Destination = "https://other.example/saml/callback" }
		})},
		{"from another issuer, by the assertion", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Assertion = func(a *saml.Assertion) { a.Issuer.Value = "https://other.example/idp" }
		})},
		{"from another issuer, by the response", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Response = func(r *saml.Response) { r.Issuer.Value = "https://other.example/idp" }
		})},
		{"nobody confirms", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Assertion = func(a *saml.Assertion) { a.Subject.SubjectConfirmations = nil }
		})},
		{"who confirms is the holder of a key", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Assertion = func(a *saml.Assertion) {
				a.Subject.SubjectConfirmations[0].Method = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"
			}
		})},
		{"expired", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Assertion = func(a *saml.Assertion) { a.Conditions.NotOnOrAfter = time.Now().Add(-6 * time.Second) }
		})},
		{"the confirmation expired", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Assertion = func(a *saml.Assertion) {
				a.Subject.SubjectConfirmations[0].SubjectConfirmationData.NotOnOrAfter = time.Now().Add(-6 * time.Second)
			}
		})},
		{"the confirmation never ends", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Element = func(e *etree.Element) { e.FindElement(".//SubjectConfirmationData").RemoveAttr("NotOnOrAfter") }
		})},
		{"issued long ago", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Assertion = func(a *saml.Assertion) { a.IssueInstant = time.Now().Add(-10 * time.Minute) }
		})},
		{"from the future", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) { f.At = time.Now().Add(10 * time.Second) })},
		{"not yet valid", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Assertion = func(a *saml.Assertion) { a.Conditions.NotBefore = time.Now().Add(10 * time.Second) }
		})},
		{"without conditions", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Assertion = func(a *saml.Assertion) { a.Conditions = nil }
		})},
		{"the conditions hold for ever", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Element = func(e *etree.Element) { e.FindElement("./Conditions").RemoveAttr("NotOnOrAfter") }
		})},
		{"the conditions have no beginning", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Element = func(e *etree.Element) { e.FindElement("./Conditions").RemoveAttr("NotBefore") }
		})},
		{"the status is a failure", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Response = func(r *saml.Response) { r.Status.StatusCode.Value = saml.StatusResponder }
		})},
		{"of another version", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Response = func(r *saml.Response) { r.Version = "1.1" }
		})},
		{"without NameID", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Assertion = func(a *saml.Assertion) { a.Subject.NameID = nil }
		})},
		{"with an empty NameID", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) { f.Person.NameID = " " })},
		{"with a NameID that cannot be kept", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) { f.Person.NameID = strings.Repeat("x", 256) })},
		{"without AuthnStatement", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Assertion = func(a *saml.Assertion) { a.AuthnStatements = nil }
		})},
		{"without AuthnInstant", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Element = func(e *etree.Element) { e.FindElement("./AuthnStatement").RemoveAttr("AuthnInstant") }
		})},
		{"without attributes", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) { f.Person.Attributes = nil })},
		{"without address", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Person.Attributes = map[string]string{"colour": "red"}
		})},
		{"with an address of another domain", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Person = samlpeer.Emailed("eve", "boss@other.example")
		})},
		{"with an address of a subdomain", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Person = samlpeer.Emailed("eve", "boss@sub."+samlDomain)
		})},
		{"two assertions", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.BareResponse = true
			f.Finally = func(doc *etree.Document) {
				second := childOf(doc.Root(), "Assertion").Copy()
				doc.Root().AddChild(second)
			}
		})},
		{"a condition that nobody knows", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Element = func(e *etree.Element) {
				c := e.FindElement("./Conditions").CreateElement("x:OnlyOnSundays")
				c.CreateAttr("xmlns:x", "urn:x")
			}
		})},
		{"SHA-1", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) { f.Method = dsig.RSASHA1SignatureMethod })},
		{"HMAC with the certificate for a secret", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Finally = method("http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")
		})},
		{"no algorithm", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) { f.Finally = method("none") })},
		{"encrypted with 3DES", forgery(func(t *testing.T, s *siege, f *samlpeer.Forgery) {
			oaep := xmlenc.OAEP()
			oaep.BlockCipher = xmlenc.TripleDES
			f.EncryptFor, f.Encrypter = s.certificate(t), oaep
		})},
		{"a key wrapped by PKCS 1.5", forgery(func(t *testing.T, s *siege, f *samlpeer.Forgery) {
			f.EncryptFor, f.Encrypter = s.certificate(t), xmlenc.PKCS1v15()
		})},
		{"encrypted with what nobody knows", forgery(func(t *testing.T, s *siege, f *samlpeer.Forgery) {
			f.EncryptFor = s.certificate(t)
			f.BareResponse = true
			f.Finally = func(doc *etree.Document) {
				doc.FindElement("//EncryptedData/EncryptionMethod").CreateAttr("Algorithm", "urn:x:rot13")
			}
		})},
		{"encrypted for somebody else", forgery(func(t *testing.T, _ *siege, f *samlpeer.Forgery) {
			_, f.EncryptFor = samlpeer.NewCertificate(t, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
		})},
		{"declarations and entities", func(t *testing.T, s *siege) {
			s.text(t, func(honest string) string {
				return `<!DOCTYPE r [<!ENTITY a "victim"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>` + strings.Replace(honest, ">victim<", ">&b;<", 1)
			})
		}},
		{"an external entity", func(t *testing.T, s *siege) {
			s.text(t, func(honest string) string {
				return `<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>` + strings.Replace(honest, ">victim<", ">&a;<", 1)
			})
		}},
		{"a processing instruction", func(t *testing.T, s *siege) {
			s.text(t, func(honest string) string { return strings.Replace(honest, ">victim<", ">victim<?x y?><", 1) })
		}},
		{"too many parts", func(t *testing.T, s *siege) {
			s.text(t, func(honest string) string {
				return strings.Replace(honest, "<samlp:Status>", strings.Repeat("<a/>", 30_000)+"<samlp:Status>", 1)
			})
		}},
		{"too deep", func(t *testing.T, s *siege) {
			s.text(t, func(honest string) string {
				return strings.Replace(honest, "<samlp:Status>", strings.Repeat("<a>", 5_000)+strings.Repeat("</a>", 5_000)+"<samlp:Status>", 1)
			})
		}},
		{"no XML at all", func(t *testing.T, s *siege) {
			s.text(t, func(string) string { return "<" + strings.Repeat("x", 1000) })
		}},
		{"too large", func(t *testing.T, s *siege) {
			s.text(t, func(honest string) string { return honest + strings.Repeat(" ", 5<<20) })
		}},
		{"deflated, and a bomb", func(t *testing.T, s *siege) {
			var packed bytes.Buffer
			w, err := flate.NewWriter(&packed, flate.BestCompression)
			require.NoError(t, err)
			for range 64 {
				_, err = w.Write(bytes.Repeat([]byte(" "), 1<<20))
				require.NoError(t, err)
			}
			require.NoError(t, w.Close())
			s.refused(t, url.Values{"SAMLResponse": {base64.StdEncoding.EncodeToString(packed.Bytes())}})
		}},
		{"no base64", func(t *testing.T, s *siege) { s.refused(t, url.Values{"SAMLResponse": {"***"}}) }},
		{"nothing", func(t *testing.T, s *siege) { s.refused(t, url.Values{}) }},
	}
}

// method changes the algorithm that signatures claim.
func method(name string) func(*etree.Document) {
	return func(doc *etree.Document) {
		for _, e := range doc.FindElements("//SignatureMethod") {
			e.CreateAttr("Algorithm", name)
		}
	}
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
	}, samlEnv)
}

var notWord = regexp.MustCompile(`[^A-Za-z0-9]+`)

func slug(name string) string { return strings.Trim(notWord.ReplaceAllString(name, "-"), "-") }
