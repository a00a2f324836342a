package saml

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/crewjam/saml"

	"github.com/latchkeep/latchkeep/pkg/problem"
)

// maxEntityID is the longest entity id, in characters: identities are kept under it.
const maxEntityID = 255

// An idp is an identity provider as its metadata describes it.
type idp struct {
	metadata *saml.EntityDescriptor
	// sso is where requests go, by redirect or, where only that is offered, by post.
	sso  string
	post bool
}

// unusable says why metadata cannot be used. The reason is for operators, and holds nothing but what the metadata says.
func unusable(cause error) error {
	return problem.Invalid("unusable_metadata", "the metadata of the identity provider cannot be used: "+cause.Error()).Wrap(cause)
}

// readIDP reads metadata. With a certificate the metadata must be signed with it, and only what the signature covers is read and returned. Error:
// unusable_metadata. Spec: saml §3.
func readIDP(raw []byte, signedBy *x509.Certificate) (*idp, []byte, error) {
	i, read, err := parseIDP(raw, signedBy)
	if err != nil {
		return nil, nil, unusable(err)
	}
	return i, read, nil
}

func parseIDP(raw []byte, signedBy *x509.Certificate) (*idp, []byte, error) {
	if err := inspectMetadata(raw); err != nil {
		return nil, nil, err
	}
	if signedBy != nil {
		signed, err := saml.VerifyMetadataSignature(raw, []*x509.Certificate{signedBy})
		if err != nil {
			return nil, nil, errors.New("it is not signed with the certificate given")
		}
		raw = signed
	}
	var d saml.EntityDescriptor
	if err := xml.Unmarshal(raw, &d); err != nil {
		return nil, nil, fmt.Errorf("it cannot be read: %w", err)
	}
	if err := checkEntityID(d.EntityID); err != nil {
		return nil, nil, err
	}
	if len(d.IDPSSODescriptors) == 0 {
		return nil, nil, errors.New("it describes no identity provider")
	}
	for _, role := range d.IDPSSODescriptors {
		if err := checkCertificates(role.KeyDescriptors); err != nil {
			return nil, nil, err
		}
	}
	i := &idp{metadata: &d}
	if !i.locate() {
		return nil, nil, errors.New("it names no SingleSignOnService that can be reached by redirect or post")
	}
	return i, raw, nil
}

// inspectMetadata sees that there is one description of one entity, within the bounds of all XML from outside. Comments are allowed: people
// write metadata.
func inspectMetadata(raw []byte) error {
	depth := 0
	return walkXML(raw, allowComments, func(e xml.StartElement) error {
		if depth++; depth == 1 && e.Name != (xml.Name{Space: nsMetadata, Local: "EntityDescriptor"}) {
			return errors.New("it is no EntityDescriptor")
		}
		return nil
	}, func() { depth-- }, func([]byte) {})
}

// reservedIDs are the ids of OAuth providers: identities of both kinds are kept in one place, so that no provider may call itself like another.
var reservedIDs = []string{"apple", "discord", "facebook", "github", "google", "linkedin", "microsoft"}

func checkEntityID(id string) error {
	switch {
	case strings.TrimSpace(id) == "":
		return errors.New("it has no entityID")
	case utf8.RuneCountInString(id) > maxEntityID:
		return fmt.Errorf("its entityID has more than %d characters", maxEntityID)
	case id != strings.TrimSpace(id) || !utf8.ValidString(id) || strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return errors.New("its entityID has characters that belong into none")
	case slices.Contains(reservedIDs, strings.ToLower(id)) || strings.HasPrefix(strings.ToLower(id), "custom_"):
		return errors.New("its entityID is the id of a provider of another kind")
	}
	return nil
}

// checkCertificates sees that every certificate can be read, whatever its use.
func checkCertificates(keys []saml.KeyDescriptor) error {
	for _, key := range keys {
		for _, c := range key.KeyInfo.X509Data.X509Certificates {
			der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(c.Data), ""))
			if err == nil {
				_, err = x509.ParseCertificate(der)
			}
			if err != nil {
				return errors.New("one of its certificates cannot be read")
			}
		}
	}
	return nil
}

// locate finds where requests go: by redirect before by post, which takes a page more, and whatever else is listed last, as a redirect.
func (i *idp) locate() bool {
	for _, binding := range []string{saml.HTTPRedirectBinding, saml.HTTPPostBinding, ""} {
		for _, role := range i.metadata.IDPSSODescriptors {
			for _, service := range role.SingleSignOnServices {
				if service.Location != "" && (binding == "" || service.Binding == binding) {
					i.sso, i.post = service.Location, binding == saml.HTTPPostBinding
					return true
				}
			}
		}
	}
	return false
}
