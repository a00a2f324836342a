package flows_test

import (
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
	tokens   []*oneTime // that she came back with from providers
	told     []string
}

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

// later lets time pass: codes expire, and authenticator apps show other ones.
func (w *walk) later() {
	r := pick(w, w.realms)
	w.tell("at %s, codes expire", r.shop.Slug)
	r.shop.ExpirePasscodes(w, time.Now())
	for _, l := range w.codes {
		l.expired = l.expired || l.in == r
	}
	r.shop.ExpireTokens(w, time.Now())
	for _, k := range w.tokens {
		k.expired = k.expired || k.in == r
	}
	for _, a := range w.attempts {
		if a.in == r && a.letter != nil {
			a.letter.expired = true
		}
	}
	w.kit.later(w, r)
}
