package transfer

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/email"
	"github.com/latchkeep/latchkeep/ent/identity"
	entuser "github.com/latchkeep/latchkeep/ent/user"
	"github.com/latchkeep/latchkeep/ent/webauthncredential"
)

// maxList is the most values of one statement that looks for conflicts.
const maxList = 1000

// taken is what is unique in a tenant and has an owner: in the database, or among the accounts of the batch so far.
type taken struct {
	ids         map[uuid.UUID]bool // users of the tenant
	addresses   map[string]bool
	usernames   map[string]bool
	credentials map[string]bool      // by hash
	handles     map[string]uuid.UUID // user handle to user
	identities  map[string]bool      // by provider and subject
}

func nothing() *taken {
	return &taken{
		ids: map[uuid.UUID]bool{}, addresses: map[string]bool{}, usernames: map[string]bool{}, credentials: map[string]bool{},
		handles: map[string]uuid.UUID{}, identities: map[string]bool{},
	}
}

// judge says of each account whether it can be written.
func (b *batch) judge(known *taken) []Outcome {
	outcomes := make([]Outcome, len(b.accounts))
	for i := range b.accounts {
		a := &b.accounts[i]
		outcomes[i] = Outcome{Status: Written, UserID: a.ID}
		if known.ids[a.ID] && b.keep {
			outcomes[i].Status = Exists
			continue
		}
		owner, given := b.elsewhere[a.ID]
		if known.ids[a.ID] || given && owner != b.tenant {
			outcomes[i] = Outcome{Status: Rejected, UserID: a.ID, Code: CodeUserExists, Field: "user_id"}
			continue
		}
		if code, field := known.conflict(a); code != "" {
			outcomes[i] = Outcome{Status: Rejected, UserID: a.ID, Code: code, Field: field}
			continue
		}
		known.add(a)
	}
	return outcomes
}

// conflict is the first conflict of an account with those before it: its code, and where it is.
func (k *taken) conflict(a *Account) (code, field string) {
	own := map[string]bool{}
	for i, e := range a.Emails {
		if k.addresses[e.Address] || own["e"+e.Address] {
			return CodeEmailExists, fmt.Sprintf("emails[%d].address", i)
		}
		own["e"+e.Address] = true
	}
	if a.Username != nil && k.usernames[a.Username.Name] {
		return CodeUsernameExists, "username"
	}
	for i := range a.Credentials {
		c := &a.Credentials[i]
		key := string(hash(c.CredentialID))
		if k.credentials[key] || own["c"+key] {
			return CodeCredentialExists, fmt.Sprintf("webauthn_credentials[%d].id", i)
		}
		own["c"+key] = true
		if owner, ok := k.handles[string(c.UserHandle)]; ok && owner != a.ID {
			return CodeHandleExists, fmt.Sprintf("webauthn_credentials[%d].user_handle", i)
		}
	}
	for i, id := range a.Identities {
		key := identityKey(id.ProviderID, id.Subject)
		if k.identities[key] || own["i"+key] {
			return CodeIdentityExists, fmt.Sprintf("identities[%d]", i)
		}
		own["i"+key] = true
	}
	return "", ""
}

// add notes what an account takes.
func (k *taken) add(a *Account) {
	k.ids[a.ID] = true
	for _, e := range a.Emails {
		k.addresses[e.Address] = true
	}
	if a.Username != nil {
		k.usernames[a.Username.Name] = true
	}
	for i := range a.Credentials {
		c := &a.Credentials[i]
		k.credentials[string(hash(c.CredentialID))] = true
		if len(c.UserHandle) > 0 {
			k.handles[string(c.UserHandle)] = a.ID
		}
	}
	for _, id := range a.Identities {
		k.identities[identityKey(id.ProviderID, id.Subject)] = true
	}
}

func identityKey(provider, subject string) string { return provider + "\x00" + subject }

