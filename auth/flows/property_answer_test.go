package flows_test

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

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
	if badToken(q, s) {
		w.refusedToken(a, q)
		return
	}
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
