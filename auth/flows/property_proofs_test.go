package flows_test

import (
	"strings"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// note keeps what a step that was taken proved, and checks that it is a proof.
func (w *walk) note(a *attempt, q request, s testenv.State, cookie string) {
	if s.Status != 200 && (s.Status != 429 || s.Name == q.from) {
		wrong := s.InputErrors()["code"] == "passcode_invalid" || s.Refusal() == "passcode_max_attempts_reached"
		if q.action == "verify_passcode" && a.letter != nil && wrong {
			a.letter.tries++
		}
		if s.Refusal() == "passcode_max_attempts_reached" || s.Refusal() == "passkey_invalid" {
			w.seen.mark("%s", s.Refusal())
		}
		w.kit.keep(w, a, q, s)
		return
	}
	r := a.in
	switch q.action {
	case "register_client_capabilities":
		a.webauthn = q.data["webauthn_available"] == true
	case "continue_with_login_identifier":
		a.aim("login", w.addressOf(r, q.data))
	case "continue_to_passcode_confirmation":
		a.aim("login", a.address)
	case "continue_to_passcode_confirmation_recovery":
		a.aim("recovery", a.address)
	case "register_login_identifier", "email_create", "email_address_set":
		a.aim("email_verification", normal(q.data["email"]))
	case "email_verify":
		a.aim("email_verification", w.addressOfID(r, q.data["email_id"]))
	case "verify_passcode":
		w.noteCode(a, q, cookie)
	case "password_login":
		a.prove(w, "pwd", "", w.ownersOf(r, q.data["password"]), cookie)
	case "password_recovery":
		w.learn(r, q.data["new_password"])
	case "register_password":
		a.set = add(a.set, "pwd")
		a.word, _ = q.data["new_password"].(string)
		if a.name == "login" {
			w.learn(r, a.word)
		}
	case "password_create", "password_update":
		w.learn(r, q.data["password"])
	case "otp_code_validate":
		code, _ := q.data["otp_code"].(string)
		a.second = &proof{kind: "totp", whose: w.kit.owners(w, r, code)}
	case "otp_code_verify":
		w.noteApp(a, q)
	case "webauthn_verify_assertion_response":
		w.noteAssertion(a, q, cookie)
	case "webauthn_verify_attestation_response":
		w.noteAttestation(a, q)
	case "trust_device":
		a.trusting = true
	case "thirdparty_oauth", "connect_thirdparty_oauth_provider":
		w.noteDeparture(a, q, s)
	case "exchange_token":
		w.noteExchange(a, q, cookie)
	case "back":
		if a.name != "profile" && w.chance(40) {
			a.who = pick(w, r.people) // means to be somebody else from now on
		}
		w.seen.mark("back to %s", s.Name)
	}
	if !quiet(q.action) {
		w.look(r)
	}
	w.kit.keep(w, a, q, s)
}

// quiet says of an action that it stores nothing about people. The rows are read again soon enough.
func quiet(action string) bool {
	switch action {
	case "register_client_capabilities", "remember_me", "back", "resend_passcode", "continue_with_login_identifier",
		"register_login_identifier", "thirdparty_oauth", "connect_thirdparty_oauth_provider":
		return true
	}
	return strings.HasPrefix(action, "continue_to_") || strings.HasPrefix(action, "webauthn_generate_")
}

// aim says for what, and where to, a code would be mailed from now on.
func (a *attempt) aim(purpose, address string) { a.purpose, a.address = purpose, address }

func normal(v any) string {
	s, _ := v.(string)
	return strings.ToLower(strings.TrimSpace(s))
}

// addressOf is the address of whom an identifier names.
func (w *walk) addressOf(r *realm, data testenv.Inputs) string {
	for _, value := range data {
		typed := normal(value)
		if strings.Contains(typed, "@") {
			return typed
		}
		for _, p := range r.rows.people {
			if p.username != "" && p.username == typed {
				return p.primary
			}
		}
	}
	return ""
}

func (w *walk) addressOfID(r *realm, id any) string {
	for address, e := range r.rows.emails {
		if e.id.String() == id {
			return address
		}
	}
	return ""
}

// prove notes the first factor of a login.
func (a *attempt) prove(w *walk, kind, purpose string, whose map[uuid.UUID]bool, cookie string) {
	a.first = &proof{kind: kind, purpose: purpose, whose: whose, factors: map[uuid.UUID]bool{}, cookie: cookie}
	for id, has := range a.in.factors() {
		a.first.factors[id] = has
	}
}

// factors says who has a second factor that the tenant asks for.
func (r *realm) factors() map[uuid.UUID]bool {
	c, who := r.config.MFA, map[uuid.UUID]bool{}
	for id, p := range r.rows.people {
		who[id] = c.TOTP.Enabled && p.totp != uuid.Nil || c.SecurityKeys.Enabled && p.hasKey()
	}
	return who
}

// noteCode checks that a code which was accepted is the last one that this very conversation mailed, for this purpose, to this address.
func (w *walk) noteCode(a *attempt, q request, cookie string) {
	l := a.letter
	require.NotNil(w, l, "%s: a code is accepted, and none was mailed", a)
	require.Equal(w, l.code, q.data["code"], "%s: a code is accepted that is not the last one mailed", a)
	require.True(w, readable(l.to), "%s: the attacker guessed the code to %s", a, l.to)
	require.False(w, l.expired, "%s: an expired code is accepted", a)
	require.Less(w, l.tries, 3, "%s: a code is accepted after %d wrong ones", a, l.tries)
	require.Equal(w, a.purpose, l.template, "%s: a code of another purpose is accepted", a)
	require.Equal(w, a.address, l.to, "%s: the code of another address is accepted", a)
	a.in.proven[l.to] = true
	a.letter = nil
	w.seen.mark("code for %s in %s", l.template, a.name)
	whose := map[uuid.UUID]bool{}
	if e, ok := a.in.rows.emails[l.to]; ok {
		whose[e.owner] = true
	}
	switch {
	case a.name == "registration":
		a.set = add(a.set, "otp")
	case l.template == "login":
		a.prove(w, "otp", "login", whose, cookie)
	case l.template == "recovery":
		a.prove(w, "pwd", "recovery", whose, cookie)
	}
}

// ownersOf are those whose password it is.
func (w *walk) ownersOf(r *realm, word any) map[uuid.UUID]bool {
	whose := map[uuid.UUID]bool{}
	for id, p := range r.rows.people {
		if p.hash != "" && w.words[p.hash] == word {
			whose[id] = true
		}
	}
	return whose
}

// learn notes which hash a password that was set has got.
func (w *walk) learn(r *realm, word any) {
	w.look(r)
	for _, p := range r.rows.people {
		if _, ok := w.words[p.hash]; p.hash != "" && !ok {
			w.words[p.hash], _ = word.(string)
		}
	}
}

// arrival is what a success tells.
type arrival struct {
	Subject   uuid.UUID `json:"subject"`
	SessionID uuid.UUID `json:"session_id"`
	AMR       []string  `json:"amr"`
}
