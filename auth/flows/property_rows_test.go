package flows_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/scope"
)

// rows are what is stored about a tenant's people, read behind the program's back.
type rows struct {
	people map[uuid.UUID]*person
	emails map[string]emailRow // by address
	// identities by provider and subject.
	identities map[string]identityRow
}

type identityRow struct{ id, owner uuid.UUID }

type emailRow struct {
	id, owner uuid.UUID
	verified  bool
}

// A person as she is stored.
type person struct {
	all      string // everything about her, as text
	username string
	primary  string
	emails   []string
	hash     string
	totp     uuid.UUID // the row's id
	sessions []uuid.UUID
	// credentials by their ids in base64url; true is a security key.
	credentials map[string]bool
}

func (p *person) hasPasskey() bool { return p.hasCredential(false) }

func (p *person) hasKey() bool { return p.hasCredential(true) }

func (p *person) hasCredential(mfaOnly bool) bool {
	for _, only := range p.credentials {
		if only == mfaOnly {
			return true
		}
	}
	return false
}

// readRows reads all of it, in an order that does not change.
func (w *walk) readRows(r *realm) rows {
	ctx := scope.With(w.Context(), scope.Tenant(r.shop.ID))
	db := w.env.App.Store.Reader()
	got := rows{people: map[uuid.UUID]*person{}, emails: map[string]emailRow{}, identities: map[string]identityRow{}}
	facts := map[uuid.UUID][]string{}
	of := func(id uuid.UUID) *person {
		require.NotNil(w, got.people[id], "a row of somebody unknown")
		return got.people[id]
	}
	for _, u := range all(ctx, w, db.User.Query().All) {
		p := &person{credentials: map[string]bool{}}
		if u.Username != nil {
			p.username = *u.Username
		}
		got.people[u.ID] = p
		metadata := text(u.UnsafeMetadata) + text(u.PublicMetadata) + text(u.PrivateMetadata)
		facts[u.ID] = append(facts[u.ID], fmt.Sprint("user ", p.username, metadata, u.BlockedAt))
	}
	for _, e := range all(ctx, w, db.Email.Query().All) {
		require.NotNil(w, e.UserID, "an address of nobody")
		p := of(*e.UserID)
		p.emails = append(p.emails, e.Address)
		if e.PrimaryOf != nil {
			require.Equal(w, *e.UserID, *e.PrimaryOf)
			p.primary = e.Address
		}
		got.emails[e.Address] = emailRow{e.ID, *e.UserID, e.IsVerified}
		facts[*e.UserID] = append(facts[*e.UserID], fmt.Sprint("email ", e.Address, e.IsVerified, e.PrimaryOf != nil))
	}
	for _, c := range all(ctx, w, db.PasswordCredential.Query().All) {
		of(c.UserID).hash = c.Hash
		facts[c.UserID] = append(facts[c.UserID], "password "+c.Hash)
	}
	for _, c := range all(ctx, w, db.TOTPSecret.Query().All) {
		of(c.UserID).totp = c.ID
		facts[c.UserID] = append(facts[c.UserID], fmt.Sprintf("totp %x %v", c.Secret, number(c.LastValidatedStep)))
	}
	for _, c := range all(ctx, w, db.WebauthnCredential.Query().All) {
		id := base64.RawURLEncoding.EncodeToString(c.CredentialID)
		of(c.UserID).credentials[id] = c.MfaOnly
		facts[c.UserID] = append(facts[c.UserID], fmt.Sprint("credential ", id, c.Name, c.SignCount, c.MfaOnly, c.LastUsedAt))
	}
	for _, c := range all(ctx, w, db.RecoveryCode.Query().All) {
		facts[c.UserID] = append(facts[c.UserID], fmt.Sprintf("recovery %x %v", c.Hash, c.UsedAt))
	}
	for _, d := range all(ctx, w, db.TrustedDevice.Query().All) {
		facts[d.UserID] = append(facts[d.UserID], fmt.Sprintf("device %x", d.TokenHash))
	}
	for _, i := range all(ctx, w, db.Identity.Query().All) {
		if i.UserID == nil {
			continue // it waits
		}
		got.identities[i.ProviderID+" "+i.Subject] = identityRow{i.ID, *i.UserID}
		facts[*i.UserID] = append(facts[*i.UserID], fmt.Sprint("identity ", i.ProviderID, i.Subject))
	}
	for _, s := range all(ctx, w, db.Session.Query().All) {
		of(s.UserID).sessions = append(of(s.UserID).sessions, s.ID)
		facts[s.UserID] = append(facts[s.UserID], fmt.Sprint("session ", s.ID))
	}
	for id, list := range facts {
		slices.Sort(list)
		got.people[id].all = strings.Join(list, "\n")
	}
	return got
}

func all[T any](ctx context.Context, w *walk, query func(context.Context) ([]T, error)) []T {
	list, err := query(ctx)
	require.NoError(w, err)
	return list
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func number(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// look reads the rows again, and checks what must hold of them at any time.
func (w *walk) look(r *realm) {
	r.rows = w.readRows(r)
	for id, before := range r.victim {
		require.NotNil(w, r.rows.people[id], "%s was deleted in %s", r.account(id).title, r.shop.Slug)
		require.Equal(w, before, r.rows.people[id].all, "%s in %s is as she was", r.account(id).title, r.shop.Slug)
	}
	for address, e := range r.rows.emails {
		if e.verified {
			require.NotEqual(w, nobodyAddress, address, "the address of a third party is verified in %s", r.shop.Slug)
			require.True(w, r.proven[address], "%s is verified in %s, but nobody proved it there", address, r.shop.Slug)
		}
	}
	for id, p := range r.rows.people {
		require.NotNil(w, r.account(id), "there is an account in %s that nobody registered: %s", r.shop.Slug, p.all)
		for _, s := range p.sessions {
			require.Equal(w, id, r.opened[s], "there is a session in %s of %s that no flow opened", r.shop.Slug, r.account(id).title)
		}
	}
}
