package samlpeer

import (
	"crypto"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	"github.com/crewjam/saml/xmlenc"
	"github.com/google/uuid"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/stretchr/testify/require"
)

// A Forgery is a response that is made by hand. What is zero is as an honest peer would do it.
type Forgery struct {
	// ACS and Audience are of the service provider; InResponseTo is the id of its request.
	ACS, Audience, InResponseTo string
	Person                      Person
	// At is when it is issued; now where it is zero.
	At time.Time
	// BareAssertion and BareResponse are not signed. An honest peer signs both.
	BareAssertion, BareResponse bool
	// Key and Certificate sign instead of the peer's.
	Key         *rsa.PrivateKey
	Certificate *x509.Certificate
	// NoKeyInfo leaves the certificate out of signatures.
	NoKeyInfo bool
	// Method is the signature's; RSA with SHA-256 where it is empty.
	Method string
	// Assertion and Response are changed before they are signed.
	Assertion func(*saml.Assertion)
	Response  func(*saml.Response)
	// Element changes the assertion's XML before it is signed.
	Element func(*etree.Element)
	// EncryptFor encrypts the assertion, with Encrypter where that is not nil.
	EncryptFor *x509.Certificate
	Encrypter  xmlenc.Encrypter
	// Finally changes the whole document after it was signed.
	Finally func(*etree.Document)
}

// Forge makes a response, in base64 as forms carry it.
func (p *Peer) Forge(t testing.TB, f Forgery) string {
	t.Helper()
	doc := etree.NewDocument()
	doc.SetRoot(p.forge(t, &f))
	if f.Finally != nil {
		f.Finally(doc)
	}
	text, err := doc.WriteToBytes()
	require.NoError(t, err)
	return base64.StdEncoding.EncodeToString(text)
}

func (p *Peer) forge(t testing.TB, f *Forgery) *etree.Element {
	t.Helper()
	if f.At.IsZero() {
		f.At = time.Now().UTC()
	}
	if f.Key == nil {
		f.Key, f.Certificate = p.Key, p.Certificate
	}
	assertion := p.assertion(f)
	if f.Assertion != nil {
		f.Assertion(assertion)
	}
	element := assertion.Element()
	if f.Element != nil {
		f.Element(element)
	}
	if !f.BareAssertion {
		element = f.sign(t, element)
	}
	if f.EncryptFor != nil {
		element = f.encrypt(t, element)
	}
	response := &saml.Response{
		ID: "_" + uuid.NewString(), InResponseTo: f.InResponseTo, Version: "2.0", IssueInstant: f.At, Destination: f.ACS,
		Issuer: &saml.Issuer{Value: p.EntityID()}, Status: saml.Status{StatusCode: saml.StatusCode{Value: saml.StatusSuccess}},
	}
	if f.Response != nil {
		f.Response(response)
	}
	root := response.Element()
	root.AddChild(element)
	if !f.BareResponse {
		root = f.sign(t, root)
	}
	return root
}

func (p *Peer) assertion(f *Forgery) *saml.Assertion {
	a := &saml.Assertion{
		ID: "_" + uuid.NewString(), IssueInstant: f.At, Version: "2.0", Issuer: saml.Issuer{Value: p.EntityID()},
		Subject: &saml.Subject{
			NameID: &saml.NameID{Format: string(saml.PersistentNameIDFormat), Value: f.Person.NameID},
			SubjectConfirmations: []saml.SubjectConfirmation{{
				Method: "urn:oasis:names:tc:SAML:2.0:cm:bearer",
				SubjectConfirmationData: &saml.SubjectConfirmationData{
					InResponseTo: f.InResponseTo, Recipient: f.ACS, NotOnOrAfter: f.At.Add(time.Minute),
				},
			}},
		},
		Conditions: &saml.Conditions{
			NotBefore: f.At, NotOnOrAfter: f.At.Add(time.Minute),
			AudienceRestrictions: []saml.AudienceRestriction{{Audience: saml.Audience{Value: f.Audience}}},
		},
		AuthnStatements: []saml.AuthnStatement{{
			AuthnInstant: f.At, SessionIndex: "1",
			AuthnContext: saml.AuthnContext{AuthnContextClassRef: &saml.AuthnContextClassRef{Value: "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"}},
		}},
	}
	if len(f.Person.Attributes) > 0 {
		var statement saml.AttributeStatement
		for name, value := range f.Person.Attributes {
			statement.Attributes = append(statement.Attributes,
				saml.Attribute{Name: name, Values: []saml.AttributeValue{{Type: "xs:string", Value: value}}})
		}
		a.AttributeStatements = []saml.AttributeStatement{statement}
	}
	return a
}

// Sign signs an element with a key of its own, as an honest peer would with its.
func (p *Peer) Sign(t testing.TB, element *etree.Element) *etree.Element {
	t.Helper()
	f := Forgery{Key: p.Key, Certificate: p.Certificate}
	return f.sign(t, element)
}

// sign puts a signature behind the issuer, where the schema has it.
func (f *Forgery) sign(t testing.TB, element *etree.Element) *etree.Element {
	t.Helper()
	pair := tls.Certificate{Certificate: [][]byte{f.Certificate.Raw}, PrivateKey: f.Key}
	ctx := dsig.NewDefaultSigningContext(dsig.TLSCertKeyStore(pair))
	ctx.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	ctx.Hash = crypto.SHA256
	if f.Method != "" {
		require.NoError(t, ctx.SetSignatureMethod(f.Method))
	}
	signed, err := ctx.SignEnveloped(element)
	require.NoError(t, err)
	signature, ok := signed.Child[len(signed.Child)-1].(*etree.Element)
	require.True(t, ok)
	signed.RemoveChildAt(len(signed.Child) - 1)
	if f.NoKeyInfo {
		signature.RemoveChild(signature.SelectElement("KeyInfo"))
	}
	at := 0
	for i, child := range signed.Child {
		if e, ok := child.(*etree.Element); ok && e.Tag == "Issuer" {
			at = i + 1
		}
	}
	signed.InsertChildAt(at, signature)
	return signed
}

func (f *Forgery) encrypt(t testing.TB, element *etree.Element) *etree.Element {
	t.Helper()
	doc := etree.NewDocument()
	doc.SetRoot(element)
	text, err := doc.WriteToBytes()
	require.NoError(t, err)
	encrypter := f.Encrypter
	if encrypter == nil {
		oaep := xmlenc.OAEP()
		oaep.BlockCipher = xmlenc.AES256GCM
		encrypter = oaep
	}
	data, err := encrypter.Encrypt(f.EncryptFor, text, nil)
	require.NoError(t, err)
	data.CreateAttr("Type", "http://www.w3.org/2001/04/xmlenc#Element")
	encrypted := etree.NewElement("saml:EncryptedAssertion")
	encrypted.CreateAttr("xmlns:saml", "urn:oasis:names:tc:SAML:2.0:assertion")
	encrypted.AddChild(data)
	return encrypted
}

// String names the peer in failures of tests.
func (p *Peer) String() string { return fmt.Sprintf("peer at %s", p.URL) }
