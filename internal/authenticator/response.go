package authenticator

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/google/uuid"
)

// The flags of authenticator data (Web Authentication §6.1).
const (
	present   byte = 1 << 0
	verified  byte = 1 << 2
	eligible  byte = 1 << 3
	backedUp  byte = 1 << 4
	attested  byte = 1 << 6
	allBackup      = eligible | backedUp
)

// A response is an answer in the making: lies change it before and after it is signed.
type response struct {
	clientData map[string]any
	rpID       string
	flags      byte
	counter    uint32
	aaguid     uuid.UUID
	cose       []byte
	format     string // of the attestation, where not as asked for
	attachment string
	transports []string
	id         []byte
	userHandle []byte
	claimedID  []byte // where the answer names another credential than the signed one

	clientDataJSON    []byte
	authenticatorData []byte
	signature         []byte

	beforeSending []func(*response)
	beforeWriting []func(map[string]any)
}

// response is the honest answer to options, as lies have it.
func (a *Authenticator) response(ceremony string, o common, c *Credential, lies []Lie) *response {
	r := &response{
		clientData: map[string]any{"type": ceremony, "challenge": o.challenge, "origin": a.origin, "crossOrigin": false},
		rpID:       o.rpID, flags: present, counter: c.Counter, aaguid: a.aaguid, cose: c.key.cose(),
		attachment: a.attachment, transports: a.transports, id: c.ID,
	}
	if c.Discoverable {
		r.userHandle = c.UserHandle
	}
	if a.verifies && o.verification != "discouraged" {
		r.flags |= verified
	}
	if a.eligible {
		r.flags |= eligible
	}
	if a.backedUp {
		r.flags |= backedUp
	}
	for _, lie := range lies {
		lie.tell(r)
	}
	return r
}

// creation is the answer to creation options (Web Authentication §6.5).
func (r *response) creation(c *Credential, preference string) (json.RawMessage, error) {
	c.ID = r.id
	r.flags |= attested
	var data []byte
	data = append(data, r.aaguid[:]...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(c.ID)))
	data = append(append(data, c.ID...), r.cose...)
	if err := r.sign(c, data); err != nil {
		return nil, err
	}
	format, statement := r.format, map[string]any{}
	if format == "" {
		format = "packed"
		if preference == "none" || preference == "" {
			format = "none"
		}
	}
	if format != "none" { // self attestation, §8.2
		var key map[int]any
		if err := webauthncbor.Unmarshal(r.cose, &key); err != nil {
			return nil, fmt.Errorf("read COSE key: %w", err)
		}
		statement = map[string]any{"alg": key[3], "sig": r.signature}
	}
	object, err := webauthncbor.Marshal(map[string]any{"fmt": format, "attStmt": statement, "authData": r.authenticatorData})
	if err != nil {
		return nil, fmt.Errorf("encode attestation object: %w", err)
	}
	return r.write(map[string]any{
		"clientDataJSON":    encode(r.clientDataJSON),
		"attestationObject": encode(object),
		"transports":        r.transports,
	})
}

// assertion is the answer to request options (Web Authentication §6.3.3).
func (r *response) assertion(c *Credential) (json.RawMessage, error) {
	if err := r.sign(c, nil); err != nil {
		return nil, err
	}
	inner := map[string]any{
		"clientDataJSON":    encode(r.clientDataJSON),
		"authenticatorData": encode(r.authenticatorData),
		"signature":         encode(r.signature),
		"userHandle":        nil,
	}
	if len(r.userHandle) > 0 {
		inner["userHandle"] = encode(r.userHandle)
	}
	return r.write(inner)
}

func (r *response) sign(c *Credential, attestedData []byte) error {
	var err error
	if r.clientDataJSON, err = json.Marshal(r.clientData); err != nil {
		return fmt.Errorf("encode client data: %w", err)
	}
	rpIDHash := sha256.Sum256([]byte(r.rpID))
	r.authenticatorData = append(rpIDHash[:], r.flags)
	r.authenticatorData = binary.BigEndian.AppendUint32(r.authenticatorData, r.counter)
	r.authenticatorData = append(r.authenticatorData, attestedData...)
	hash := sha256.Sum256(r.clientDataJSON)
	if r.signature, err = c.key.sign(append(r.authenticatorData[:len(r.authenticatorData):len(r.authenticatorData)], hash[:]...)); err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	for _, change := range r.beforeSending {
		change(r)
	}
	return nil
}

func (r *response) write(inner map[string]any) (json.RawMessage, error) {
	id := r.id
	if r.claimedID != nil {
		id = r.claimedID
	}
	answer := map[string]any{
		"type": "public-key", "id": encode(id), "rawId": encode(id),
		"authenticatorAttachment": r.attachment, "clientExtensionResults": map[string]any{},
		"response": inner,
	}
	for _, change := range r.beforeWriting {
		change(answer)
	}
	raw, err := json.Marshal(answer)
	if err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return raw, nil
}
