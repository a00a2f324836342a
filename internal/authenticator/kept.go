package authenticator

import (
	"errors"

	"github.com/descope/virtualwebauthn"
)

// Kept is a credential with its private key, to be written down and used again by a test of another day.
type Kept struct {
	ID, UserHandle, Key, Public []byte
	RPID                        string
	Discoverable                bool
	Counter                     uint32
}

// Keep takes the newest credential out of the device. Only ES256 keys can be kept.
func (a *Authenticator) Keep() (Kept, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.credentials) == 0 {
		return Kept{}, errors.New("authenticator: there is no credential to keep")
	}
	c := a.credentials[len(a.credentials)-1]
	k, ok := c.key.(hashed)
	if !ok || k.kind != virtualwebauthn.KeyTypeEC2 {
		return Kept{}, errors.New("authenticator: only ES256 keys can be kept")
	}
	return Kept{
		ID: c.ID, UserHandle: c.UserHandle, Key: k.data, Public: k.public, RPID: c.RPID, Discoverable: c.Discoverable, Counter: c.Counter,
	}, nil
}

// Put puts a credential that was kept on the device.
func (a *Authenticator) Put(k Kept) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.credentials = append(a.credentials, &Credential{
		ID: k.ID, RPID: k.RPID, UserHandle: k.UserHandle, Discoverable: k.Discoverable, Counter: k.Counter,
		key: hashed{kind: virtualwebauthn.KeyTypeEC2, data: k.Key, public: k.Public},
	})
}
