package load

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"

	"github.com/latchkeep/latchkeep/internal/authenticator"
	"github.com/latchkeep/latchkeep/internal/visitor"
)

const (
	// sessions is how many sessions are validated in turn. They are of users who do not sign in again, so that none is ended as their oldest.
	sessions = 16
	// devices is how many people have passkeys. Each signs in once at a time: of two at once the older signature would look like a copy's.
	devices = 32
)

// Operations are all that can be done here: those of visitors; with a key those of back ends; with the console API those of operators.
func (p *Place) Operations() []*Operation {
	all := p.visits()
	if p.Target.Key != "" {
		all = append(all, p.backEnd()...)
	}
	if p.Target.Console != "" {
		all = append(all, p.operators()...)
	}
	return all
}

func (p *Place) visits() []*Operation {
	var serial, asked atomic.Int64
	var tokens []string
	free := make(chan *authenticator.Authenticator, devices)
	address := func(kind string) string { return fmt.Sprintf("%s-%s-%d@load.example", kind, p.run, serial.Add(1)) }
	return []*Operation{
		{Name: "registration", Title: "registration with code and password", Run: func(ctx context.Context, c *visitor.Client) error {
			return p.Shop.Register(ctx, c, address("new"))
		}},
		{Name: "login", Title: "password login", Run: func(ctx context.Context, c *visitor.Client) error {
			who, err := p.known()
			if err != nil {
				return err
			}
			_, err = p.Shop.SignIn(ctx, c, who)
			return err
		}},
		{
			Name: "passkey", Title: "passkey login",
			Prepare: func(ctx context.Context, c *visitor.Client) error {
				for range devices {
					device, err := p.Shop.RegisterPasskey(ctx, c, address("passkey"))
					if err != nil {
						return err
					}
					free <- device
				}
				return nil
			},
			Run: func(ctx context.Context, c *visitor.Client) error {
				device := <-free
				defer func() { free <- device }()
				_, err := p.Shop.SignInByPasskey(ctx, c, device)
				return err
			},
		},
		{
			Name: "validate", Title: "`GET /sessions/validate`",
			Prepare: func(ctx context.Context, c *visitor.Client) error {
				for n := range sessions {
					who := userAddress(n)
					if p.Target.Users <= sessions { // nobody was imported
						who = address("session")
						if err := p.Shop.Register(ctx, c, who); err != nil {
							return err
						}
					}
					token, err := p.Shop.SignIn(ctx, c, who)
					if err != nil {
						return err
					}
					tokens = append(tokens, token)
				}
				return nil
			},
			Run: func(ctx context.Context, c *visitor.Client) error {
				return p.Shop.Validate(ctx, c, tokens[int(asked.Add(1))%len(tokens)])
			},
		},
		{Name: "jwks", Title: "`GET /.well-known/jwks.json`", Run: p.Shop.Keys},
		{Name: "start", Title: "`POST /login`, start of a flow", Run: func(ctx context.Context, c *visitor.Client) error {
			_, err := c.Start(ctx, p.Shop.Base, "login")
			return err
		}},
	}
}

func (p *Place) backEnd() []*Operation {
	var serial atomic.Int64
	return []*Operation{
		{Name: "admin-create", Title: "admin: create a user", Run: func(ctx context.Context, c *visitor.Client) error {
			who := fmt.Sprintf("made-%s-%d@load.example", p.run, serial.Add(1))
			var made struct{ Emails []struct{ Address string } }
			err := read(ctx, c, http.MethodPost, p.Target.Admin+"/users", p.Target.Key, map[string]any{
				"emails": []map[string]any{{"address": who, "is_primary": true, "is_verified": true}},
			}, http.StatusOK, &made)
			if err == nil && (len(made.Emails) != 1 || made.Emails[0].Address != who) {
				err = fmt.Errorf("not the user that was asked for: %v", made)
			}
			return err
		}},
		{Name: "admin-list", Title: "admin: list 20 users", Run: func(ctx context.Context, c *visitor.Client) error {
			var users []json.RawMessage
			err := read(ctx, c, http.MethodGet, p.Target.Admin+"/users", p.Target.Key, nil, http.StatusOK, &users)
			if err == nil && len(users) < min(p.Users, 20) {
				err = fmt.Errorf("a page of %d users", len(users))
			}
			return err
		}},
		{Name: "admin-get", Title: "admin: read a user", Run: func(ctx context.Context, c *visitor.Client) error {
			if len(p.ids) == 0 {
				return fmt.Errorf("there are no users to read")
			}
			id := p.ids[rand.IntN(len(p.ids))]
			var user struct{ ID string }
			err := read(ctx, c, http.MethodGet, p.Target.Admin+"/users/"+id, p.Target.Key, nil, http.StatusOK, &user)
			if err == nil && user.ID != id {
				err = fmt.Errorf("not the user that was asked for: %s", user.ID)
			}
			return err
		}},
	}
}

func (p *Place) operators() []*Operation {
	var serial atomic.Int64
	return []*Operation{
		{Name: "tenant-create", Title: "`POST /v1/tenants`", Run: func(ctx context.Context, c *visitor.Client) error {
			return p.createTenant(ctx, c, fmt.Sprintf("more-%s-%d", p.run, serial.Add(1)))
		}},
		{Name: "tenant-list", Title: "`GET /v1/tenants`, 20 and the total", Run: func(ctx context.Context, c *visitor.Client) error {
			var found struct{ Tenants []madeTenant }
			err := read(ctx, c, http.MethodGet, p.Target.Console+"/v1/tenants", p.Target.Token, nil, http.StatusOK, &found)
			if err == nil && len(found.Tenants) < min(p.Tenants, 20) {
				err = fmt.Errorf("a page of %d tenants", len(found.Tenants))
			}
			return err
		}},
	}
}
