package public_test

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	"github.com/crewjam/saml/xmlenc"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/samlpeer"
)

// attacks are all of them.
func attacks() []attack {
	all := wrapping()
	for _, more := range [][]attack{signatures(), addressees(), times(), contents(), algorithms(), texts()} {
		all = append(all, more...)
	}
	return all
}

// wrapping leaves what was signed in the document, and has something else read.
func wrapping() []attack {
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
	}
}

// signatures are missing, broken, or of somebody else.
func signatures() []attack {
	return []attack{
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
	}
}

// addressees are others, or nobody.
func addressees() []attack {
	return []attack{
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
	}
}

// times are not now.
func times() []attack {
	return []attack{
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
		{"from the future", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) { f.At = time.Now().Add(time.Minute) })},
		{"not yet valid", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Assertion = func(a *saml.Assertion) { a.Conditions.NotBefore = time.Now().Add(time.Minute) }
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
	}
}

// contents say nothing that could be believed.
func contents() []attack {
	return []attack{
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
	}
}

// algorithms are none of ours.
func algorithms() []attack {
	return []attack{
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
		{"a name that nobody can decrypt", forgery(func(_ *testing.T, _ *siege, f *samlpeer.Forgery) {
			f.Element = func(e *etree.Element) {
				subject := e.FindElement("./Subject")
				subject.RemoveChild(subject.FindElement("./NameID"))
				data := subject.CreateElement("saml:EncryptedID").CreateElement("xenc:EncryptedData")
				data.CreateAttr("xmlns:xenc", "http://www.w3.org/2001/04/xmlenc#")
				data.CreateElement("xenc:EncryptionMethod").CreateAttr("Algorithm", "http://www.w3.org/2009/xmlenc11#aes128-gcm")
				data.CreateElement("xenc:CipherData").CreateElement("xenc:CipherValue").SetText("AAAA")
			}
		})},
	}
}

// texts are no honest XML.
func texts() []attack {
	return []attack{
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
