package flows_test

import (
	"encoding/json"
	"sort"
	"strings"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// enter is what the attacker enters into an input: what makes sense for whom she means to be, or anything she has. Nil leaves it out.
func (w *walk) enter(a *attempt, action, input string, sensible bool) any {
	if !sensible && action != "register_client_capabilities" && w.chance(6) {
		return pick(w, []any{nil, "", 7, true, json.RawMessage("null"), strings.Repeat("x", 300)})
	}
	switch input {
	case "webauthn_available":
		return w.chance(75)
	case "webauthn_platform_authenticator_available", "webauthn_conditional_mediation_available", "remember_me":
		return w.chance(50)
	case "email", "username", "identifier":
		return w.identifier(a, input, sensible)
	case "code":
		if clumsy := a.clumsy && a.letter != nil && a.letter.tries < 3; sensible && !clumsy && a.letter != nil && readable(a.letter.to) {
			return a.letter.code
		}
		if len(w.codes) > 0 && w.chance(80) {
			return pick(w, w.codes).code
		}
		return pick(w, []string{"000000", "123456", "", "12", "abcdef"})
	case "password":
		if word := w.wordOf(a); sensible && word != "" && w.chance(85) {
			return word
		}
		return pick(w, []string{leakedWord, "a word of mallory", "a word of nobody", "a new word", "wrong word"})
	case "new_password":
		return w.newWord(sensible)
	case "otp_code":
		return w.kit.otp(w, a, action, sensible)
	case "assertion_response":
		return w.kit.assertion(w, a, sensible)
	case "public_key":
		return w.kit.attestation(w, a, sensible)
	case "email_id", "passkey_id", "security_key_id", "session_id":
		return w.id(a, input, sensible)
	case "provider":
		return w.provider(sensible)
	case "redirect_to":
		if sensible || w.chance(50) {
			return testenv.AppPage
		}
		return pick(w, []string{"https://evil.example", "", "javascript:alert(1)"})
	case "token":
		return w.oneTimeToken(a, sensible)
	case "code_verifier":
		return w.codeVerifier(a, action, sensible)
	case "identity_id":
		return w.identityID(a, sensible)
	case "passkey_name":
		return "renamed"
	case "patch_metadata":
		return pick(w, []any{map[string]any{"n": 1}, map[string]any{"n": nil}, []int{1}, json.RawMessage("null"), "text"})
	}
	w.Fatalf("nobody knows what to enter into %s of %s", input, action)
	return nil
}

// wordOf is the password of whom she means to be, if the attacker knows it.
func (w *walk) wordOf(a *attempt) string {
	if a.who == nil || !a.who.mine && !a.who.known || a.in.rows.people[a.who.id] == nil {
		return ""
	}
	return w.words[a.in.rows.people[a.who.id].hash]
}

// newWord is a password to set. Most of them are the same, so that they are hashed less often.
func (w *walk) newWord(sensible bool) string {
	if sensible || w.chance(50) {
		return "a new word"
	}
	return pick(w, []string{"short", "", strings.Repeat("ä", 40)})
}

// identifier of whom she means to be, or of anybody.
func (w *walk) identifier(a *attempt, input string, sensible bool) any {
	email, name := a.mail, a.called
	if a.who != nil && action(a) != "email_create" && action(a) != "email_address_set" {
		email, name = a.who.email, a.who.username
		if p := a.in.rows.people[a.who.id]; p != nil && a.who.mine {
			email, name = p.primary, p.username
		}
	}
	if !sensible {
		email = pick(w, append(mailboxes(), victimAddress, leakedAddress, nobodyAddress, "no address", " M0@Attack.example "))
		name = pick(w, []string{"victim", "leaked", "mallory", "mail_only", "no_address", "Eve ", "not a name", "e"})
	}
	switch {
	case input == "email", input == "identifier" && email != "" && (name == "" || w.chance(70)):
		return email
	case name == "":
		return a.called
	}
	return name
}

// action is what the conversation is about: in a profile, an address or a name is a new one.
func action(a *attempt) string {
	if a.name == "profile" {
		return "email_create"
	}
	if a.state.Name == "onboarding_email" || a.state.Name == "onboarding_username" {
		return "email_address_set"
	}
	return a.state.Name
}

// id is one that stands in the profile that is shown, or any that there is.
func (w *walk) id(a *attempt, input string, sensible bool) any {
	own := a.in.rows.people[a.profile]
	var ids []string
	for _, r := range w.realms {
		for _, e := range r.rows.emails {
			if input == "email_id" && (!sensible || r == a.in && e.owner == a.profile) {
				ids = append(ids, e.id.String())
			}
		}
		for _, p := range r.rows.people {
			for _, s := range p.sessions {
				if input == "session_id" && (!sensible || p == own) {
					ids = append(ids, s.String())
				}
			}
			for c, mfaOnly := range p.credentials {
				if (input == "passkey_id" || input == "security_key_id") && (!sensible || p == own && mfaOnly == (input == "security_key_id")) {
					ids = append(ids, c)
				}
			}
		}
	}
	if len(ids) == 0 {
		return "00000000-0000-0000-0000-000000000000"
	}
	sort.Strings(ids) // ids are made in the order of the rows
	return pick(w, ids)
}
