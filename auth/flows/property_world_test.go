package flows_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// settings are configurations that lead to different conversations. Each is a JSON merge patch over the defaults.
func settings() []setting {
	return []setting{
		{"defaults", `{}`},
		{"existence hints", `{"privacy": {"show_account_existence_hints": true}, "mfa": {"device_trust_policy": "always"}}`},
		{"actual methods", `{"privacy": {"only_show_actual_login_methods": true}}`},
		{"names", `{"username": {"enabled": true, "optional": false}, "email": {"use_as_login_identifier": false, "optional": true},
			"mfa": {"acquire_on_login": true, "recovery_codes": {"enabled": true}}}`},
		{"either identifier", `{"username": {"enabled": true}, "email": {"optional": true}, "password": {"optional": true},
			"mfa": {"recovery_codes": {"enabled": true}}}`},
		{"unverified", `{"email": {"require_verification": false}, "username": {"enabled": true}, "account": {"allow_deletion": true},
			"password": {"acquire_on_registration": "conditional", "optional": true}, "passkey": {"acquire_on_registration": "conditional"}}`},
		{"second factor for all", `{"mfa": {"optional": false, "acquire_on_login": true, "recovery_codes": {"enabled": true}}}`},
		{"keys for all", `{"mfa": {"optional": false, "acquire_on_login": true, "totp": {"enabled": false}},
			"password": {"acquire_on_registration": "never"}}`},
		{"trusted devices", `{"mfa": {"device_trust_policy": "always", "recovery_codes": {"enabled": true}},
			"session": {"cookie": {"retention": "prompt"}}, "password": {"acquire_on_login": "always"}}`},
		{"codes only", `{"password": {"enabled": false}, "email": {"passcode_charset": "alphanumeric"}, "username": {"enabled": true}}`},
		{"one of two", `{"password": {"acquire_on_registration": "conditional", "acquire_on_login": "conditional", "optional": true},
			"passkey": {"acquire_on_registration": "conditional", "acquire_on_login": "conditional"}, "account": {"allow_deletion": true},
			"username": {"enabled": true}, "email": {"optional": true}}`},
		{"whatever is missing", `{"password": {"acquire_on_login": "always", "optional": true}, "username": {"enabled": true},
			"email": {"optional": true}, "mfa": {"acquire_on_login": true}}`},
		{"no second factors", `{"mfa": {"enabled": false}, "passkey": {"optional": false}, "session": {"limit": 2}}`},
		{"providers", `{` + testenv.ThirdParty + `, ` + unaskedToo + `, "username": {"enabled": true}, "email": {"optional": true}}`},
		{"providers and second factors", `{` + testenv.ThirdParty + `, ` + unaskedToo + `, "mfa": {"third_party": true, "acquire_on_login": true}, "account": {"allow_deletion": true}}`},
		{"passwords only", `{"email": {"use_for_authentication": false}, "passkey": {"enabled": false},
			"mfa": {"security_keys": {"enabled": false}}}`},
	}
}

// unaskedToo lets identity providers send people by themselves, who then redeem their tokens in a flow for that.
const unaskedToo = `"saml": {"enabled": true, "audience_uri": "https://shop.example"}`

type setting struct{ name, patch string }

// A realm is a tenant as the one who made it knows it.
type realm struct {
	shop    *testenv.Tenant
	setting string
	config  *config.Config
	origin  string

	people []*account
	rows   rows                    // as last seen
	victim map[uuid.UUID]string    // the rows of those who must not change, as they were at first
	proven map[string]bool         // addresses whose codes came back, or that were verified from the start
	opened map[uuid.UUID]uuid.UUID // sessions, and whose they are
	tokens []string                // of trusted devices, that the attacker got
}

// An account is one that exists from the start, or that the attacker registered.
type account struct {
	id                        uuid.UUID
	title                     string // for the conversation
	mine                      bool   // the attacker's
	email, username, password string
	known                     bool // the attacker knows the password, though it is not her account
	passkey, key, app         bool // what she has from the start, where the tenant allows it
}

