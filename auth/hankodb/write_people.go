package hankodb

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/transfer"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/tenants"
)

// people imports a tenant's users in pages, each with its sessions and trusted devices.
func (i *Importer) people(ctx context.Context, p *plan, o *Outcome) error {
	c := &converter{tenant: p.id, tell: i.problems.add}
	here := &once{addresses: map[string]uuid.UUID{}, usernames: map[string]uuid.UUID{}}
	if i.o.DryRun {
		if err := i.source.clashes(ctx, p.id, here); err != nil {
			return err
		}
	}
	for after := ""; ; {
		page, err := i.source.people(ctx, p.id, after, i.o.Page)
		if err != nil || len(page) == 0 {
			return err
		}
		after = page[len(page)-1].raw
		known, err := i.page(ctx, p, o, c, here, page)
		if err != nil {
			return err
		}
		if err := i.belongings(ctx, p, o, page, known); err != nil {
			return err
		}
		i.progress(o, Users)
	}
}

// page imports some users, and returns which of them are here now.
func (i *Importer) page(ctx context.Context, p *plan, o *Outcome, c *converter, here *once, page []*person) (map[uuid.UUID]bool, error) {
	var accounts []transfer.Account
	deleted, err := i.deleted(ctx, p, page)
	if err != nil {
		return nil, err
	}
	for _, one := range page {
		o.read(one)
		if deleted[one.id] {
			for kind, n := range one.parts() {
				o.count(kind).Gone += n
			}
			continue
		}
		if one.id == uuid.Nil {
			c.problem(one, "users", one.raw, "the id is no UUID; the user was left out")
			o.refuse(one)
			continue
		}
		accounts = append(accounts, c.account(one))
	}
	write := i.n.Accounts.Write
	if i.o.DryRun {
		write = i.pretend(here)
	}
	outcomes, err := settle(ctx, write, p, c, accounts)
	if err != nil {
		return nil, err
	}
	known := map[uuid.UUID]bool{}
	byID := make(map[uuid.UUID]*person, len(page))
	for _, one := range page {
		byID[one.id] = one
	}
	for n, outcome := range outcomes {
		o.settled(byID[accounts[n].ID], &accounts[n], outcome.Status)
		known[accounts[n].ID] = outcome.Status != transfer.Rejected
	}
	return known, nil
}

// deleted are the users who were taken over before and are not here any more.
func (i *Importer) deleted(ctx context.Context, p *plan, page []*person) (map[uuid.UUID]bool, error) {
	gone := map[uuid.UUID]bool{}
	var ids []uuid.UUID
	for _, one := range page {
		if one.id != uuid.Nil && p.gone(one.updated) {
			ids = append(ids, one.id)
		}
	}
	if len(ids) == 0 {
		return gone, nil
	}
	here, err := i.n.Store.Raw().UserTenants(scope.With(ctx, scope.System("look for users who were imported before")), ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if _, is := here[id]; !is {
			gone[id] = true
		}
	}
	return gone, nil
}

// A writing writes accounts as transfer.Writer does.
type writing func(context.Context, *tenants.Tenant, []transfer.Account, ...transfer.Follow) ([]transfer.Outcome, error)

// settle writes accounts. What of an account is somebody else's already is left out and told; only a user whose id is taken is refused.
func settle(ctx context.Context, write writing, p *plan, c *converter, accounts []transfer.Account) ([]transfer.Outcome, error) {
	outcomes := make([]transfer.Outcome, len(accounts))
	todo := make([]int, len(accounts))
	for n := range accounts {
		todo[n] = n
	}
	const mostTries = 30
	for try := 0; len(todo) > 0; try++ {
		batch := make([]transfer.Account, len(todo))
		for n, at := range todo {
			batch[n] = accounts[at]
		}
		results, err := write(ctx, &tenants.Tenant{ID: p.target}, batch)
		if err != nil {
			return nil, err
		}
		var again []int
		for n, result := range results {
			at := todo[n]
			outcomes[at] = result
			if result.Status != transfer.Rejected {
				continue
			}
			id := accounts[at].ID
			left := try < mostTries && c.leaveOut(&accounts[at], result)
			if left || result.Field == "" && try == 0 { // one without a field was written by somebody else a moment ago
				again = append(again, at)
				continue
			}
			c.tell(Problem{Tenant: p.id, Table: "users", ID: id.String(), User: &id, Reason: result.Reason() + "; the user was left out"})
		}
		todo = again
	}
	return outcomes, nil
}

// leaveOut takes what a conflict is about out of an account, and reports whether there is something left to write.
func (c *converter) leaveOut(a *transfer.Account, conflict transfer.Outcome) bool {
	var n int
	problem := func(table string, id fmt.Stringer) {
		user := a.ID
		c.tell(Problem{Tenant: c.tenant, Table: table, ID: id.String(), User: &user, Reason: conflict.Reason() + "; it was left out"})
	}
	field := conflict.Field
	switch {
	case field == "username" && a.Username != nil:
		problem("usernames", a.Username.ID)
		a.Username = nil
	case at(field, "emails[%d]", &n) && n < len(a.Emails):
		problem("emails", a.Emails[n].ID)
		for k := range a.Identities {
			if id := a.Identities[k].EmailID; id != nil && *id == a.Emails[n].ID {
				a.Identities[k].EmailID = nil
			}
		}
		a.Emails = append(append([]user.Email{}, a.Emails[:n]...), a.Emails[n+1:]...)
	case at(field, "webauthn_credentials[%d]", &n) && n < len(a.Credentials):
		problem("webauthn_credentials", encoded(a.Credentials[n].CredentialID))
		a.Credentials = append(append([]transfer.Credential{}, a.Credentials[:n]...), a.Credentials[n+1:]...)
	case at(field, "identities[%d]", &n) && n < len(a.Identities):
		problem("identities", a.Identities[n].ID)
		a.Identities = append(append([]transfer.Identity{}, a.Identities[:n]...), a.Identities[n+1:]...)
	default:
		return false
	}
	return true
}

func at(field, pattern string, n *int) bool {
	read, err := fmt.Sscanf(field, pattern, n)
	return err == nil && read == 1 && *n >= 0
}

// pretend says what would become of accounts, and writes nothing.
func (i *Importer) pretend(here *once) writing {
	return func(ctx context.Context, t *tenants.Tenant, accounts []transfer.Account, _ ...transfer.Follow) ([]transfer.Outcome, error) {
		outcomes, err := i.n.Accounts.Judge(ctx, t, accounts)
		if err != nil {
			return nil, err
		}
		for n := range accounts {
			if outcomes[n].Status == transfer.Written {
				here.judge(&accounts[n], &outcomes[n])
			}
		}
		return outcomes, nil
	}
}
