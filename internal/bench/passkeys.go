package main

import (
	"context"
	"fmt"
	"net/url"
	"sync"

	"github.com/latchkeep/latchkeep/internal/authenticator"
)

// owners is how many people sign in with passkeys, in turn: more than clients, so that no two sign in as one.
const owners = 64

// A keyring is a device with one person's passkey.
type keyring struct{ device *authenticator.Authenticator }

// keyrings are those of all who have a passkey.
type keyrings struct {
	mu   sync.Mutex
	all  []*keyring
	next int
}

// fill makes keyrings, once.
func (r *keyrings) fill(register func(*keyring) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.all) < owners {
		k := &keyring{}
		if err := register(k); err != nil {
			return err
		}
		r.all = append(r.all, k)
	}
	return nil
}

// one gives them in turn.
func (r *keyrings) one() (*keyring, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.all) == 0 {
		return nil, fmt.Errorf("nobody has a passkey")
	}
	r.next++
	return r.all[r.next%len(r.all)], nil
}

// registerPasskey makes an account with an address and a passkey.
func (d *deployment) registerPasskey(ctx context.Context, c *client, k *keyring, n int64) error {
	at, err := url.Parse(d.base)
	if err != nil {
		return err
	}
	k.device = authenticator.New(at.Scheme + "://" + at.Host)
	address := fmt.Sprintf("passkey%d@shop.example", n)
	f, err := d.confirm(ctx, c, address, true)
	if err != nil {
		return err
	}
	if err := f.do(ctx, "register_password", map[string]any{"new_password": secretPassword}, "onboarding_create_passkey"); err != nil {
		return err
	}
	if err := f.do(ctx, "webauthn_generate_creation_options", nil, "onboarding_verify_passkey_attestation"); err != nil {
		return err
	}
	made, err := k.device.TryCreate(f.at.Payload["creation_options"])
	if err != nil {
		return err
	}
	return f.do(ctx, "webauthn_verify_attestation_response", map[string]any{"public_key": made}, "success")
}

// passkeyLogin signs somebody in with a passkey, by the button.
func (d *deployment) passkeyLogin(ctx context.Context, c *client) error {
	k, err := d.keys.one()
	if err != nil {
		return err
	}
	f, err := c.start(ctx, d.base, "login")
	if err != nil {
		return err
	}
	if err := f.do(ctx, "register_client_capabilities", map[string]any{"webauthn_available": true}, "login_init"); err != nil {
		return err
	}
	if err := f.do(ctx, "webauthn_generate_request_options", nil, "login_passkey"); err != nil {
		return err
	}
	answer, err := k.device.TryGet(f.at.Payload["request_options"])
	if err != nil {
		return err
	}
	if err := f.do(ctx, "webauthn_verify_assertion_response", map[string]any{"assertion_response": answer}, "success"); err != nil {
		return err
	}
	_, err = f.token()
	return err
}
