package saml

import (
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The namespaces of what is looked at.
const (
	nsProtocol  = "urn:oasis:names:tc:SAML:2.0:protocol"
	nsAssertion = "urn:oasis:names:tc:SAML:2.0:assertion"
	nsMetadata  = "urn:oasis:names:tc:SAML:2.0:metadata"
	nsSignature = "http://www.w3.org/2000/09/xmldsig#"
	nsEncrypted = "http://www.w3.org/2001/04/xmlenc#"
)

// What signatures may be made with: nothing that SHA-1 is part of, and no shared secrets.
var (
	signatureMethods = []string{
		"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
		"http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
		"http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
		"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
		"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
		"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
	}
	digestMethods = []string{
		"http://www.w3.org/2001/04/xmlenc#sha256",
		"http://www.w3.org/2001/04/xmldsig-more#sha384",
		"http://www.w3.org/2001/04/xmlenc#sha512",
	}
	// ciphers are what assertions may be encrypted with: our metadata lists them.
	ciphers = []string{
		"http://www.w3.org/2009/xmlenc11#aes128-gcm",
		"http://www.w3.org/2009/xmlenc11#aes192-gcm",
		"http://www.w3.org/2009/xmlenc11#aes256-gcm",
		"http://www.w3.org/2001/04/xmlenc#aes128-cbc",
		"http://www.w3.org/2001/04/xmlenc#aes256-cbc",
	}
	// wrappings are what the key of the cipher may be encrypted with.
	wrappings = []string{
		"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
		"http://www.w3.org/2009/xmlenc11#rsa-oaep",
	}
)

// A shape is what a response says of itself, before anything of it is believed.
type shape struct {
	issuer    string // text of the Issuer of the response
	answers   bool   // something in it says that it answers a request
	encrypted bool
}

// inspect reads a response from end to end, without building anything, and refuses what no honest provider sends: too much of anything,
// declarations, comments, a second response or assertion wherever it hides, signatures in odd places, algorithms that are not ours.
func inspect(raw []byte) (shape, error) {
	i := &inspector{ids: map[string]bool{}, signed: map[int]bool{}}
	if err := walkXML(raw, refuseComments, i.start, i.end, i.text); err != nil {
		return shape{}, err
	}
	if i.responses != 1 || i.assertions != 1 {
		return shape{}, fmt.Errorf("it has %d responses with %d assertions", i.responses, i.assertions)
	}
	return i.shape, nil
}

// An inspector is where the reading of a response has come to.
type inspector struct {
	shape                 shape
	path                  []xml.Name
	ids                   map[string]bool
	signed                map[int]bool // by depth: the element there has a signature already
	responses, assertions int
}

func (i *inspector) start(e xml.StartElement) error {
	depth := len(i.path)
	delete(i.signed, depth+1) // another element begins there
	if err := i.identify(e); err != nil {
		return err
	}
	if err := i.place(e.Name, depth); err != nil {
		return err
	}
	if value, given := attribute(e, "InResponseTo"); given && value != "" {
		i.shape.answers = true
	}
	i.path = append(i.path, e.Name)
	return i.algorithm(e)
}

// identify sees that no two elements have one id: a signature names what it covers by it.
func (i *inspector) identify(e xml.StartElement) error {
	for _, a := range e.Attr {
		if a.Name.Space != "" || !strings.EqualFold(a.Name.Local, "ID") {
			continue
		}
		if a.Value == "" || i.ids[a.Value] {
			return errors.New("an id is empty, or there twice")
		}
		i.ids[a.Value] = true
	}
	return nil
}

// place sees that what matters stands where it belongs, and nowhere else.
func (i *inspector) place(name xml.Name, depth int) error {
	switch {
	case depth == 0 && name != xml.Name{Space: nsProtocol, Local: "Response"}:
		return errors.New("it is no response")
	case name == xml.Name{Space: nsProtocol, Local: "Response"}:
		if i.responses++; depth != 0 {
			return errors.New("there is a response inside the response")
		}
	case name.Space == nsAssertion && (name.Local == "Assertion" || name.Local == "EncryptedAssertion"):
		if i.assertions++; depth != 1 {
			return errors.New("there is an assertion where none belongs")
		}
	case name == xml.Name{Space: nsSignature, Local: "Signature"}:
		parent := i.path[depth-1]
		if depth > 2 || parent.Local != "Response" && parent.Local != "Assertion" || i.signed[depth] {
			return errors.New("there is a signature where none belongs")
		}
		i.signed[depth] = true
	case name == xml.Name{Space: nsEncrypted, Local: "EncryptedData"}:
		i.shape.encrypted = true // the assertion, or a name or attribute in it
	case name == xml.Name{Space: nsSignature, Local: "Object"}:
		return errors.New("a signature has an object")
	}
	return nil
}

// algorithm sees that signatures and encryption are made with what is ours. The path ends with the element.
func (i *inspector) algorithm(e xml.StartElement) error {
	allowed := []string(nil)
	switch e.Name {
	case xml.Name{Space: nsSignature, Local: "SignatureMethod"}:
		allowed = signatureMethods
	case xml.Name{Space: nsSignature, Local: "DigestMethod"}:
		if i.inside(nsEncrypted, "EncryptionMethod") {
			return nil // of the padding of a key, where SHA-1 does no harm
		}
		allowed = digestMethods
	case xml.Name{Space: nsEncrypted, Local: "EncryptionMethod"}:
		allowed = ciphers
		if i.inside(nsEncrypted, "EncryptedKey") {
			allowed = wrappings
		}
	default:
		return nil
	}
	if name, _ := attribute(e, "Algorithm"); !slices.Contains(allowed, name) {
		return fmt.Errorf("the algorithm %.100q is not accepted", name)
	}
	return nil
}

// inside reports whether an element stands above the one that was begun last, as its parent's.
func (i *inspector) inside(space, local string) bool {
	return slices.Contains(i.path[:len(i.path)-1], xml.Name{Space: space, Local: local})
}

func (i *inspector) end() { i.path = i.path[:len(i.path)-1] }

func (i *inspector) text(text []byte) {
	if len(i.path) == 2 && i.path[1] == (xml.Name{Space: nsAssertion, Local: "Issuer"}) {
		i.shape.issuer = strings.TrimSpace(i.shape.issuer + string(text))
	}
}

func attribute(e xml.StartElement, local string) (value string, given bool) {
	for _, a := range e.Attr {
		if a.Name.Space == "" && a.Name.Local == local {
			return a.Value, true
		}
	}
	return "", false
}
