package hankodb

import "github.com/latchkeep/latchkeep/auth/transfer"

// read counts a person and what hangs on her.
func (o *Outcome) read(p *person) {
	for kind, n := range p.parts() {
		o.count(kind).Read += n
	}
}

// refuse counts a person who is left out with all that hangs on her.
func (o *Outcome) refuse(p *person) {
	for kind, n := range p.parts() {
		o.count(kind).Refused += n
	}
}

// parts are how many rows of each kind a person has.
func (p *person) parts() map[string]int {
	return map[string]int{
		Users: 1, Emails: len(p.emails), Usernames: len(p.usernames), Passwords: len(p.passwords), Credentials: len(p.credentials),
		Apps: len(p.apps), Identities: len(p.identities), Metadata: len(p.metadata),
	}
}

// settled counts what became of a person and what hangs on her.
func (o *Outcome) settled(p *person, a *transfer.Account, status transfer.Status) {
	switch status {
	case transfer.Rejected:
		o.refuse(p)
		return
	case transfer.Exists:
		for kind, n := range p.parts() {
			o.count(kind).Present += n
		}
		return
	}
	kept := map[string]int{Users: 1, Emails: len(a.Emails), Credentials: len(a.Credentials), Identities: len(a.Identities), Metadata: len(p.metadata)}
	if a.Username != nil {
		kept[Usernames] = 1
	}
	if a.Password != nil {
		kept[Passwords] = 1
	}
	if a.TOTP != nil {
		kept[Apps] = 1
	}
	for kind, n := range p.parts() {
		o.count(kind).Imported += kept[kind]
		o.count(kind).Refused += n - kept[kind]
	}
}
