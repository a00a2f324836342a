package authenticator

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"
)

// What a browser says instead of an answer.
var (
	// ErrExcluded is InvalidStateError: the authenticator holds one of excludeCredentials.
	ErrExcluded = errors.New("authenticator: InvalidStateError: an excluded credential is here")
	// ErrNotAllowed is NotAllowedError: there is no credential to answer with.
	ErrNotAllowed = errors.New("authenticator: NotAllowedError: no credential for these options")
)

// A Credential is a key pair that an authenticator holds.
type Credential struct {
	ID []byte
	// RPID is the relying party for which it was made.
	RPID string
	// UserHandle is user.id of the options it was made for.
	UserHandle []byte
	// Discoverable credentials are found without an allow-list: passkeys.
	Discoverable bool
	// Counter is the signature counter as it was last signed.
	Counter uint32

	key key
}

// EncodedID is the id as it is in JSON.
func (c Credential) EncodedID() string { return encode(c.ID) }

// PublicKey is the COSE key (RFC 9052).
func (c Credential) PublicKey() []byte { return c.key.cose() }

// An Authenticator is a device together with the page of an origin that uses it. It may be used by several goroutines.
type Authenticator struct {
	origin     string
	attachment string
	transports []string
	aaguid     uuid.UUID
	algorithm  Algorithm
	counts     bool
	eligible   bool // for backup
	backedUp   bool
	verifies   bool

	mu          sync.Mutex
	credentials []*Credential
}

// An Option says what kind of device it is.
type Option func(*Authenticator)

// Synced is a passkey provider: credentials are backed up, and there is no signature counter.
func Synced() Option {
	return func(a *Authenticator) { a.counts, a.eligible, a.backedUp, a.attachment = false, true, true, "platform" }
}

// Model sets the AAGUID, which tells what model the device is.
func Model(aaguid uuid.UUID) Option { return func(a *Authenticator) { a.aaguid = aaguid } }

// Using sets the algorithm of new keys; ES256 otherwise.
func Using(algorithm Algorithm) Option { return func(a *Authenticator) { a.algorithm = algorithm } }

// WithoutPIN is a device that cannot verify who touches it.
func WithoutPIN() Option { return func(a *Authenticator) { a.verifies = false } }

// New is a security key with a PIN and a signature counter, plugged in where a page of an origin is open. It keeps discoverable credentials
// where it is asked for those.
func New(origin string, options ...Option) *Authenticator {
	a := &Authenticator{
		origin: origin, attachment: "cross-platform", transports: []string{"usb"},
		aaguid: uuid.New(), algorithm: ES256, counts: true, verifies: true,
	}
	for _, option := range options {
		option(a)
	}
	if a.attachment == "platform" {
		a.transports = []string{"internal", "hybrid"}
	}
	return a
}

// Credentials are copies of what it holds, oldest first.
func (a *Authenticator) Credentials() []Credential {
	a.mu.Lock()
	defer a.mu.Unlock()
	copies := make([]Credential, len(a.credentials))
	for i, c := range a.credentials {
		copies[i] = *c
	}
	return copies
}

// Clone is a second device with the same keys, as a thief who could read the first would make one.
func (a *Authenticator) Clone() *Authenticator {
	a.mu.Lock()
	defer a.mu.Unlock()
	clone := &Authenticator{
		origin: a.origin, attachment: a.attachment, transports: a.transports, aaguid: a.aaguid, algorithm: a.algorithm,
		counts: a.counts, eligible: a.eligible, backedUp: a.backedUp, verifies: a.verifies,
	}
	for _, c := range a.credentials {
		copied := *c
		clone.credentials = append(clone.credentials, &copied)
	}
	return clone
}

// At is a copy of the device, used by the page of another origin. The counters of both go their own ways: let only one of them sign on.
func (a *Authenticator) At(origin string) *Authenticator {
	moved := a.Clone()
	moved.origin = origin
	return moved
}

// Import puts a credential with a user handle of its own on the device, as a passkey that another service made.
func (a *Authenticator) Import(rpID string, userHandle []byte) Credential {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := &Credential{ID: random(32), RPID: rpID, UserHandle: userHandle, Discoverable: true, key: a.algorithm.generate()}
	a.credentials = append(a.credentials, c)
	return *c
}

// Create makes a credential for {"publicKey": …} and returns the registration answer.
func (a *Authenticator) Create(t testing.TB, options json.RawMessage, lies ...Lie) json.RawMessage {
	t.Helper()
	answer, err := a.TryCreate(options, lies...)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// Get returns the assertion for {"publicKey": …}, of the newest credential that may answer.
func (a *Authenticator) Get(t testing.TB, options json.RawMessage, lies ...Lie) json.RawMessage {
	t.Helper()
	answer, err := a.TryGet(options, lies...)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// TryCreate is Create. Errors: ErrExcluded, and options that no browser takes.
func (a *Authenticator) TryCreate(options json.RawMessage, lies ...Lie) (json.RawMessage, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	o, err := parseCreation(options)
	if err != nil {
		return nil, err
	}
	for _, c := range a.credentials {
		if c.RPID == o.rpID && contains(o.excluded, c.ID) {
			return nil, ErrExcluded
		}
	}
	if !slices.Contains(o.algorithms, int64(a.algorithm)) {
		return nil, fmt.Errorf("%w: NotSupportedError: no algorithm in common", ErrNotAllowed)
	}
	if o.verification == "required" && !a.verifies || o.attachment != "" && o.attachment != a.attachment {
		return nil, ErrNotAllowed
	}
	c := &Credential{ID: random(32), RPID: o.rpID, UserHandle: o.userID, Discoverable: o.resident, key: a.algorithm.generate()}
	r := a.response("webauthn.create", o.common, c, lies)
	answer, err := r.creation(c, o.attestation)
	if err != nil {
		return nil, err
	}
	a.credentials = append(a.credentials, c)
	return answer, nil
}

// TryGet is Get. Errors: ErrNotAllowed, and options that no browser takes.
func (a *Authenticator) TryGet(options json.RawMessage, lies ...Lie) (json.RawMessage, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	o, err := parseRequest(options)
	if err != nil {
		return nil, err
	}
	if o.verification == "required" && !a.verifies {
		return nil, ErrNotAllowed
	}
	c := a.pick(o, chosen(lies))
	if c == nil {
		return nil, ErrNotAllowed
	}
	if a.counts {
		c.Counter++
	}
	return a.response("webauthn.get", o.common, c, lies).assertion(c)
}

// pick finds the newest credential that may answer. One that is chosen by its id answers always.
func (a *Authenticator) pick(o requestOptions, chosen []byte) *Credential {
	for _, c := range slices.Backward(a.credentials) {
		switch {
		case chosen != nil:
			if bytes.Equal(c.ID, chosen) {
				return c
			}
		case c.RPID != o.rpID:
		case len(o.allowed) > 0 && contains(o.allowed, c.ID), len(o.allowed) == 0 && c.Discoverable:
			return c
		}
	}
	return nil
}

func contains(ids [][]byte, id []byte) bool {
	return slices.ContainsFunc(ids, func(other []byte) bool { return bytes.Equal(other, id) })
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func random(n int) []byte {
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // never fails
	return raw
}
