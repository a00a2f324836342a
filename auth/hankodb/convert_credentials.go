package hankodb

import (
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/transfer"
)

// What WebAuthn allows (Web Authentication §4, §5.4.3), in bytes, and what we keep of transports.
const (
	maxCredentialID    = 1023
	maxHandle          = 64
	maxPublicKey       = 1 << 16
	maxTransports      = 8
	maxTransportLength = 16
)

func (c *converter) credentials(p *person, a *transfer.Account) {
	for i := range p.credentials {
		made, why := c.credential(p, &p.credentials[i])
		if why != "" {
			c.problem(p, "webauthn_credentials", p.credentials[i].id, why+"; the credential was left out")
			continue
		}
		if slices.ContainsFunc(a.Credentials, func(o transfer.Credential) bool { return string(o.CredentialID) == string(made.CredentialID) }) {
			c.problem(p, "webauthn_credentials", p.credentials[i].id, "she has the same credential already; it was left out")
			continue
		}
		a.Credentials = append(a.Credentials, made)
	}
}

// credential is what becomes of one, or why it cannot be kept.
func (c *converter) credential(p *person, from *credential) (transfer.Credential, string) {
	id, ok := decode(from.id)
	if !ok || len(id) == 0 || len(id) > maxCredentialID {
		return transfer.Credential{}, "the id is no base64url of 1 to 1023 bytes"
	}
	key, ok := decode(from.publicKey)
	if !ok || len(key) == 0 || len(key) > maxPublicKey {
		return transfer.Credential{}, "the public key is not base64url"
	}
	if _, err := webauthncose.ParsePublicKey(key); err != nil {
		return transfer.Credential{}, "the public key is no COSE key that can be used"
	}
	if len(from.handle) > maxHandle {
		return transfer.Credential{}, "the user handle is longer than 64 bytes"
	}
	made := transfer.Credential{
		ID: uuid.NewSHA1(p.id, []byte("credential "+from.id)), CredentialID: id, PublicKey: key,
		Name: shorten(from.name, maxName), AttestationType: shorten(from.attestation, maxName), MFAOnly: from.mfaOnly,
		UserHandle: []byte(from.handle), CreatedAt: from.created, UpdatedAt: or(from.updated, from.created),
	}
	made.AAGUID, _ = uuid.Parse(from.aaguid) // of an unknown make where it is none
	if from.signCount >= 0 && from.signCount <= math.MaxUint32 {
		made.SignCount = uint32(from.signCount)
	} else {
		c.problem(p, "webauthn_credentials", from.id, "the signature counter is out of range; counting begins anew")
	}
	// False also stands for unknown: for credentials that were made before the columns were, and for those that were never used.
	if from.eligible || from.backedUp {
		eligible, backedUp := from.eligible, from.backedUp
		made.BackupEligible, made.BackupState = &eligible, &backedUp
	}
	if !from.used.IsZero() {
		used := from.used
		made.LastUsedAt = &used
	}
	if from.handleID != uuid.Nil && from.handle == "" {
		c.problem(p, "webauthn_credentials", from.id, "its user handle is not there, or belongs to somebody else; it was kept without")
	}
	made.Transports = c.transports(p, from)
	return made, ""
}

func (c *converter) transports(p *person, from *credential) []string {
	kept := []string{}
	for _, name := range from.transports {
		switch {
		case slices.Contains(kept, name):
		case len(kept) == maxTransports || name == "" || len(name) > maxTransportLength || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz-") != "":
			c.problem(p, "webauthn_credential_transports", from.id, fmt.Sprintf("%.20q is no transport; it was left out", name))
		default:
			kept = append(kept, name)
		}
	}
	return kept
}

// decode reads base64url, and forgives padding and the other alphabet.
func decode(text string) ([]byte, bool) {
	text = strings.TrimRight(strings.TrimSpace(text), "=")
	text = strings.NewReplacer("+", "-", "/", "_").Replace(text)
	raw, err := base64.RawURLEncoding.DecodeString(text)
	return raw, err == nil && !strings.ContainsAny(text, "\r\n")
}

func (c *converter) identities(p *person, a *transfer.Account, addresses map[uuid.UUID]uuid.UUID) {
	for i := range p.identities {
		from := &p.identities[i]
		made, why := identityOf(from)
		if why != "" {
			c.problem(p, "identities", from.id.String(), why+"; it was left out")
			continue
		}
		if made.Claims == "" {
			c.problem(p, "identities", from.id.String(), "the data is no JSON object; the identity was kept without")
		}
		made.EmailID = nil
		if from.email != uuid.Nil {
			if kept, ok := addresses[from.email]; ok {
				made.EmailID = &kept
			} else {
				c.problem(p, "identities", from.id.String(), "its address is not one of hers, or was left out; it was kept without an address")
			}
		}
		a.Identities = append(a.Identities, made)
	}
}

// identityOf is what becomes of an identity, with no claims where they cannot be read, or why it cannot be kept.
func identityOf(from *identity) (made transfer.Identity, why string) {
	made = transfer.Identity{
		ID: from.id, ProviderID: from.provider, Subject: from.subject, CreatedAt: from.created, UpdatedAt: or(from.updated, from.created),
	}
	switch {
	case from.provider == "" || from.subject == "":
		return made, "the provider, or the account there, is not named"
	case len(from.provider) > maxName || len(from.subject) > maxName:
		return made, "the provider, or the account there, has a name of more than 255 bytes"
	}
	if from.domain != "" && len(from.domain) <= 253 {
		domain := from.domain
		made.SAMLDomain = &domain
	}
	if claims, ok := compactObject(from.claims); ok {
		made.Claims = claims
	}
	if from.email != uuid.Nil {
		id := from.email
		made.EmailID = &id
	}
	return made, ""
}
