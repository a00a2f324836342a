package federation_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// A cast is who takes part in one happening.
type cast struct {
	kim, lee         *testenv.Person
	kimsOther, other string // her unverified address, the provider's that nobody has
	subject          string
	identity         uuid.UUID
}

func (w *world) newCast(t *testing.T, n int, c []string) *cast {
	t.Helper()
	p := &cast{
		kim:       w.shop.Person(t, testenv.NewPerson{Email: fmt.Sprintf("kim%d@shop.example", n)}),
		lee:       w.shop.Person(t, testenv.NewPerson{Email: fmt.Sprintf("lee%d@shop.example", n)}),
		kimsOther: fmt.Sprintf("kim-too%d@shop.example", n), other: fmt.Sprintf("new%d@shop.example", n),
		subject: fmt.Sprintf("subject-%d", n),
	}
	p.kim.AddEmail(t, p.kimsOther, false)
	require.NoError(t, w.shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
		if c[2] == "ownerless" {
			if err := tx.Email.Create().SetAddress(p.other).SetIsVerified(true).Exec(ctx); err != nil {
				return err
			}
		}
		if c[1] == "none" {
			return nil
		}
		create := tx.Identity.Create().SetProviderID("google").SetSubject(p.subject)
		for name, who := range map[string]*testenv.Person{"kim": p.kim, "lee": p.lee} {
			if c[1] != name {
				continue
			}
			u, err := user.LoadIn(ctx, tx, who.ID)
			if err != nil {
				return err
			}
			create.SetUserID(u.ID).SetEmailID(u.Primary().ID)
		}
		made, err := create.Save(ctx)
		if err == nil {
			p.identity = made.ID
		}
		return err
	}))
	return p
}

// account is what the provider says.
func (p *cast) account(c []string) testenv.PartyAccount {
	address := map[string]string{"none": "", "new": p.other, "ownerless": p.other, "kim": p.kim.Email, "kim?": p.kimsOther, "lee": p.lee.Email}[c[2]]
	return testenv.PartyAccount{Subject: p.subject, Email: address, EmailVerified: c[3] == "yes", Name: "As the provider has it"}
}

// steal takes the identity from kim for a while; give gives it back.
func (p *cast) steal(t *testing.T, shop *testenv.Tenant) {
	t.Helper()
	require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.Identity.UpdateOneID(p.identity).ClearUserID().Exec(ctx)
	}))
}

func (p *cast) give(t *testing.T, shop *testenv.Tenant) {
	t.Helper()
	require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.Identity.UpdateOneID(p.identity).SetUserID(p.kim.ID).Exec(ctx)
	}))
}
