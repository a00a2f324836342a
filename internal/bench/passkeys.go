package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/latchkeep/latchkeep/internal/authenticator"
	"github.com/latchkeep/latchkeep/internal/visitor"
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
func (d *deployment) registerPasskey(ctx context.Context, c *visitor.Client, k *keyring, n int64) (err error) {
	k.device, err = d.shop().RegisterPasskey(ctx, c, fmt.Sprintf("passkey%d@shop.example", n))
	return err
}

// passkeyLogin signs somebody in with a passkey, by the button.
func (d *deployment) passkeyLogin(ctx context.Context, c *visitor.Client) error {
	k, err := d.keys.one()
	if err != nil {
		return err
	}
	_, err = d.shop().SignInByPasskey(ctx, c, k.device)
	return err
}
