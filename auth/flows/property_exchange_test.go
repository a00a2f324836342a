package flows_test

import (
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/auth/flows"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// beginExchange starts the flow for tokens that no flow asked for: in a browser that may have a session, and with nothing said about the browser.
func (w *walk) beginExchange(r *realm) {
	a := &attempt{number: w.begun, in: r, name: flows.TokenExchange, mail: pick(w, mailboxes()[6:]), called: pick(w, []string{"eve", "oscar", "trudy"})}
	w.begun++
	client := r.shop.Client()
	if len(w.sessions) > 0 && w.chance(40) {
		client = pick(w, w.sessions)
		a.in = w.realmOf(client)
	}
	if !a.in.config.SAML.Enabled {
		return
	}
	a.flow = &testenv.Flow{Client: client, Name: a.name}
	s := testenv.ReadState(w, client.Send(w, "POST", "/"+a.name, nil))
	w.tell("%s begins: %s %d %s", a, s.Name, s.Status, s.Refusal())
	require.Equal(w, 200, s.Status)
	require.Equal(w, "thirdparty", s.Name)
	a.state = s
	a.course.queue = w.tables[a.name].start
	_, a.id, _ = strings.Cut(s.Actions["exchange_token"].Href, "%40")
	w.attempts = append(w.attempts, a)
	w.eager = a
}

// unasked has the attacker sent to a tenant by a provider that nobody asked, with a token for whatever flow begins then.
func (w *walk) unasked(a *attempt) {
	r, provider := a.in, "google"
	told := w.consents()
	snapshot, err := w.env.App.Registry.ByID(w.Context(), r.shop.ID)
	require.NoError(w, err)
	token, err := w.env.App.Federation.SignIn(w.Context(), snapshot, testenv.IdP, federation.State{}, federation.Account{
		Provider: provider, Claims: told, AllowLinking: true,
	})
	w.tell("%s: is sent by %s as %s %s (verified: %t) -> %s %v", a, provider, told.Subject, told.Email, told.EmailVerified, token, err)
	w.meetNewPeople(r, told)
	if err == nil {
		a.token = &oneTime{in: r, value: token, provider: provider, account: told}
		w.tokens = append(w.tokens, a.token)
	}
	w.look(r)
}

// takes says whether the flow of a conversation is one that a token is for: the one that asked, or, where none did, one for such tokens.
func (a *attempt) takes(k *oneTime) bool {
	if k.flow == "" {
		return a.name == flows.TokenExchange
	}
	return a.id == k.flow
}
