package flows_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// A walk is a sequence of requests that an attacker draws at random: she has accounts and mailboxes of her own with two tenants, and many
// browsers. What she sees and what she knows is all that her requests are made of; what is checked after each answer also uses what is
// stored.
type walk struct {
	testing.TB
	env    *testenv.Env
	seed   uint64
	rng    *rand.Rand
	seen   *coverage
	tables charts

	realms   []*realm
	attempts []*attempt
	begun    int
	hashes   int // how many more passwords may be hashed: each costs as much as a hundred other steps

	words    map[string]string             // passwords by their hashes
	own      map[string]int                // how often each pair was taken in this walk: another walk must not change what it does
	codes    []*letter                     // those that the attacker can read
	sessions []*testenv.Client             // browsers in which she is signed in
	again    *testenv.Client               // where she used a second factor last: it may be left out there now
	owner    map[*testenv.Client]uuid.UUID // and as whom
	trusted  map[string]trust              // by the tokens in cookies
	eager    *attempt                      // one that she means to come to an end
	kit      kit
	told     []string
}

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
	device   bool // a platform authenticator
	trusting bool // trust_device was taken

	// What was proven in this conversation.
	letter  *letter             // the last code that it mailed
	purpose string              // what it mails codes for just now
	address string              // where it mails them just now, if that is known
	named   map[uuid.UUID]bool  // who had a second factor when the login was told whom it is about
	owned   map[string]emailRow // and whose the addresses were
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

// newWalk draws a world.
func newWalk(t testing.TB, env *testenv.Env, seed uint64, seen *coverage) *walk {
	w := &walk{
		TB: t, env: env, seed: seed, rng: rand.New(rand.NewPCG(seed, 1)), seen: seen, tables: readTables(env.App.Flows.Describe()),
		words: map[string]string{}, own: map[string]int{}, owner: map[*testenv.Client]uuid.UUID{}, trusted: map[string]trust{}, hashes: 6,
	}
	w.kit = newKit()
	all := settings()
	first := int(seed % uint64(len(all))) // each setting has its turn
	second := (first + 1 + w.rng.IntN(len(all)-1)) % len(all)
	for i, s := range []setting{all[first], all[second]} {
		r := w.newRealm(fmt.Sprintf("%s%d", []string{"shop", "bank"}[i], seed), s)
		w.realms = append(w.realms, r)
		w.tell("%s is configured as %q", r.shop.Slug, s.name)
	}
	return w
}

// tell adds a line to the conversation, which is printed when something fails.
func (w *walk) tell(format string, args ...any) {
	w.told = append(w.told, fmt.Sprintf(format, args...))
}

// story is the conversation as far as it matters to whoever looks for what went wrong last.
func (w *walk) story() string {
	lines := w.told
	const most = 400
	if len(lines) > most {
		lines = append([]string{lines[0], lines[1], fmt.Sprintf("… %d lines …", len(lines)-most)}, lines[len(lines)-most:]...)
	}
	return fmt.Sprintf("seed %d:\n%s", w.seed, strings.Join(lines, "\n"))
}

// run takes steps, and looks at the end at everything that is stored.
func (w *walk) run(steps int) {
	defer func() {
		if w.Failed() {
			w.Log(w.story())
		}
	}()
	for range steps {
		w.step()
	}
	for _, r := range w.realms {
		w.look(r)
	}
	require.Empty(w, w.env.Errors(), "something went wrong unexpectedly")
}

// chance is true in so many of a hundred cases.
func (w *walk) chance(percent int) bool { return w.rng.IntN(100) < percent }

func pick[T any](w *walk, list []T) T { return list[w.rng.IntN(len(list))] }

