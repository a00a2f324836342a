package flows_test

import (
	"maps"
	"slices"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// requireRefused checks that an answer says no, and nothing else: no state, no token, no mail.
func (w *walk) requireRefused(s testenv.State, what string) {
	require.Contains(w, []int{401, 403}, s.Status, "%s: %s", what, s.Response.Body)
	require.Empty(w, s.CSRFToken, "%s: %s", what, s.Response.Body)
	require.Empty(w, s.Response.Header.Values("Set-Cookie"), what)
	for _, r := range w.realms {
		require.Empty(w, r.shop.Mails(w), what)
	}
	w.seen.mark("refused: %s", what)
}

// goBack goes back, where that is possible.
func (w *walk) goBack(a *attempt) {
	if back, ok := a.state.Actions["back"]; ok {
		w.send(a, request{a.state.Name, "back", back.Href, a.state.CSRFToken, nil})
	}
}

// force posts an action that is not offered. What a profile offers changes with the account, which another conversation may have changed
// meanwhile, so there it is one that the state does not even define.
func (w *walk) force(a *attempt) {
	var names []string
	for _, t := range w.tables {
		for _, actions := range t.leads {
			for name := range actions {
				_, offered := a.state.Actions[name]
				_, defined := w.tables[a.name].leads[a.state.Name][name]
				if !offered && (a.name != "profile" || !defined) {
					names = append(names, name)
				}
			}
		}
	}
	slices.Sort(names)
	name := pick(w, slices.Compact(names))
	data := testenv.Inputs{}
	for _, input := range []string{"email", "username", "password", "new_password", "code"} {
		data[input] = w.enter(a, name, input, true)
	}
	s := a.flow.Post(w, w.href(a, name), a.state.CSRFToken, data)
	w.tell("%s: %s forces %s -> %s", a, a.state.Name, name, outcome(s))
	w.requireRefused(s, "an action that is not offered")
}

func (w *walk) href(a *attempt, action string) string {
	return "/" + a.name + "?action=" + action + "%40" + a.id
}

// confuse posts an offered action with something that belongs to another conversation, flow or tenant.
func (w *walk) confuse(a *attempt) {
	action := w.likely(a)
	if hashes(action) {
		return
	}
	data := testenv.Inputs{}
	for _, name := range slices.Sorted(maps.Keys(a.state.Actions[action].Inputs)) {
		data[name] = w.enter(a, action, name, true)
	}
	client, href, token, what := *a.flow.Client, w.href(a, action), a.state.CSRFToken, ""
	client.Cookies = maps.Clone(client.Cookies)
	other := pick(w, w.attempts)
	switch w.rng.IntN(5) {
	case 0:
		what = "at another tenant"
		client.Tenant = w.realms[0].shop
		if a.in == w.realms[0] {
			client.Tenant = w.realms[1].shop
		}
	case 1:
		what = "at another flow's path"
		names := slices.DeleteFunc([]string{"login", "registration", "profile"}, func(n string) bool { return n == a.name })
		href = "/" + pick(w, names) + "?action=" + action + "%40" + a.id
	case 2:
		what, token = "with no token of this service", pick(w, []string{"", "x", token + "x", "k3JtY0hQn7bWx1VrZ5sLd8GfAa2PuE9c"})
	case 3:
		if other == a {
			return
		}
		what, token = "with another conversation's token", other.state.CSRFToken
	default:
		if other == a {
			return
		}
		what, href = "with another conversation's id", "/"+a.name+"?action="+action+"%40"+other.id
	}
	s := (&testenv.Flow{Client: &client}).Post(w, href, token, data)
	w.tell("%s: %s %s %s -> %s", a, a.state.Name, action, what, outcome(s))
	w.requireRefused(s, what)
}

// replay posts an earlier request once more.
func (w *walk) replay(a *attempt) {
	if a.last == nil {
		return
	}
	q := *a.last
	if len(a.past) > 0 && w.chance(50) {
		q = pick(w, a.past)
	}
	s := a.flow.Post(w, q.href, q.csrf, q.data)
	w.tell("%s: %s %s again -> %s", a, q.from, q.action, outcome(s))
	if q.action == "register_client_capabilities" { // no person did that, and nothing is stored: it may be told again
		require.Contains(w, []int{200, 401, 403}, s.Status)
		return
	}
	w.requireRefused(s, "a request that was answered before")
}

// twins posts the same request twice at once.
func (w *walk) twins(a *attempt) {
	action := w.likely(a)
	if hashes(action) && w.hashes < 2 {
		return
	}
	data := testenv.Inputs{}
	for _, name := range slices.Sorted(maps.Keys(a.state.Actions[action].Inputs)) {
		data[name] = w.enter(a, action, name, true)
	}
	if hashes(action) {
		w.hashes -= 2
	}
	q := request{a.state.Name, action, a.state.Actions[action].Href, a.state.CSRFToken, data}
	cookie := w.trustCookie(a)
	var answers [2]testenv.Response
	var clients [2]testenv.Client
	var both sync.WaitGroup
	for i := range answers {
		clients[i] = *a.flow.Client
		clients[i].Cookies = maps.Clone(clients[i].Cookies)
		both.Go(func() {
			answers[i] = clients[i].PostJSON(w, q.href, map[string]any{"input_data": q.data, "csrf_token": q.csrf})
		})
	}
	both.Wait()
	first, second := testenv.ReadState(w, answers[0]), testenv.ReadState(w, answers[1])
	if badToken(q, first) && badToken(q, second) { // neither changes anything
		w.refusedToken(a, q)
		return
	}
	winner := 0
	if first.CSRFToken == "" {
		winner, first, second = 1, second, first
	}
	w.count(a, q)
	w.tell("%s: %s %s %s twice at once -> %s, and %s", a, q.from, action, brief(data), outcome(first), outcome(second))
	if action != "register_client_capabilities" {
		require.Empty(w, second.CSRFToken, "%s: both of two equal requests are answered", a)
		require.Contains(w, []int{401, 403}, second.Status, "%s: %s", a, second.Response.Body)
		w.seen.mark("twins")
	}
	maps.Copy(a.flow.Client.Cookies, clients[winner].Cookies)
	w.answered(a, q, first, cookie)
}

// trespass uses a session on the profile flow of somebody else.
func (w *walk) trespass() {
	for _, a := range w.attempts {
		if a.name != "profile" {
			continue
		}
		action := w.likely(a)
		if hashes(action) {
			continue
		}
		client := *a.in.shop.Client()
		what := "a profile flow without a session"
		for _, c := range w.sessions {
			if w.owner[c] != a.profile && w.chance(70) {
				client, what = *c, "a profile flow with another's session"
				client.Tenant = a.in.shop
			}
		}
		s := (&testenv.Flow{Client: &client}).Post(w, w.href(a, action), a.state.CSRFToken, nil)
		w.tell("%s: %s %s, %s -> %s", a, a.state.Name, action, what, outcome(s))
		w.requireRefused(s, what)
		return
	}
}
