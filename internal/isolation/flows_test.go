package isolation_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/pkg/flow"
)

// TestFlows_GoOnAtTheirTenantAlone posts every action of every state to the shop, in conversations of the bank: stored ones and sealed ones.
func TestFlows_GoOnAtTheirTenantAlone(t *testing.T) {
	each(t, "flows of another tenant", func(t *testing.T, w *world) {
		begun := map[place][2]conversation{}
		for _, p := range w.actions() {
			begun[p] = [2]conversation{w.bank.stored(t, p, nil), w.bank.sealed(t, p, nil)}
			if p.action != "account_delete" { // who then would go on?
				w.goodAtHome(t, p)
			}
		}
		for p := range begun {
			for _, how := range []string{"stored", "sealed"} {
				if how == "stored" && p.state == "preflight" {
					continue // it is never stored: a browser that says what it can do is no person who acts
				}
				assert.Positive(t, w.taken[how+" "+p.flow+" at "+p.state], "%s: no %s conversation is taken where it belongs", p, how)
			}
		}
		w.bank.session = w.bank.kim.SignedIn(t, w.bank.Client(), 0)
		w.known = w.ledger(t)
		want := 0
		for p, c := range begun {
			want += w.elsewhere(t, p, c[0], c[1])
		}
		require.Equal(t, want, sum(w.checks), "checks were left out")
	})
}

// actions are all places in all flows.
func (w *world) actions() (found []place) {
	for _, d := range w.env.App.Flows.Describe() {
		for _, s := range d.States {
			for _, a := range s.Actions {
				found = append(found, place{flow: d.Name, state: s.Name, action: a.Name})
			}
		}
	}
	return found
}

// goodAtHome makes sure that such conversations are taken where they belong, or nothing would be shown by refusing them.
func (w *world) goodAtHome(t *testing.T, p place) {
	t.Helper()
	for how, c := range map[string]conversation{"stored": w.bank.stored(t, p, nil), "sealed": w.bank.sealed(t, p, nil)} {
		client := w.bank.Client()
		w.bank.kim.SignedIn(t, client, 0) // each sign-in may have ended the oldest session
		post := func(token string) string {
			return string(client.PostJSON(t, c.href(p), map[string]any{"input_data": map[string]any{}, "csrf_token": token}).Body)
		}
		unknown := post(c.token + "x")
		if post(c.token) != unknown {
			w.taken[how+" "+p.flow+" at "+p.state]++
		}
	}
}

// TestFlows_TakeNothingOfAnotherTenant enters the bank's things into every input of every action, in conversations of the shop.
func TestFlows_TakeNothingOfAnotherTenant(t *testing.T) {
	each(t, "inputs of flows", func(t *testing.T, w *world) {
		var entries []entry
		for _, d := range w.env.App.Flows.Describe() {
			for _, s := range d.States {
				for _, a := range s.Actions {
					for _, in := range a.Inputs {
						kind, said := inputNames[in.Name()]
						require.True(t, said, "say in the test what the input %s of %s names", in.Name(), a.Name)
						if kind == "password" && a.Name != "password_login" {
							kind = nothing // a new one, which may be like anybody's
						}
						if kind != nothing {
							entries = append(entries, w.prepared(t, place{flow: d.Name, state: s.Name, action: a.Name}, in.Name(), kind))
						}
					}
				}
			}
		}
		w.known = w.ledger(t)
		for _, e := range entries {
			w.entered(t, e)
		}
		require.Equal(t, len(entries), sum(w.checks), "checks were left out")
	})
}

// inputNames say what the inputs of flows name, by kind of things. A new one has to be said here.
var inputNames = map[string]string{
	"identifier": "address", "email": "new address", "username": "new username", "password": "password", "code": "code", "otp_code": "app code",
	"assertion_response": "assertion", "public_key": "attestation", "token": "one-time token",
	"email_id": "email", "passkey_id": "passkey", "security_key_id": "security key", "session_id": "session", "identity_id": "identity",
	"provider": nothing, "redirect_to": nothing, "code_verifier": nothing, "remember_me": nothing, "new_password": nothing, "patch_metadata": nothing,
	"passkey_name": nothing, "webauthn_available": nothing, "webauthn_conditional_mediation_available": nothing,
	"webauthn_platform_authenticator_available": nothing,
}

// A place in a flow.
type place struct{ flow, state, action string }

func (p place) String() string { return p.flow + " at " + p.state + ": " + p.action }

// A conversation that is put where a client would have to walk.
type conversation struct {
	id    uuid.UUID
	token string
}

func (c conversation) href(p place) string {
	return "/" + p.flow + "?action=" + p.action + "%40" + c.id.String()
}

// record is what the program remembers of a conversation with kim in a state.
func (h *house) record(t *testing.T, p place, data map[string]any) (*flow.Record, string) {
	t.Helper()
	token := strings.Repeat("k", 32)
	sum := sha256.Sum256([]byte(token))
	remembered := map[string]any{
		"wa": true, "u": h.kim.ID, "e": h.kim.Email, "id": h.kim.Email, "n": h.kim.Username, "lm": "password", "hp": true, "hk": true, "hw": true, "hs": true,
		"ht": true, "hn": true, "he": true, "sc": true, "pf": p.flow == "profile", "xc": p.flow == "token_exchange",
	}
	for name, value := range data {
		remembered[name] = value
	}
	raw, err := json.Marshal(remembered)
	require.NoError(t, err)
	r := &flow.Record{
		ID: uuid.Must(uuid.NewV7()), Flow: p.flow, TokenHash: base64.RawURLEncoding.EncodeToString(sum[:24]), State: flow.StateName(p.state), Data: raw,
		ExpiresAt: time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond),
	}
	r.Queue = []flow.StateName{"success"}
	if p.flow == "profile" {
		r.User, r.Queue = h.kim.ID.String(), []flow.StateName{"profile_init"}
	}
	return r, token
}

