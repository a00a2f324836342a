package hankodb

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/transfer"
	"github.com/latchkeep/latchkeep/auth/user"
	hashes "github.com/latchkeep/latchkeep/pkg/password"
	"github.com/latchkeep/latchkeep/pkg/totp"
)

// What our columns take at most, in characters.
const (
	maxName = 255
	// maxMetadata is how long each kind of metadata may be after a change.
	maxMetadata = 3000
)

// A converter makes accounts of the people of a tenant. Whatever does not fit is left out and told.
type converter struct {
	tenant uuid.UUID
	tell   func(Problem)
}

// account is what becomes of a person. What the account lacks of her was told and counts as refused.
func (c *converter) account(p *person) transfer.Account {
	a := transfer.Account{
		ID: p.id, Name: c.cut(p, "name", p.name), GivenName: c.cut(p, "given_name", p.givenName),
		FamilyName: c.cut(p, "family_name", p.familyName), Picture: p.picture, CreatedAt: p.created, UpdatedAt: or(p.updated, p.created),
	}
	addresses := c.emails(p, &a)
	c.username(p, &a)
	c.password(p, &a)
	c.app(p, &a)
	c.credentials(p, &a)
	c.identities(p, &a, addresses)
	c.metadata(p, &a)
	return a
}

func (c *converter) problem(p *person, table, id, reason string) {
	c.tell(Problem{Tenant: c.tenant, Table: table, ID: id, User: &p.id, Reason: reason})
}

func (c *converter) cut(p *person, column, value string) string {
	if short := shorten(value, maxName); short != value {
		c.problem(p, "users", p.raw, column+" is longer than 255 characters and was cut")
		return short
	}
	return value
}

// shorten keeps the first n characters.
func shorten(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n])
}

// emails returns where each address of hers went: the id under which it is kept.
func (c *converter) emails(p *person, a *transfer.Account) map[uuid.UUID]uuid.UUID {
	kept := map[uuid.UUID]uuid.UUID{}
	byAddress := map[string]int{}
	var since time.Time // when the primary address became that
	primary := -1
	for _, e := range p.emails {
		address, why := cleanAddress(e.address)
		if why != "" {
			c.problem(p, "emails", e.id.String(), why)
			continue
		}
		at, double := byAddress[address]
		if double {
			c.problem(p, "emails", e.id.String(), "she has the same address in other letters of case already; it was left out")
		} else {
			at = len(a.Emails)
			byAddress[address] = at
			a.Emails = append(a.Emails, user.Email{
				ID: e.id, Address: address, IsVerified: e.verified, CreatedAt: e.created, UpdatedAt: or(e.updated, e.created),
			})
		}
		kept[e.id] = a.Emails[at].ID
		switch {
		case e.primary.IsZero() || primary == at:
		case primary < 0:
			primary, since = at, e.primary
		case e.primary.Before(since):
			c.problem(p, "primary_emails", a.Emails[primary].ID.String(), "she has two primary addresses; the older one was kept")
			primary, since = at, e.primary
		default:
			c.problem(p, "primary_emails", e.id.String(), "she has two primary addresses; the older one was kept")
		}
	}
	if primary >= 0 {
		a.Emails[primary].IsPrimary = true
	}
	return kept
}

// cleanAddress is an address as it is kept, or why it cannot be.
func cleanAddress(address string) (clean, why string) {
	clean = strings.ToLower(strings.TrimSpace(address))
	switch {
	case clean == "":
		return "", "the address is empty; it was left out"
	case len(clean) > maxName:
		return "", "the address is longer than 255 bytes; it was left out"
	}
	return clean, ""
}

func (c *converter) username(p *person, a *transfer.Account) {
	for _, n := range p.usernames {
		name := strings.ToLower(strings.TrimSpace(n.name))
		switch {
		case name == "":
			c.problem(p, "usernames", n.id.String(), "the username is empty; it was left out")
			continue
		case len(name) > maxName:
			c.problem(p, "usernames", n.id.String(), "the username is longer than 255 bytes; it was left out")
			continue
		case a.Username != nil:
			c.problem(p, "usernames", n.id.String(), "she has another username already; it was left out")
			continue
		case name != n.name:
			c.problem(p, "usernames", n.id.String(), "the username was put in lower case and trimmed, as what is typed at a login is")
		}
		a.Username = &user.Username{ID: n.id, Name: name, CreatedAt: n.created, UpdatedAt: or(n.updated, n.created)}
	}
}

func (c *converter) password(p *person, a *transfer.Account) {
	for _, w := range p.passwords {
		switch {
		case a.Password != nil:
			c.problem(p, "password_credentials", w.id.String(), "she has another password already; it was left out")
		case hashes.FormatOf(w.hash) == hashes.Unknown:
			c.problem(p, "password_credentials", w.id.String(),
				"the hash is of no form that can be checked (bcrypt up to cost 16, Firebase scrypt within bounds, argon2id); it was left out")
		default:
			a.Password = &transfer.Password{ID: w.id, Hash: w.hash, CreatedAt: w.created, UpdatedAt: or(w.updated, w.created)}
		}
	}
}

func (c *converter) app(p *person, a *transfer.Account) {
	for _, s := range p.apps {
		switch {
		case a.TOTP != nil:
			c.problem(p, "otp_secrets", s.id.String(), "she has another authenticator app already; it was left out")
		case !totp.Valid(s.secret):
			c.problem(p, "otp_secrets", s.id.String(), "the secret is not base32; it was left out")
		default:
			a.TOTP = &transfer.TOTP{
				ID: s.id, Secret: s.secret, LastValidatedStep: s.step, CreatedAt: s.created, UpdatedAt: or(s.updated, s.created),
			}
		}
	}
}

// metadata are taken over whatever their length.
func (c *converter) metadata(p *person, a *transfer.Account) {
	if len(p.metadata) == 0 {
		return
	}
	m := p.metadata[0]
	for _, one := range []struct {
		column, given string
		into          *string
	}{
		{"public_metadata", m.public, &a.Metadata.Public},
		{"private_metadata", m.private, &a.Metadata.Private},
		{"unsafe_metadata", m.unsafe, &a.Metadata.Unsafe},
	} {
		compact, ok := compactObject(one.given)
		switch {
		case !ok:
			c.problem(p, "user_metadata", p.raw, one.column+" is no JSON object; it was left out")
		case compact == "{}":
		default:
			if utf8.RuneCountInString(compact) > maxMetadata {
				c.problem(p, "user_metadata", p.raw, one.column+" is longer than 3000 characters; it was kept, but a change has to make it shorter")
			}
			*one.into = compact
		}
	}
}

// compactObject is a JSON object without white space; {} for none.
func compactObject(given string) (string, bool) {
	given = strings.TrimSpace(given)
	if given == "" || given == "null" {
		return "{}", true
	}
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(given)); err != nil || b.Bytes()[0] != '{' {
		return "", false
	}
	return b.String(), true
}
