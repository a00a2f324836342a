package federation

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/user"
	entidentity "github.com/latchkeep/latchkeep/ent/identity"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

// action is what is done about the facts, in one unit of work. Each change holds only while the facts do.
type action struct {
	facts
	tenant *tenants.Tenant
	client auth.Client
	work   auth.Work

	who, identityID uuid.UUID // of the result
}

// signIn refreshes what is known of an account that has an owner.
func (a *action) signIn(how drift) {
	u, address := a.person, a.facts.address.id
	a.who, a.identityID = u.ID, a.identity.id
	if a.tenant.ReadOnly() {
		a.record(event.ThirdPartySignin, u)
		return
	}
	if how != steady {
		a.work.Do(u.Touch())
	}
	switch how {
	case claim, add:
		e := a.newEmail(u)
		if how == add {
			e.ID = uuid.Must(uuid.NewV7())
			a.work.Do(user.AddEmailTo(u.ID, e))
		} else {
			a.work.Do(user.ClaimEmail(u.ID, e))
		}
		address = e.ID
		u.Emails = append(u.Emails, e)
	case steady:
		address = uuid.Nil
	}
	a.work.Do(a.refresh(address))
	if address != uuid.Nil {
		for i := range u.Identities {
			if u.Identities[i].ID == a.identityID {
				u.Identities[i].EmailID = &address
			}
		}
	}
	a.describe(u)
	a.record(event.ThirdPartySignin, u)
	switch how {
	case claim:
		a.tell(event.UserUpdate, u)
	case add:
		a.tell(event.UserEmailCreate, u)
	}
}

// link adds the account to the person who has its address.
func (a *action) link() {
	u := a.person
	a.work.Do(u.Touch()) // her address is still hers, and verified
	a.replace()
	if domain := a.account.SAMLDomain; domain != "" {
		a.work.Do(dropOlder(u.ID, a.facts.address.id, domain))
	}
	a.create(u.ID, a.facts.address.id)
	a.describe(u)
	a.record(event.ThirdPartyLinking, u)
}

// connect keeps the account for the person who wants to add it, until she confirms in the flow that she asked in. Until then it says nothing
// about her, so her name and picture stay.
func (a *action) connect() {
	u := a.person
	a.replace()
	emailID := uuid.Nil
	for _, e := range u.Emails {
		if e.Address == a.account.Claims.Email {
			emailID = e.ID
		}
	}
	a.create(uuid.Nil, emailID)
	a.who = u.ID
	a.record(event.ThirdPartyLinking, u)
}

// signUp makes a user of whoever has the account.
func (a *action) signUp() {
	u, c := user.New(uuid.Must(uuid.NewV7())), a.account.Claims
	u.Name, u.GivenName, u.FamilyName, u.Picture = c.Name, c.GivenName, c.FamilyName, picture(c.Picture)
	emailID := a.facts.address.id
	switch {
	case emailID != uuid.Nil:
		e := a.newEmail(u)
		a.work.Do(user.Create(u))
		a.work.Do(user.ClaimEmail(u.ID, e))
		withEmail := *u
		withEmail.Emails = []user.Email{e}
		u = &withEmail
	case c.Email != "":
		u.AddEmail(c.Email, c.EmailVerified)
		emailID = u.Emails[0].ID
		a.work.Do(user.Create(u))
	default:
		a.work.Do(user.Create(u))
	}
	a.replace()
	shown := a.create(u.ID, emailID)
	withIdentity := *u
	withIdentity.Identities = []user.Identity{shown}
	a.record(event.ThirdPartySignup, u)
	a.tell(event.UserCreate, &withIdentity)
}

// newEmail is the account's address as one of a person's. What is proven about it is what the provider says, whatever was known of a row that
// nobody owned.
func (a *action) newEmail(u *user.User) user.Email {
	at := now()
	return user.Email{
		ID: a.facts.address.id, Address: a.account.Claims.Email, IsVerified: a.account.Claims.EmailVerified, IsPrimary: len(u.Emails) == 0,
		CreatedAt: at, UpdatedAt: at,
	}
}