// stored is a conversation that has a row.
func (h *house) stored(t *testing.T, p place, data map[string]any) conversation {
	t.Helper()
	r, token := h.record(t, p, data)
	r.Version = 1
	document, err := r.Encode()
	require.NoError(t, err)
	sealed := h.Env.Keyring().Seal(document, append(append([]byte("flow|"), h.ID[:]...), r.ID[:]...))
	require.NoError(t, h.Change(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.Flow.Create().SetID(r.ID).SetName(p.flow).SetVersion(1).SetData(sealed).SetExpiresAt(r.ExpiresAt).Exec(ctx)
	}))
	return conversation{r.ID, token}
}

// sealed is a conversation that travels with its client.
func (h *house) sealed(t *testing.T, p place, data map[string]any) conversation {
	t.Helper()
	r, _ := h.record(t, p, data)
	document, err := r.Encode()
	require.NoError(t, err)
	var aad []byte
	for _, part := range []string{"latchkeep flow handle 1", r.Flow, string(r.ID[:]), h.ID.String(), r.User} {
		aad = append(binary.AppendUvarint(aad, uint64(len(part))), part...)
	}
	return conversation{r.ID, base64.RawURLEncoding.EncodeToString(h.Env.Keyring().Seal(document, aad))}
}

// browser is one of the house where kim is signed in.
func (h *house) browser() *testenv.Client {
	c := h.Client()
	for name, value := range h.session.Client.Cookies {
		c.Cookies[name] = value
	}
	return c
}

// elsewhere goes on at the shop with conversations that were begun at the bank.
func (w *world) elsewhere(t *testing.T, p place, stored, sealed conversation) (tried int) {
	t.Helper()
	stranger := w.shop.Client() // with the bank's session
	for name, value := range w.bank.session.Client.Cookies {
		stranger.Cookies[name] = value
	}
	path := &testenv.Client{Tenant: w.shop.ByPath(), Header: w.shop.browser().Header, Cookies: w.shop.browser().Cookies}
	for what, c := range map[string]struct {
		client *testenv.Client
		conversation
	}{
		"stored": {w.shop.browser(), stored}, "sealed": {w.shop.browser(), sealed}, "stored, by path": {path, stored},
		"stored, with the other session": {stranger, stored}, "sealed, with the other session": {stranger, sealed},
		"a row with the token of another": {w.shop.browser(), conversation{stored.id, sealed.token}},
	} {
		what = p.String() + ", " + what
		body := map[string]any{"input_data": map[string]any{}, "csrf_token": c.token}
		r := w.try(t, "actions in another tenant's conversation", what, func() testenv.Response { return c.client.PostJSON(t, c.href(p), body) })
		w.refused(t, r, c.id.String()+c.token, what)
		assert.Empty(t, r.Header.Values("Set-Cookie"), what)
		tried++
	}
	return tried
}

// left are the tables in which a step at the shop leaves something in the shop, by kind of what was entered; each for a reason.
var left = map[string][]string{
	"":             {"flows", "outbox", "passcodes"},                            // a step counts, failures are on record, tries are counted
	"new address":  {"emails", "users", "identities", "sessions", "usage_days"}, // it is free: tenants do not share addresses
	"new username": {"users", "emails", "sessions", "usage_days"},               // likewise
}

// An entry is something of the bank that is entered into an input, in a conversation of the shop.
type entry struct {
	place
	conversation
	input, kind string
	value       any
}

func (w *world) prepared(t *testing.T, p place, input, kind string) entry {
	t.Helper()
	data := map[string]any{}
	if kind == "code" { // whatever she is made to believe
		data["pc"] = map[string]any{"i": w.bank.things["passcode"], "a": w.bank.kim.Email, "t": "login"}
	}
	return entry{p, w.shop.stored(t, p, data), input, kind, w.entry(t, kind)}
}

func (w *world) entered(t *testing.T, e entry) {
	t.Helper()
	what, client := fmt.Sprintf("%s with %s of another tenant", e.place, e.input), w.shop.browser()
	inputs := map[string]any{e.input: e.value, "passkey_name": "changed"}
	r := w.try(t, "inputs of another tenant: "+e.kind, what, func() testenv.Response {
		return client.PostJSON(t, e.href(e.place), map[string]any{"input_data": inputs, "csrf_token": e.token})
	}, append(left[e.kind], left[""]...)...)
	if left[e.kind] == nil {
		assert.NotContains(t, string(r.Body), `"name":"success"`, "%s: %s", what, r.Body)
		assert.Empty(t, r.Header.Get("X-Auth-Token"), what)
	}
	said, err := json.Marshal(e.value)
	require.NoError(t, err)
	w.hides(t, w.bank, r, e.href(e.place)+string(said)+w.bank.kim.Email, what)
}

// entry is something of the bank, of a kind.
func (w *world) entry(t *testing.T, kind string) any {
	t.Helper()
	switch kind {
	case "new address":
		return "lee@" + w.bank.Slug + ".example"
	case "new username":
		return w.bank.things["username"]
	case "password":
		return w.bank.kim.Password
	case "code":
		return w.bank.code
	case "app code":
		return w.bank.kim.App.Wrong(t)
	case "assertion", "attestation":
		return map[string]any{"id": "x"}
	case "one-time token":
		return strings.Repeat("t", 43)
	}
	require.Contains(t, w.bank.things, kind)
	return w.bank.things[kind]
}
