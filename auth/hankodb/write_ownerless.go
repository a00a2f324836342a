package hankodb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	entemail "github.com/latchkeep/latchkeep/ent/email"
	entidentity "github.com/latchkeep/latchkeep/ent/identity"
	"github.com/latchkeep/latchkeep/ent/store"
)

// unclaimed imports a tenant's addresses that belong to nobody.
func (i *Importer) unclaimed(ctx context.Context, p *plan, o *Outcome) error {
	for after := ""; ; {
		page, err := i.source.unclaimed(ctx, p.id, after, i.o.Page)
		if err != nil || len(page) == 0 {
			return err
		}
		after = page[len(page)-1].raw
		var imported, present, gone int
		var lost []Problem
		err = i.unit(ctx, p, func(ctx context.Context, tx *store.Tx) error {
			imported, present, gone, lost = 0, 0, 0, nil
			ids, addresses, err := knownEmails(ctx, tx, page)
			if err != nil {
				return err
			}
			for _, e := range page {
				address, why := cleanAddress(e.address)
				switch {
				case ids[e.id]:
					present++
					continue
				case p.gone(e.updated):
					gone++
					continue
				case why != "" || e.id == uuid.Nil:
				case addresses[address]:
					why = "somebody has the address; it was left out"
				}
				if why != "" || e.id == uuid.Nil {
					lost = append(lost, Problem{Tenant: p.id, Table: "emails", ID: e.raw, Reason: why})
					continue
				}
				addresses[address] = true
				imported++
				created := or(e.created, i.now)
				row := tx.Email.Create().SetID(e.id).SetAddress(address).SetIsVerified(e.verified).
					SetCreatedAt(created).SetUpdatedAt(or(e.updated, created))
				if err := i.insert(ctx, row); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		o.count(Emails).Gone += gone
		i.ownerless(o.count(Emails), len(page), imported, present, lost)
	}
}

// ownerless counts rows that belong to nobody.
func (i *Importer) ownerless(c *Count, read, imported, present int, lost []Problem) {
	c.Read, c.Imported, c.Present, c.Refused = c.Read+read, c.Imported+imported, c.Present+present, c.Refused+len(lost)
	for _, problem := range lost {
		i.problems.add(problem)
	}
}

func knownEmails(ctx context.Context, tx *store.Tx, page []email) (ids map[uuid.UUID]bool, addresses map[string]bool, err error) {
	var wantIDs []uuid.UUID
	var wantAddresses []string
	for _, e := range page {
		wantIDs = append(wantIDs, e.id)
		if address, why := cleanAddress(e.address); why == "" {
			wantAddresses = append(wantAddresses, address)
		}
	}
	ids, addresses = map[uuid.UUID]bool{}, map[string]bool{}
	rows, err := tx.Email.Query().Where(entemail.Or(entemail.IDIn(wantIDs...), entemail.AddressIn(wantAddresses...))).All(ctx)
	for _, row := range rows {
		ids[row.ID], addresses[row.Address] = true, true
	}
	return ids, addresses, err
}

// pending imports a tenant's identities that belong to nobody: links that wait for confirmation.
func (i *Importer) pending(ctx context.Context, p *plan, o *Outcome) error {
	for after := ""; ; {
		page, err := i.source.pending(ctx, p.id, after, i.o.Page)
		if err != nil || len(page) == 0 {
			return err
		}
		after = page[len(page)-1].raw
		var imported, present, gone int
		var lost []Problem
		err = i.unit(ctx, p, func(ctx context.Context, tx *store.Tx) error {
			imported, present, gone, lost = 0, 0, 0, nil
			for n := range page {
				added, why, err := i.pendingIdentity(ctx, tx, &page[n], or(page[n].created, i.now), p.gone(page[n].updated))
				switch {
				case errors.Is(err, errGone):
					gone++
				case err != nil:
					return err
				case why != "":
					lost = append(lost, Problem{Tenant: p.id, Table: "identities", ID: page[n].raw, Reason: why + "; it was left out"})
				case added:
					imported++
				default:
					present++
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		o.count(Identities).Gone += gone
		i.ownerless(o.count(Identities), len(page), imported, present, lost)
	}
}

// errGone is the answer where an identity was taken over before and was deleted here.
var errGone = errors.New("hankodb: deleted here")

// pendingIdentity writes an identity of nobody unless it is here, or was here and is gone.
func (i *Importer) pendingIdentity(ctx context.Context, tx *store.Tx, from *identity, created time.Time, gone bool) (added bool, why string, err error) {
	made, why := identityOf(from)
	if why != "" || made.ID == uuid.Nil {
		return false, why, nil
	}
	here, err := tx.Identity.Query().
		Where(entidentity.Or(entidentity.ID(made.ID), entidentity.And(entidentity.ProviderID(made.ProviderID), entidentity.Subject(made.Subject)))).
		All(ctx)
	if err != nil {
		return false, "", err
	}
	switch {
	case slices.ContainsFunc(here, func(row *ent.Identity) bool { return row.ID == made.ID }):
		return false, "", nil
	case len(here) > 0:
		return false, "the account at the third party is linked to a user", nil
	case gone:
		return false, "", errGone
	}
	row := tx.Identity.Create().SetID(made.ID).SetProviderID(made.ProviderID).SetSubject(made.Subject).SetNillableSamlDomain(made.SAMLDomain).
		SetCreatedAt(created).SetUpdatedAt(or(made.UpdatedAt, created))
	if made.Claims != "" {
		row.SetClaims(made.Claims)
	}
	if made.EmailID != nil {
		kept, err := tx.Email.Query().Where(entemail.ID(*made.EmailID)).Exist(ctx)
		if err != nil {
			return false, "", err
		}
		if kept {
			row.SetEmailID(*made.EmailID)
		}
	}
	return true, "", i.insert(ctx, row)
}

// orphans tells of rows that should be somebody's and are nobody's: they are of no use.
func (i *Importer) orphans(ctx context.Context, p *plan, o *Outcome) error {
	for _, one := range []struct{ table, kind string }{
		{"usernames", Usernames}, {"password_credentials", Passwords}, {"webauthn_credentials", Credentials}, {"otp_secrets", Apps},
		{"user_metadata", Metadata}, {"sessions", Sessions}, {"trusted_devices", Devices},
	} {
		if i.skips(one.kind) {
			continue
		}
		n, err := i.source.from(one.table).of(p.id).and("user_id IS NULL").count(ctx)
		if err != nil {
			return err
		}
		if n > 0 {
			i.ownerless(o.count(one.kind), n, 0, 0, nil)
			o.count(one.kind).Refused += n
			i.problems.add(Problem{Tenant: p.id, Table: one.table, Reason: fmt.Sprintf("%d rows belong to nobody; they were left out", n)})
		}
	}
	return nil
}
