package flows_test

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/flows"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// welcome notes whose session a success opened.
func (w *walk) welcome(a *attempt, s testenv.State) {
	var c arrival
	require.NoError(w, json.Unmarshal(s.Payload["claims"], &c))
	a.subject, a.methods = c.Subject, c.AMR
	a.in.opened[c.SessionID] = c.Subject
	if a.name == "registration" && !a.ext() && a.last.action != "exchange_token" {
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
	switch {
	case a.name == "login", a.name == flows.TokenExchange:
		want = w.loginProven(a, a.subject)
	case a.ext():
		want = append(slices.Clone(a.set), w.loginProven(a, a.subject)...)
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
	c := a.in.config.MFA
	if c.Enabled && a.first.kind != "passkey" && (!a.ext() || c.ThirdParty) && a.first.factors[who] {
		require.True(w, w.trusts(a, who), "%s: no second factor of %s, and the device is not trusted", a, a.in.account(who).title)
		w.seen.mark("trusted device")
	}
	return methods
}

// complete checks that the account has all that the tenant insists on.
func (w *walk) complete(a *attempt, row *person, who uuid.UUID) {
	c := a.in.config
	if a.ext() {
		w.completeThroughThirdParty(a, who)
		return
	}
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
		require.False(w, a.name == "login" && !a.ext() && c.DeviceTrustPolicy == "always", "%s: every device is trusted", a)
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