// step does one thing.
func (w *walk) step() {
	w.attempts = slices.DeleteFunc(w.attempts, (*attempt).over)
	if len(w.attempts) < 2 || len(w.attempts) < 7 && w.chance(8) {
		w.begin()
		return
	}
	a := pick(w, w.attempts)
	if w.chance(60) {
		a = w.attempts[len(w.attempts)-1] // get somewhere with one of them
	}
	if w.eager != nil && !w.eager.over() && slices.Contains(w.attempts, w.eager) && w.chance(70) {
		w.act(w.eager, w.likely(w.eager), true)
		return
	}
	switch n := w.rng.IntN(100); {
	case n < 62:
		w.act(a, w.likely(a), true)
	case n < 78:
		w.act(a, w.likely(a), false)
	case n < 82:
		w.goBack(a)
	case n < 85:
		w.force(a)
	case n < 90:
		w.confuse(a)
	case n < 93:
		w.replay(a)
	case n < 95:
		w.twins(a)
	case n < 97:
		w.trespass()
	case n < 98:
		w.later()
	default:
		w.attempts = slices.DeleteFunc(w.attempts, func(other *attempt) bool { return other == a }) // loses patience
	}
}

// begin starts a conversation.
func (w *walk) begin() {
	r := pick(w, w.realms)
	a := &attempt{number: w.begun, in: r, name: pick(w, []string{"login", "login", "login", "registration", "registration", "profile", "profile"})}
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

// likely draws an offered action: the rarer it was taken so far, the likelier. Passwords are hashed as long as that may be afforded.
func (w *walk) likely(a *attempt) string {
	var names []string
	var weights []float64
	var sum float64
	offers := a.state.Offers()
	sort.Strings(offers)
	for _, name := range offers {
		weight := 1 / float64(2+w.own[pair(a.name, a.state.Name, name)])
		switch {
		case w.tooDear(a, name) && len(offers) > 1:
			weight = 0
		case a == w.eager && aside(a.state.Name, name):
			weight /= 20
		case name == "continue_to_password_login" && w.wordOf(a) == "":
			weight /= 4
		case name == "back" && (a.state.Name == "passcode_confirmation" || a.state.Name == "login_password"):
		case name == "back", name == "account_delete", a.state.Name == "login_init" && strings.HasPrefix(name, "webauthn"):
			weight /= 3
		}
		if weight > 0 {
			sum += weight
			names, weights = append(names, name), append(weights, sum)
		}
	}
	if len(names) == 0 {
		return offers[0]
	}
	x := w.rng.Float64() * sum
	for i, edge := range weights {
		if x < edge {
			return names[i]
		}
	}
	return names[len(names)-1]
}

// hashes says whether an action hashes a password.
func hashes(action string) bool {
	switch action {
	case "password_login", "register_password", "password_recovery", "password_create", "password_update":
		return true
	}
	return false
}

// aside says of an action that it does not lead on.
func aside(state, action string) bool {
	switch action {
	case "back", "resend_passcode", "remember_me", "continue_to_passcode_confirmation_recovery":
		return true
	}
	return strings.HasPrefix(action, "webauthn_") && (state == "login_init" || state == "login_method_chooser")
}

// tooDear says of an action that too many passwords were hashed already. Each such action may be taken once all the same.
func (w *walk) tooDear(a *attempt, action string) bool {
	return hashes(action) && w.hashes <= 0 && w.own[pair(a.name, a.state.Name, action)] > 0
}

// act takes an offered action, with inputs that make sense or with any.
func (w *walk) act(a *attempt, action string, sensible bool) {
	if w.tooDear(a, action) {
		w.attempts = slices.DeleteFunc(w.attempts, func(other *attempt) bool { return other == a })
		return
	}
	if hashes(action) {
		w.hashes--
	}
	data := testenv.Inputs{}
	names := make([]string, 0, len(a.state.Actions[action].Inputs))
	for name := range a.state.Actions[action].Inputs {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if value := w.enter(a, action, name, sensible); value != nil {
			data[name] = value
		}
	}
	w.send(a, request{a.state.Name, action, a.state.Actions[action].Href, a.state.CSRFToken, data})
}

// send posts what the conversation expects next, and checks the answer.
func (w *walk) send(a *attempt, q request) {
	before := w.trustCookie(a)
	s := a.flow.Post(w, q.href, q.csrf, q.data)
	w.count(a, q)
	w.tell("%s: %s %s %s -> %s", a, q.from, q.action, brief(q.data), outcome(s))
	w.answered(a, q, s, before)
}

func (w *walk) count(a *attempt, q request) {
	w.own[pair(a.name, q.from, q.action)]++
	w.seen.take(a.name, q.from, q.action)
}

// trustCookie is how the browser of a conversation remembers who trusts it.
func (w *walk) trustCookie(a *attempt) string {
	return a.flow.Client.Cookies[a.in.config.MFA.DeviceTrustCookieName]
}

// outcome is an answer in short.
func outcome(s testenv.State) string {
	short := fmt.Sprint(s.Name, " ", s.Status)
	if s.Error != nil {
		short += " " + s.Refusal()
	}
	for name, code := range s.InputErrors() {
		short += " " + name + ":" + code
	}
	return short
}

func brief(data testenv.Inputs) string {
	text, err := json.Marshal(data)
	if err != nil {
		return err.Error()
	}
	if len(text) > 160 {
		text = append(text[:157], "…"...)
	}
	return string(text)
}

// answered checks an answer to a request that the conversation expected, and goes on from there.
func (w *walk) answered(a *attempt, q request, s testenv.State, cookie string) {
	w.collect(a)
	w.allowedStatus(a, s)
	if s.CSRFToken == "" { // refused as a whole: nothing happened
		w.seen.mark("refused with %d", s.Status)
		w.refused(a, q, s)
		return
	}
	taken := step{q.from, q.action, s.Name, s.Status}
	require.NoError(w, a.course.follow(w.tables[a.name], taken), "%s", a)
	if a.last != nil {
		a.past = append(a.past, *a.last)
	}
	a.last = &q
	a.state = s
	if s.Name == "success" {
		w.welcome(a, s)
	}
	w.note(a, q, s, cookie)
	w.permitted(a, s)
	if s.Name == "success" {
		w.arrive(a, s)
	}
	if s.Status == 429 {
		w.seen.mark("429 in %s", s.Name)
	}
}

// allowedStatus refuses answers that blame the server.
func (w *walk) allowedStatus(a *attempt, s testenv.State) {
	if s.Status >= 500 {
		require.Equal(w, "flow_discontinuity_error", s.Refusal(), "%s: %s", a, s.Response.Body)
		w.seen.mark("flow_discontinuity_error")
	}
}

// refused checks why an expected request was turned away, which only what happened meanwhile explains: somebody took the address or name,
// or the session or the account is gone.
func (w *walk) refused(a *attempt, q request, s testenv.State) {
	switch {
	case s.Status == 401 && a.name == "profile":
		w.attempts = slices.DeleteFunc(w.attempts, func(other *attempt) bool { return other == a })
	default:
		require.Equal(w, 403, s.Status, "%s: %s", a, s.Response.Body)
		require.Equal(w, "operation_not_permitted_error", s.Refusal())
	}
	w.look(a.in)
}

// collect takes the mails that a request sent, and keeps those that the attacker can read.
func (w *walk) collect(a *attempt) {
	for _, m := range a.in.shop.Mails(w) {
		if !m.HasCode() {
			continue
		}
		l := &letter{in: a.in, to: m.To, code: m.Code(w), template: m.Subject}
		a.letter = l
		if readable(m.To) {
			w.codes = append(w.codes, l)
			w.tell("    the attacker reads the code %s (%s) at %s", l.code, l.template, l.to)
		}
	}
}

// later lets time pass: codes expire, and authenticator apps show other ones.
func (w *walk) later() {
	r := pick(w, w.realms)
	w.tell("at %s, codes expire", r.shop.Slug)
	expirePasscodes(w, r.shop, time.Now())
	for _, l := range w.codes {
		l.expired = l.expired || l.in == r
	}
	for _, a := range w.attempts {
		if a.in == r && a.letter != nil {
			a.letter.expired = true
		}
	}
	w.kit.later(w, r)
}
