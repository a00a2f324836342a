package flows_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// A letter is a mail with a code.
type letter struct {
	in       *realm
	to       string
	code     string
	template string
	tries    int // wrong codes since it was sent
	expired  bool
}

// An attempt is a conversation that the attacker has with a flow.
type attempt struct {
	number int
	in     *realm
	name   string // of the flow
	flow   *testenv.Flow
	id     string
	state  testenv.State
	who    *account // whom she means to be; nil: somebody new
	mail   string   // an address for somebody new
	called string   // a username for somebody new
	clumsy bool     // enters three wrong codes before the right one
	course course
	past   []request // those that were answered, but for the last
	last   *request

	webauthn bool // what the browser said it can do
	trusting bool // trust_device was taken

	// What was proven in this conversation.
	letter  *letter // the last code that it mailed
	purpose string  // what it mails codes for just now
	address string  // where it mails them just now, if that is known
	first   *proof
	second  *proof
	word    string          // the password that was chosen
	set     []string        // what was set up or proven in a registration, in order
	options json.RawMessage // of the newest WebAuthn ceremony
	making  bool            // which makes a credential
	kind    string          // and of which kind
	made    *device         // the device that made one last
	secret  string          // of the authenticator app that is shown
	proven  string          // of the one that was set up, and the step of its code
	step    int64
	spare   []string  // recovery codes that were shown
	subject uuid.UUID // whose session it opened, and by which methods
	methods []string
	profile uuid.UUID // whose account it is, in a profile flow

	away     *url.URL // where a provider waits for her
	verifier string   // that she gave at the start
	token    *oneTime // that she came back with
}

// A request as it was sent.
type request struct {
	from, action, href, csrf string
	data                     testenv.Inputs
}

// A proof is what somebody showed in a conversation, and whom it can belong to.
type proof struct {
	kind    string // as in amr
	purpose string // of a code
	whose   map[uuid.UUID]bool
	factors map[uuid.UUID]bool // who had a second factor then
	cookie  string             // of trusted devices, as it was sent then
}

func (a *attempt) provedWith(purpose string) bool {
	return a.first != nil && a.first.purpose == purpose
}

func (a *attempt) String() string {
	whom := "somebody new"
	if a.who != nil {
		whom = a.who.title
	}
	return fmt.Sprintf("#%d %s at %s as %s", a.number, a.name, a.in.shop.Slug, whom)
}

// over says whether nothing can be done any more.
func (a *attempt) over() bool { return len(a.state.Actions) == 0 }

// begin starts a conversation.
func (w *walk) begin() {
	r := pick(w, w.realms)
	if r.config.SAML.Enabled && w.chance(8) {
		w.beginExchange(r)
		return
	}
	flows := []string{"login", "login", "login", "registration", "registration", "profile", "profile"}
	a := &attempt{number: w.begun, in: r, name: pick(w, flows)}
	w.begun++
	client := r.shop.Client()
	if len(w.sessions) > 0 && (a.name == "profile" || w.chance(40)) {
		client = pick(w, w.sessions)
		a.in = w.realmOf(client)
		r = a.in
	}
	a.who = pick(w, r.people)
	if w.chance(75) {
		a.who = pick(w, r.mine())
	}
	if owner := r.account(w.owner[client]); owner != nil && w.chance(60) {
		a.who = owner // once more in the same browser
	}
	again := w.again != nil && w.chance(90)
	if again {
		client = w.again
		a.in, a.name = w.realmOf(client), "login"
		r = a.in
		a.who, w.again = r.account(w.owner[client]), nil
	}
	a.mail, a.called = pick(w, mailboxes()[6:]), pick(w, []string{"eve", "oscar", "trudy", "sybil", "mallet"})
	if a.name == "registration" && w.chance(80) {
		a.who = nil
	}
	if a.name == "profile" && !slices.Contains(w.sessions, client) {
		a.name = "login"
	}
	if a.name == "login" && !again && len(r.tokens) > 0 && w.chance(25) {
		w.forgeTrust(a, client)
	}
	if again {
		w.eager = a
	}
	a.clumsy = w.chance(15)
	a.flow = &testenv.Flow{Client: client, Name: a.name}
	s := testenv.ReadState(w, client.Send(w, "POST", "/"+a.name, nil))
	w.tell("%s begins: %s %d %s", a, s.Name, s.Status, s.Refusal())
	if s.Status == 401 && a.name == "profile" { // the session ended meanwhile
		w.sessions = slices.DeleteFunc(w.sessions, func(c *testenv.Client) bool { return c == client })
		w.seen.mark("profile without session")
		return
	}
	require.Equal(w, 200, s.Status)
	require.Equal(w, "preflight", s.Name)
	if a.name == "profile" {
		a.profile = w.owner[client]
		a.who = r.account(a.profile)
		require.True(w, a.who.mine, "she has a session of her own only")
	}
	a.state = s
	a.course.queue = w.tables[a.name].start
	_, a.id, _ = strings.Cut(s.Actions["register_client_capabilities"].Href, "%40")
	w.attempts = append(w.attempts, a)
}

// forgeTrust makes a browser pass for one that somebody with a second factor trusts, by a token that was given for somebody else.
func (w *walk) forgeTrust(a *attempt, client *testenv.Client) {
	r, has := a.in, a.in.factors()
	list := slices.DeleteFunc(r.mine(), func(one *account) bool { return !has[one.id] })
	if len(list) == 0 {
		return
	}
	a.who = pick(w, list)
	client.Cookies[r.config.MFA.DeviceTrustCookieName] = a.who.id.String() + ":" + pick(w, r.tokens)
	w.eager = a
	w.seen.mark("forged trust")
}

func (r *realm) mine() []*account {
	var list []*account
	for _, a := range r.people {
		if a.mine && r.rows.people[a.id] != nil {
			list = append(list, a)
		}
	}
	return list
}

func (w *walk) realmOf(c *testenv.Client) *realm {
	for _, r := range w.realms {
		if r.shop.ID == c.Tenant.ID {
			return r
		}
	}
	return nil
}