// look reads which of what the batch would take has an owner: one statement for each kind that occurs.
func (b *batch) look(ctx context.Context, db *ent.Client) (*taken, error) {
	w, k := b.wanted(), nothing()
	for _, read := range []func(context.Context, *ent.Client, *wanted) error{k.lookUsers, k.lookCredentials, k.lookHandles, k.lookIdentities} {
		if err := read(ctx, db, w); err != nil {
			return nil, fmt.Errorf("look for conflicts: %w", err)
		}
	}
	return k, nil
}

// wanted is what the accounts of a batch would take.
type wanted struct {
	ids                  []uuid.UUID // those that were there before, in this tenant
	addresses, usernames []string
	hashes, handles      [][]byte
	subjects             map[string][]string // by provider
}

func (b *batch) wanted() *wanted {
	w := &wanted{subjects: map[string][]string{}}
	for i := range b.accounts {
		a := &b.accounts[i]
		w.ids = append(w.ids, a.ID)
		for _, e := range a.Emails {
			w.addresses = append(w.addresses, e.Address)
		}
		if a.Username != nil {
			w.usernames = append(w.usernames, a.Username.Name)
		}
		for j := range a.Credentials {
			c := &a.Credentials[j]
			w.hashes = append(w.hashes, hash(c.CredentialID))
			if len(c.UserHandle) > 0 {
				w.handles = append(w.handles, c.UserHandle)
			}
		}
		for _, id := range a.Identities {
			w.subjects[id.ProviderID] = append(w.subjects[id.ProviderID], id.Subject)
		}
	}
	return w
}

func (k *taken) lookUsers(ctx context.Context, db *ent.Client, w *wanted) error {
	for chunk := range slices.Chunk(w.ids, maxList) {
		found, err := db.User.Query().Where(entuser.IDIn(chunk...)).IDs(ctx)
		if err != nil {
			return err
		}
		for _, id := range found {
			k.ids[id] = true
		}
	}
	for chunk := range slices.Chunk(w.addresses, maxList) {
		found, err := db.Email.Query().Where(email.AddressIn(chunk...)).Select(email.FieldAddress).Strings(ctx)
		if err != nil {
			return err
		}
		for _, address := range found {
			k.addresses[address] = true
		}
	}
	for chunk := range slices.Chunk(w.usernames, maxList) {
		found, err := db.User.Query().Where(entuser.UsernameIn(chunk...)).Select(entuser.FieldUsername).Strings(ctx)
		if err != nil {
			return err
		}
		for _, name := range found {
			k.usernames[name] = true
		}
	}
	return nil
}

func (k *taken) lookCredentials(ctx context.Context, db *ent.Client, w *wanted) error {
	for chunk := range slices.Chunk(w.hashes, maxList) {
		found, err := db.WebauthnCredential.Query().Where(webauthncredential.CredentialHashIn(chunk...)).
			Select(webauthncredential.FieldCredentialHash).All(ctx)
		if err != nil {
			return err
		}
		for _, c := range found {
			k.credentials[string(c.CredentialHash)] = true
		}
	}
	return nil
}

func (k *taken) lookHandles(ctx context.Context, db *ent.Client, w *wanted) error {
	for chunk := range slices.Chunk(w.handles, maxList) {
		found, err := db.WebauthnCredential.Query().Where(webauthncredential.UserHandleIn(chunk...)).
			Select(webauthncredential.FieldUserHandle, webauthncredential.FieldUserID).All(ctx)
		if err != nil {
			return err
		}
		for _, c := range found {
			k.handles[string(*c.UserHandle)] = c.UserID
		}
	}
	return nil
}

func (k *taken) lookIdentities(ctx context.Context, db *ent.Client, w *wanted) error {
	for provider, subjects := range w.subjects {
		for chunk := range slices.Chunk(subjects, maxList) {
			found, err := db.Identity.Query().Where(identity.ProviderID(provider), identity.SubjectIn(chunk...)).
				Select(identity.FieldSubject).Strings(ctx)
			if err != nil {
				return err
			}
			for _, subject := range found {
				k.identities[identityKey(provider, subject)] = true
			}
		}
	}
	return nil
}
