package flows_test

import (
	"encoding/json"
	"slices"
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
		a.device = q.data["webauthn_platform_authenticator_available"] == true
	case "continue_with_login_identifier":
		a.aim("login", w.addressOf(r, q.data))
		a.named, a.owned = r.factors(), r.rows.emails
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
	case "register_client_capabilities", "remember_me", "back", "resend_passcode", "continue_with_login_identifier", "register_login_identifier":
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

// A login looks up once, when it is told whom it is about, what that person has: a second factor that she sets up afterwards is not asked for,
// and an address that she removes afterwards still signs her in. Without this exception the walks find both.
const looksUpOnce = true

// prove notes the first factor of a login.
func (a *attempt) prove(w *walk, kind, purpose string, whose map[uuid.UUID]bool, cookie string) {
	a.first = &proof{kind: kind, purpose: purpose, whose: whose, factors: map[uuid.UUID]bool{}, cookie: cookie}
	for id, has := range a.in.factors() {
		a.first.factors[id] = has && (a.named[id] || !looksUpOnce)
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
	if e, ok := a.owned[l.to]; ok && looksUpOnce {
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

// welcome notes whose session a success opened.
func (w *walk) welcome(a *attempt, s testenv.State) {
	var c arrival
	require.NoError(w, json.Unmarshal(s.Payload["claims"], &c))
	a.subject, a.methods = c.Subject, c.AMR
	a.in.opened[c.SessionID] = c.Subject
	if a.name == "registration" {
		require.Nil(w, a.in.account(c.Subject), "a registration makes an account")
		a.in.people = append(a.in.people, &account{id: c.Subject, title: "registered " + c.Subject.String()[24:], mine: true})
	}
}

// arrive checks a success: whoever got in proved, in this conversation, all that the tenant demands of that account.
func (w *walk) arrive(a *attempt, s testenv.State) {
	r := a.in
	w.learn(r, a.word)
	w.kit.learn(r, a)
	w.kit.replace(a, a.subject)
	who, row := r.account(a.subject), r.rows.people[a.subject]
	require.NotNil(w, who, "a session of nobody")
	require.NotNil(w, row, "a session of somebody deleted")
	require.True(w, who.mine, "%s: the attacker has a session of %s", a, who.title)
	want := a.set
	if a.name == "login" {
		want = w.loginProven(a, a.subject)
	}
	require.Equal(w, sorted(want), sorted(a.methods), "%s: methods", a)
	w.complete(a, row, a.subject)
	client := a.flow.Client
	w.owner[client] = a.subject
	if !slices.Contains(w.sessions, client) {
		w.sessions = append(w.sessions, client)
	}
	w.granted(a, s, a.subject)
	if a.name == "login" && a.second != nil {
		w.seen.mark("second factor: %s", a.second.kind)
		w.again = client
	}
	w.seen.mark("success of %s by %s", a.name, strings.Join(a.methods, "+"))
	if w.chance(20) {
		w.useSession(a, s)
	}
}

func sorted(list []string) []string {
	list = append([]string{}, list...)
	slices.Sort(list)
	return list
}

// loginProven checks the factors of a login, and returns their names.
func (w *walk) loginProven(a *attempt, who uuid.UUID) []string {
	require.NotNil(w, a.first, "%s: success without a first factor", a)
	require.True(w, a.first.whose[who], "%s: what was proven is not of %s", a, a.in.account(who).title)
	methods := []string{a.first.kind}
	if a.second != nil {
		require.True(w, a.second.whose[who], "%s: the second factor is not of %s", a, a.in.account(who).title)
		return append(methods, a.second.kind)
	}
	if a.in.config.MFA.Enabled && a.first.kind != "passkey" && a.first.factors[who] {
		require.True(w, w.trusts(a, who), "%s: no second factor of %s, and the device is not trusted", a, a.in.account(who).title)
		w.seen.mark("trusted device")
	}
	return methods
}

// complete checks that the account has all that the tenant insists on.
func (w *walk) complete(a *attempt, row *person, who uuid.UUID) {
	c := a.in.config
	acquires := c.MFA.AcquireOnLogin
	if a.name == "registration" {
		acquires = c.MFA.AcquireOnRegistration
		if c.Password.Enabled && !c.Password.Optional && c.Password.AcquireOnRegistration == "always" {
			require.NotEmpty(w, row.hash, "%s: no password", a)
		}
		if c.Passkey.Enabled && !c.Passkey.Optional && c.Passkey.AcquireOnRegistration == "always" && a.webauthn {
			require.True(w, row.hasPasskey(), "%s: no passkey", a)
		}
		if c.Email.Enabled && c.Email.AcquireOnRegistration && !c.Email.Optional {
			require.NotEmpty(w, row.primary, "%s: no address", a)
		}
		if c.Username.Enabled && c.Username.AcquireOnRegistration && !c.Username.Optional {
			require.NotEmpty(w, row.username, "%s: no name", a)
		}
		if row.primary != "" && c.Email.RequireVerification {
			require.True(w, a.in.rows.emails[row.primary].verified, "%s: the address is not verified", a)
			require.Contains(w, a.set, "otp", "%s: the address was not proven here", a)
		}
	}
	byMail := c.Email.Enabled && c.Email.UseForAuthentication && row.primary != ""
	byPassword := c.Password.Enabled && row.hash != ""
	if c.MFA.Enabled && !c.MFA.Optional && acquires && (byMail || byPassword) {
		require.True(w, row.totp != uuid.Nil || row.hasKey(), "%s: no second factor, which %q insists on", a, a.in.setting)
	}
}

// useSession checks that the session is good for its tenant, and for no other.
func (w *walk) useSession(a *attempt, s testenv.State) {
	cookie := s.Response.Cookie("hanko")
	require.NotNil(w, cookie, "a success opens a session")
	for _, r := range w.realms {
		require.Equal(w, r == a.in, r.shop.Accepts(w, cookie.Value), "the session of %s at %s", a.in.shop.Slug, r.shop.Slug)
	}
}

// A trust was given to a browser.
type trust struct {
	realm uuid.UUID
	who   uuid.UUID
}

// granted notes which trust a browser is given, and checks that it was asked for.
func (w *walk) granted(a *attempt, s testenv.State, who uuid.UUID) {
	c := a.in.config.MFA
	cookie := s.Response.Cookie(c.DeviceTrustCookieName)
	if cookie == nil {
		require.False(w, a.name == "login" && c.DeviceTrustPolicy == "always", "%s: every device is trusted", a)
		return
	}
	require.Equal(w, "login", a.name)
	require.True(w, c.DeviceTrustPolicy == "always" || c.DeviceTrustPolicy == "prompt" && a.trusting, "%s: nobody asked to trust the device", a)
	for id, token := range trustEntries(cookie.Value) {
		if _, ok := w.trusted[token]; !ok {
			require.Equal(w, who.String(), id, "%s: trust for somebody else", a)
			w.trusted[token] = trust{a.in.shop.ID, who}
			a.in.tokens = append(a.in.tokens, token)
			for _, other := range w.realms {
				if other != a.in && w.chance(20) {
					other.tokens = append(other.tokens, token) // she tries it there, too
				}
			}
		}
	}
}

// trustEntries are the tokens of a cookie, by the ids of those who use the device. Spec: flow-login-registration §13.1.
func trustEntries(cookie string) map[string]string {
	entries := map[string]string{}
	for _, entry := range strings.Split(cookie, "|") {
		if id, token, ok := strings.Cut(entry, ":"); ok {
			entries[id] = token
		}
	}
	return entries
}

// trusts says whether the browser had trust for somebody when the first factor was proven.
func (w *walk) trusts(a *attempt, who uuid.UUID) bool {
	given, ok := w.trusted[trustEntries(a.first.cookie)[who.String()]]
	return ok && given == trust{a.in.shop.ID, who} && a.in.config.MFA.DeviceTrustPolicy != "never"
}