// replace removes an identity that waits for a confirmation: whoever comes with the account now counts.
func (a *action) replace() {
	pending := a.identity.id
	if pending == uuid.Nil {
		return
	}
	a.work.Do(func(ctx context.Context, tx *store.Tx) error {
		gone, err := tx.Identity.Delete().Where(entidentity.ID(pending), entidentity.UserIDIsNil()).Exec(ctx)
		if err == nil && gone == 0 {
			err = user.ErrOvertaken
		}
		if err != nil {
			return fmt.Errorf("replace a pending identity: %w", err)
		}
		return nil
	})
}

// create stores the identity; without an owner it waits for a confirmation.
func (a *action) create(owner, emailID uuid.UUID) user.Identity {
	at := now()
	made := user.Identity{
		ID: uuid.Must(uuid.NewV7()), ProviderID: a.account.Provider, Subject: a.account.Claims.Subject, CreatedAt: at, UpdatedAt: at,
	}
	if emailID != uuid.Nil {
		made.EmailID = &emailID
	}
	domain, claims := a.account.SAMLDomain, a.account.Claims.text()
	a.who, a.identityID = owner, made.ID
	a.work.Do(func(ctx context.Context, tx *store.Tx) error {
		row := tx.Identity.Create().SetID(made.ID).SetProviderID(made.ProviderID).SetSubject(made.Subject).SetNillableEmailID(made.EmailID).
			SetClaims(claims).SetCreatedAt(at).SetUpdatedAt(at)
		if owner != uuid.Nil {
			row.SetUserID(owner)
		}
		if domain != "" {
			row.SetSamlDomain(domain)
		}
		if err := row.Exec(ctx); err != nil {
			return fmt.Errorf("store an identity: %w", err)
		}
		return nil
	})
	return made
}

// refresh stores what the provider says now, and the address that the identity goes with from now on, where one is given.
func (a *action) refresh(emailID uuid.UUID) store.Write {
	id, owner, domain, claims := a.identity.id, a.identity.owner, a.account.SAMLDomain, a.account.Claims.text()
	return func(ctx context.Context, tx *store.Tx) error {
		row := tx.Identity.Update().Where(entidentity.ID(id), entidentity.UserID(owner)).SetClaims(claims)
		if emailID != uuid.Nil {
			row.SetEmailID(emailID)
		}
		if domain != "" {
			row.SetSamlDomain(domain)
		}
		changed, err := row.Save(ctx)
		if err == nil && changed == 0 {
			err = user.ErrOvertaken
		}
		if err != nil {
			return fmt.Errorf("refresh an identity: %w", err)
		}
		return nil
	}
}

// dropOlder keeps one SAML identity for an address and domain: the identity provider may call the same person by another name now.
func dropOlder(owner, emailID uuid.UUID, domain string) store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Identity.Delete().
			Where(entidentity.EmailID(emailID), entidentity.UserID(owner), entidentity.SamlDomain(domain)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("replace an older SAML identity: %w", err)
		}
		return nil
	}
}

// describe brings her name and picture up to date.
func (a *action) describe(u *user.User) {
	if d, changed := a.account.Claims.details(u); changed {
		a.work.Do(u.SetDetails(d))
	}
}

func (a *action) record(kind event.AuditType, u *user.User) {
	actor := event.Actor{UserID: u.ID, Email: u.PrimaryAddress()}
	a.work.Emit(event.Audit(a.tenant, a.client, kind, actor, nil, ""))
}

// tell shows the person to the tenant's back ends, without who asked: it was the provider's redirect. Spec: third-party §8.5.
func (a *action) tell(name event.Name, u *user.User) {
	if hook, ok := event.Webhook(a.tenant, name, u.ID, user.NewAdminView(a.tenant, u)); ok {
		a.work.Emit(hook)
	}
}

// now is the time as the databases keep it.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
