package flows_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"sort"
	"strings"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/flows"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// A oneTime is a one-time token that the attacker came back with from a provider, and what it is good for.
type oneTime struct {
	in       *realm
	value    string
	flow     string // the id of the flow that asked
	verifier string
	provider string
	account  testenv.PartyAccount
	link     uuid.UUID // in a profile: who asked to add the account
	used     bool
	expired  bool
}

// ext says whether a third party signed her in.
func (a *attempt) ext() bool { return a.first != nil && strings.HasPrefix(a.first.kind, "ext:") }

func (w *walk) provider(sensible bool) string {
	if sensible || w.chance(60) {
		return pick(w, []string{"google", "google", "custom_acme"})
	}
	return pick(w, []string{"facebook", "", "acme"})
}

// codeVerifier is one for the start, or that of the start.
func (w *walk) codeVerifier(a *attempt, action string, sensible bool) any {
	switch {
	case action != "exchange_token":
		return pick(w, []string{"", testenv.Verifier, "another verifier"})
	case sensible && a.token != nil:
		return a.token.verifier
	}
	return pick(w, []string{"", testenv.Verifier, "another verifier"})
}

// noteDeparture keeps where a provider waits.
func (w *walk) noteDeparture(a *attempt, q request, s testenv.State) {
	var at string
	require.NoError(w, json.Unmarshal(s.Payload["redirect_url"], &at))
	u, err := url.Parse(at)
	require.NoError(w, err)
	a.away, a.token = u, nil
	a.verifier, _ = q.data["code_verifier"].(string)
}

// oneTimeToken is the one that she came back with in this conversation; the first time, she goes there for it. Or any that she ever had.
func (w *walk) oneTimeToken(a *attempt, sensible bool) any {
	if sensible && (a.token == nil || a.token.used || a.token.expired) {
		switch {
		case a.name == flows.TokenExchange:
			w.unasked(a)
		case a.away != nil:
			w.visit(a)
		}
	}
	switch {
	case sensible && a.token != nil:
		return a.token.value
	case len(w.tokens) > 0 && w.chance(80):
		return pick(w, w.tokens).value
	}
	return pick(w, []string{"nonsense", ""})
}

// visit has the attacker sign in at a provider, with an account of hers, and come back. Providers are honest: they verify what they say they
// have. Whatever comes of it, it makes nobody else's account hers.
func (w *walk) visit(a *attempt) {
	r, provider := a.in, a.away.Query().Get("provider")
	account := w.consents()
	query := w.env.Consent(w, a.away, account)
	if w.chance(5) && len(w.attempts) > 1 { // with the state of another conversation
		if other := pick(w, w.attempts); other.away != nil && other != a {
			query.Set("state", other.away.Query().Get("state"))
		}
	}
	res := a.flow.Client.Get(w, "/thirdparty/callback?"+query.Encode())
	require.Equal(w, http.StatusTemporaryRedirect, res.Status)
	to, err := url.Parse(res.Header.Get("Location"))
	require.NoError(w, err)
	w.meetNewPeople(r, account)
	token, code := to.Query().Get("hanko_token"), to.Query().Get("error")
	w.tell("%s: comes back from %s as %s %s (verified: %t) -> %s%s", a, provider, account.Subject, account.Email, account.EmailVerified, code, token)
	if token == "" {
		w.seen.mark("refused by a provider")
		w.look(r)
		return
	}
	if query.Get("state") != a.away.Query().Get("state") { // it is for the other one
		w.look(r)
		return
	}
	a.token = &oneTime{in: r, value: token, flow: a.id, verifier: a.verifier, provider: provider, account: account, link: a.profile}
	w.tokens = append(w.tokens, a.token)
	w.look(r)
}

// consents is what a provider tells of the attacker.
func (w *walk) consents() testenv.PartyAccount {
	account := testenv.PartyAccount{Subject: pick(w, []string{"s0", "s1", "s2", "s3"}), Name: "As told"}
	account.Email = pick(w, append(mailboxes(), victimAddress, leakedAddress, nobodyAddress, ""))
	account.EmailVerified = readable(account.Email) && w.chance(60)
	return account
}