// The people of each tenant. The same addresses are in both: what is proven to one is nothing to the other.
const (
	victimAddress = "victim@people.example"
	leakedAddress = "leaked@people.example" // her password is known to the attacker, her second factor is not
	nobodyAddress = "nobody@people.example"
	leakedWord    = "known to the attacker"
	victimWord    = "known to the victim alone"
)

// mailboxes are those that the attacker can read. The first six have accounts.
func mailboxes() []string {
	list := make([]string, 11)
	for i := range list {
		list[i] = fmt.Sprintf("m%d@attack.example", i)
	}
	return list
}

func readable(address string) bool { return strings.HasSuffix(address, "@attack.example") }

// newRealm makes a tenant and its people.
func (w *walk) newRealm(slug string, s setting) *realm {
	shop := w.env.Tenant(w, slug, s.patch)
	compiled, err := w.env.App.Registry.ByID(w.Context(), shop.ID)
	require.NoError(w, err)
	r := &realm{
		shop: shop, setting: s.name, config: compiled.Config, origin: compiled.Config.WebAuthn.RelyingParty.Origins[0],
		victim: map[uuid.UUID]string{}, proven: map[string]bool{}, opened: map[uuid.UUID]uuid.UUID{},
	}
	named := r.config.Username.Enabled
	name := func(s string) string {
		if !named {
			return ""
		}
		return s
	}
	box := mailboxes()
	w.people(r, []*account{
		{title: "victim", email: victimAddress, username: name("victim"), password: victimWord, passkey: true, app: true},
		{title: "mallory", mine: true, email: box[0], username: name("mallory"), password: "a word of mallory", passkey: true},
		{title: "mail only", mine: true, email: box[1]},
		{title: "unverified", mine: true, email: box[2], password: "a word of unverified"},
		{title: "two factors", mine: true, email: box[3], password: "a word of two factors", app: true, key: true},
		{title: "an app", mine: true, email: box[4], password: "a word of an app", app: true},
		{title: "a key", mine: true, email: box[5], key: true},
	})
	if r.config.MFA.Enabled {
		byApp := r.config.MFA.TOTP.Enabled && (!r.config.MFA.SecurityKeys.Enabled || w.chance(50))
		w.people(r, []*account{
			{title: "leaked", email: leakedAddress, username: name("leaked"), password: leakedWord, known: true, app: byApp, key: !byApp},
		})
	}
	if named {
		w.people(r, []*account{
			{title: "no address", mine: true, username: "no_address", password: "a word of nobody"},
			{title: "a passkey", mine: true, username: "a_passkey", passkey: true},
		})
	}
	w.arm(r)
	r.rows = w.readRows(r)
	for _, a := range r.people {
		if !a.mine {
			r.victim[a.id] = r.rows.people[a.id].all
		}
	}
	for address, e := range r.rows.emails {
		r.proven[address] = e.verified
	}
	return r
}

// people makes accounts.
func (w *walk) people(r *realm, list []*account) {
	for _, a := range list {
		p := r.shop.Person(w, testenv.NewPerson{
			Email: a.email, Username: a.username, Password: a.password, Unverified: a.title == "unverified",
		})
		a.id = p.ID
		r.people = append(r.people, a)
		w.words[p.PasswordHash(w)] = a.password
		w.equip(r, a, p)
	}
}

// arm gives people what an account has beside a name and a password: sessions of the victims, which are nobody else's, and metadata.
func (w *walk) arm(r *realm) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	require.NoError(w, r.shop.Change(w, func(ctx context.Context, tx *store.Tx) error {
		for _, a := range r.people {
			if a.mine {
				continue
			}
			id := uuid.Must(uuid.NewV7())
			err := tx.Session.Create().SetID(id).SetUserID(a.id).SetExpiresAt(now.Add(time.Hour)).SetLastUsedAt(now).Exec(ctx)
			if err != nil {
				return err
			}
			r.opened[id] = a.id
			if err := tx.User.UpdateOneID(a.id).SetUnsafeMetadata(`{"of":"the victim"}`).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	}))
}

// account of an id.
func (r *realm) account(id uuid.UUID) *account {
	for _, a := range r.people {
		if a.id == id {
			return a
		}
	}
	return nil
}
