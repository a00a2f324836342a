package passkey

import (
	"encoding/json"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/tenants"
)

// What is taken of a new credential, in bytes. The chains of certificates that devices attest with are some kilobytes long.
const (
	maxCreation  = 32 << 10
	maxID        = 1023 // Web Authentication §4
	maxPublicKey = 2 << 10
)

// Create asks a browser to make a credential. Spec: flow-login-registration §9.1.
func (r *Room) Create(t *tenants.Tenant, k Kind, o Owner, now time.Time) (Options, Ceremony, error) {
	uv := verification(t, k)
	wait := timeout(t.Config.WebAuthn.Timeouts.Registration, uv)
	c := start(k, true, o.ID, uv, wait, now)

	var options creationOptions
	p := &options.PublicKey
	p.RP = relyingParty{t.Config.WebAuthn.RelyingParty.ID, t.Config.WebAuthn.RelyingParty.DisplayName}
	p.User = entity{encode(o.ID[:]), o.Name, o.DisplayName}
	p.Challenge = c.Challenge
	p.Parameters = parameters()
	p.Timeout = wait.Milliseconds()
	p.ExcludeCredentials = descriptors(o.Has)
	p.Selection, p.Attestation = selectionOf(t, k)
	raw, err := encodeOptions(options)
	return raw, c, err
}

// Created checks what a browser made (Web Authentication §7.1; spec: flow-login-registration §9.5). Errors: *Refused.
func (r *Room) Created(t *tenants.Tenant, c Ceremony, answer json.RawMessage, now time.Time) (*Credential, error) {
	w, err := party(t)
	if err != nil {
		return nil, err
	}
	if why := c.answerable(true, now); why != "" {
		return nil, refuseFor(c.UserID, Invalid, why)
	}
	parsed, refused := parseCreation(answer)
	if refused != nil {
		refused.UserID = c.UserID
		return nil, refused
	}
	made, err := w.CreateCredential(person{handle: c.UserID[:]}, webauthn.SessionData{
		Challenge:        c.Challenge,
		UserID:           c.UserID[:],
		UserVerification: protocol.UserVerificationRequirement(c.Verification),
		CredParams:       offered(),
	}, parsed)
	if err != nil {
		return nil, refuseFor(c.UserID, Invalid, disclosed(err))
	}
	credential := &Credential{
		ID:              made.ID,
		PublicKey:       made.PublicKey,
		AttestationType: made.AttestationFormat,
		SignCount:       made.Authenticator.SignCount,
		Transports:      cleanTransports(made.Transport),
		BackupEligible:  made.Flags.BackupEligible,
		BackupState:     made.Flags.BackupState,
		MFAOnly:         c.Kind == SecurityKey,
	}
	copy(credential.AAGUID[:], made.Authenticator.AAGUID)
	credential.Name = r.models.Name(credential.AAGUID)
	return credential, nil
}

// parseCreation reads a registration answer. Whoever sends a longer one than any authenticator makes, or a key that would be dear to compute
// with, is refused before anything is computed.
func parseCreation(answer json.RawMessage) (*protocol.ParsedCredentialCreationData, *Refused) {
	if len(answer) > maxCreation {
		return nil, refuse("the answer is too long")
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return nil, refuse(disclosed(err))
	}
	made := parsed.Response.AttestationObject.AuthData.AttData
	switch {
	case len(made.CredentialID) == 0 || len(made.CredentialID) > maxID:
		return nil, refuse("the credential id has not 1 to 1023 bytes")
	case len(made.CredentialPublicKey) == 0 || len(made.CredentialPublicKey) > maxPublicKey:
		return nil, refuse("the public key is missing or too long")
	case len(made.AAGUID) != len(uuid.Nil):
		return nil, refuse("the AAGUID is malformed")
	}
	return parsed, nil
}

func offered() []protocol.CredentialParameter {
	var all []protocol.CredentialParameter
	for _, algorithm := range algorithms() {
		all = append(all, protocol.CredentialParameter{
			Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.COSEAlgorithmIdentifier(algorithm),
		})
	}
	return all
}