// meetNewPeople notes an account that a callback made, and an address that a provider vouched for.
func (w *walk) meetNewPeople(r *realm, told testenv.PartyAccount) {
	if told.EmailVerified {
		r.proven[told.Email] = true
	}
	for id := range w.readRows(r).people {
		if r.account(id) == nil {
			require.True(w, r.config.Account.AllowSignup)
			r.people = append(r.people, &account{id: id, title: "signed up " + id.String()[24:], mine: true})
			w.seen.mark("signed up by a provider")
		}
	}
}

// badToken says whether an answer refuses a one-time token as clients know it.
func badToken(q request, s testenv.State) bool {
	return q.action == "exchange_token" && s.Status == http.StatusInternalServerError && s.Refusal() == "technical_error"
}

// refusedToken checks that there was a reason.
func (w *walk) refusedToken(a *attempt, q request) {
	for _, k := range w.tokens {
		if k == a.token && k.value == q.data["token"] && k.in == a.in && a.takes(k) && !k.used && !k.expired {
			gone := a.in.rows.identities[k.provider+" "+k.account.Subject].id == uuid.Nil
			w.look(a.in)
			gone = gone || a.in.rows.identities[k.provider+" "+k.account.Subject].id == uuid.Nil
			require.True(w, gone, "%s: her own token is refused", a)
		}
	}
	w.seen.mark("refused one-time token")
}

// noteExchange checks a token that was taken: it is of this very conversation, was not used before, and came with its verifier.
func (w *walk) noteExchange(a *attempt, q request, cookie string) {
	var k *oneTime
	for _, one := range w.tokens {
		if one.value == q.data["token"] {
			k = one
		}
	}
	require.NotNil(w, k, "%s: a token is taken that nobody got", a)
	require.False(w, k.used, "%s: a token is taken twice", a)
	require.False(w, k.expired, "%s: an expired token is taken", a)
	require.Equal(w, a.in, k.in, "%s: a token of another tenant is taken", a)
	require.True(w, a.takes(k), "%s: a token of another conversation is taken", a)
	verifier, _ := q.data["code_verifier"].(string)
	require.True(w, k.verifier == "" || k.verifier == verifier, "%s: a token is taken without its verifier", a)
	k.used = true
	w.look(a.in)
	owner := a.in.rows.identities[k.provider+" "+k.account.Subject].owner
	if a.name == "profile" {
		require.Equal(w, a.profile, k.link, "%s: somebody else asked for the account", a)
		require.Equal(w, a.profile, owner)
		w.seen.mark("account added through %s", k.provider)
		return
	}
	require.Equal(w, uuid.Nil, k.link, "%s: the account was to be added, not to sign in", a)
	a.prove(w, "ext:"+k.provider, "", map[uuid.UUID]bool{owner: true}, cookie)
	a.aim("email_verification", k.account.Email)
}

// completeThroughThirdParty checks what a tenant insists on where the provider vouched for her.
func (w *walk) completeThroughThirdParty(a *attempt, who uuid.UUID) {
	if a.token == nil || !a.token.used || !a.in.config.Email.RequireVerification {
		return
	}
	if e, ok := a.in.rows.emails[a.token.account.Email]; ok && e.owner == who {
		require.True(w, e.verified, "%s: the address that came with the account is not verified", a)
	}
}

// identityID is one of the person's, or any.
func (w *walk) identityID(a *attempt, sensible bool) any {
	var ids []string
	for _, r := range w.realms {
		for _, i := range r.rows.identities {
			if !sensible || r == a.in && i.owner == a.profile {
				ids = append(ids, i.id.String())
			}
		}
	}
	if len(ids) == 0 {
		return uuid.Nil.String()
	}
	sort.Strings(ids)
	return pick(w, ids)
}
