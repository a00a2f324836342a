package saml

import (
	"bytes"
	"compress/flate"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"
)

// bearer is the only way in which an assertion may name its subject (Profiles for SAML 2.0, §4.1.4.2).
const bearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer"

// decode is the XML of a response as forms carry it: base64, of XML or of deflated XML.
func decode(text string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil, errors.New("it is not base64")
	}
	if trimmed := bytes.TrimLeft(raw, "\xef\xbb\xbf \t\r\n"); len(trimmed) == 0 || trimmed[0] == '<' {
		return trimmed, nil
	}
	inflated, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(raw)), maxXML+1))
	if err != nil {
		return nil, errors.New("it is neither XML nor deflated XML")
	}
	if len(inflated) > maxXML {
		return nil, errors.New("it is too large")
	}
	return inflated, nil
}

// expectation is what a response must be.
type expectation struct {
	service service
	idp     *idp
	// request is the id of the request that it answers; empty for one that answers none.
	request string
	// keys decrypt.
	keys              []*rsa.PrivateKey
	missingAttributes bool // is allowed
	now               time.Time
}

// verify believes a response, or says why not. What it returns was read from the bytes that a signature of the provider covers.
//
// The library checks signatures, decryption and what the standard demands, with more patience for clocks than ours; the rest is checked here.
// Spec: saml §6.3.
func verify(raw []byte, e expectation) (*saml.Assertion, error) {
	acs, err := url.Parse(e.service.acs)
	if err != nil {
		return nil, fmt.Errorf("saml.endpoint_url: %w", err)
	}
	sp := saml.ServiceProvider{
		EntityID: e.service.entityID, AcsURL: *acs, IDPMetadata: e.idp.metadata, Clock: dsig.NewFakeClockAt(e.now),
		AllowIDPInitiated: e.request == "", RejectSHA1Signatures: true, RejectUnknownConditions: true,
		ValidateAudienceRestriction: func(a *saml.Assertion) error { return checkAudience(a, e.service.audience) },
	}
	if len(e.keys) > 0 {
		sp.EncryptionKey, sp.DecryptionKeys = e.keys[0], e.keys[1:]
	}
	requests := []string{e.request}
	if e.request == "" {
		requests = nil
	}
	a, err := sp.ParseXMLResponse(raw, requests, *acs)
	if invalid, ok := errors.AsType[*saml.InvalidResponseError](err); ok {
		err = invalid.PrivateErr // the error itself says nothing
	}
	if err != nil {
		return nil, err
	}
	return a, e.check(a)
}

// checkAudience sees that every restriction has the audience. Spec: saml §6.3.
func checkAudience(a *saml.Assertion, audience string) error {
	for _, restriction := range a.Conditions.AudienceRestrictions {
		if !slices.ContainsFunc(restriction.AllAudiences(), func(one saml.Audience) bool { return one.Value == audience }) {
			return fmt.Errorf("it is for another audience than %q", audience)
		}
	}
	return nil
}

// check sees what the library does not insist on.
func (e expectation) check(a *saml.Assertion) error {
	switch {
	case a.ID == "":
		return errors.New("the assertion has no id")
	case a.Conditions.NotBefore.IsZero() || a.Conditions.NotOnOrAfter.IsZero():
		return errors.New("the conditions do not say from when until when they hold")
	case !e.within(a.Conditions.NotBefore, a.Conditions.NotOnOrAfter):
		return errors.New("the conditions do not hold now")
	case a.IssueInstant.After(e.now.Add(Skew)):
		return errors.New("the assertion was issued in the future")
	case strings.TrimSpace(a.Subject.NameID.Value) == "":
		return errors.New("the NameID is empty")
	case a.AuthnStatements[0].AuthnInstant.IsZero():
		return errors.New("it does not say when the person signed in")
	case len(a.AttributeStatements) == 0 && !e.missingAttributes:
		return errors.New("it has no attributes")
	case !slices.ContainsFunc(a.Subject.SubjectConfirmations, e.confirms):
		return errors.New("nothing confirms the subject to us, now, for this request")
	}
	if e.request == "" && slices.ContainsFunc(a.Subject.SubjectConfirmations, answers) {
		return errors.New("the assertion answers a request")
	}
	return nil
}

func answers(c saml.SubjectConfirmation) bool {
	return c.SubjectConfirmationData != nil && c.SubjectConfirmationData.InResponseTo != ""
}

// confirms reports whether a confirmation is for us, for this request and for now.
func (e expectation) confirms(c saml.SubjectConfirmation) bool {
	d := c.SubjectConfirmationData
	return c.Method == bearer && d != nil && d.Recipient == e.service.acs && d.InResponseTo == e.request && !d.NotOnOrAfter.IsZero() &&
		e.within(d.NotBefore, d.NotOnOrAfter)
}

// within reports whether it is not before one time and before another, as far as clocks agree.
func (e expectation) within(from, until time.Time) bool {
	return !e.now.Before(from.Add(-Skew)) && e.now.Before(until.Add(Skew))
}
