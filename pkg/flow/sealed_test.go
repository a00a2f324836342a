package flow_test

import (
	"encoding/base64"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/flow"
)

// entrance is a flow that starts like a login: the client reports what it can do, then a person acts.
func entrance() definition {
	report := takes("report", flow.String("can").Max(9))
	report.Sealed = true
	report.Run = func(t *turn) (flow.Outcome, error) {
		t.Data.Note = t.Input("can")
		switch t.Data.Note {
		case "fail":
			return flow.Fail(flow.NotFound), nil
		case "flag":
			t.Flag(flow.NotFound)
		case "crash":
			panic("crash")
		}
		return flow.Continue(), nil
	}
	return definition{
		Start: []flow.StateName{"preflight", "init"},
		States: states{
			"preflight": offering(report),
			"init": {
				Enter: func(t *turn) error { t.Data.Count++; t.Set("can", t.Data.Note); return nil },
				Actions: []action{
					to("identify", "password"), report, backAction,
					takes("strict", flow.String("x").Required()),
					does("fail", func(*turn) (flow.Outcome, error) { return flow.Fail(flow.NotFound), nil }),
					does("break", func(*turn) (flow.Outcome, error) { return flow.Fail(flow.FlowDiscontinuity), nil }),
					does("crash", func(*turn) (flow.Outcome, error) { panic("crash") }),
					{Name: "closed", Offered: func(*turn) bool { return false }, Run: func(*turn) (flow.Outcome, error) { return flow.Stay(), nil }},
				},
			},
			"password": offering(report, backAction, to("on", "init")),
		},
	}
}

func can(what string) map[string]any { return map[string]any{"can": what} }

func TestSealed_StartingStoresNothing(t *testing.T) {
	t.Parallel()

	p := starts(t, entrance())
	require.Equal(t, flow.None, p.last.result.Write)
	requireState(t, p.do("report", can("all")), "init")
	require.Equal(t, flow.None, p.last.result.Write)
	require.Empty(t, p.rows)
	require.True(t, flow.IsHandle(p.last.Token))
	require.Equal(t, "all", p.last.Payload["can"], "but the flow remembers")
}

func TestSealed_TheHandleTellsNothing(t *testing.T) {
	t.Parallel()

	p := starts(t, entrance())
	a := p.do("report", can("secret"))
	plain, err := base64.RawURLEncoding.DecodeString(a.Token)
	require.NoError(t, err)
	require.NotContains(t, string(plain), "secret")
	require.NotContains(t, string(plain), "init")
	require.NotContains(t, a.Actions["identify"].Href, a.Token, "addresses end up in access logs")
	require.Regexp(t, `%40[0-9a-f-]{36}$`, a.Actions["identify"].Href)
}

func TestSealed_TheFirstOtherActionStoresTheFlow(t *testing.T) {
	t.Parallel()

	for name, check := range map[string]func(*testing.T, answer){
		"identify": func(t *testing.T, a answer) { requireState(t, a, "password") },
		"strict":   func(t *testing.T, a answer) { requireError(t, a, "init", 400, "form_data_invalid_error") },
		"fail":     func(t *testing.T, a answer) { requireError(t, a, "init", 404, "not_found") },
		"break":    func(t *testing.T, a answer) { requireError(t, a, "error", 500, "flow_discontinuity_error") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := starts(t, entrance())
			begun := p.do("report", can("all"))
			a := p.do(name)
			check(t, a)
			require.Equal(t, flow.Insert, a.result.Write, "a failing action, too")
			require.Len(t, a.Token, 32)
			rec, ok := p.stored()
			require.True(t, ok)
			require.Zero(t, rec.Version)
			require.Equal(t, begun.result.Record.ID, rec.ID)
			require.Equal(t, begun.result.Record.ExpiresAt, rec.ExpiresAt)
		})
	}
}

func TestSealed_AFailingReportStoresTheFlow(t *testing.T) {
	t.Parallel()

	for name, input := range map[string]string{"flow error": "fail", "flagged": "flag", "input error": "far too long"} {
		p := starts(t, entrance())
		p.do("report", can(input))
		require.Equal(t, flow.Insert, p.last.result.Write, name)
	}
}

func TestSealed_WhatIsTurnedAwayOrCrashesStoresNothing(t *testing.T) {
	t.Parallel()

	p := starts(t, entrance())
	p.do("report")
	requireRefused(t, p.do("unknown"), 403, "operation_not_permitted_error")
	requireRefused(t, p.do("closed"), 403, "operation_not_permitted_error")
	requireRefused(t, p.do("crash"), 500, "technical_error")
	require.Empty(t, p.rows)
	requireState(t, p.do("identify"), "password")
}

func TestSealed_AReplayedHandleMeetsTheStoredFlow(t *testing.T) {
	t.Parallel()

	p := starts(t, entrance())
	preflight := p.last
	p.do("report")
	begun := p.last
	p.do("fail")
	for _, old := range []answer{preflight, begun} {
		for _, name := range []string{"report", "identify", "fail", "strict"} {
			requireRefused(t, p.stale(old, name), 403, "operation_not_permitted_error")
		}
	}
	require.Len(t, p.rows, 1)
	requireState(t, p.do("identify"), "password")
}

func TestSealed_AReplayThatMissesTheRowCollidesOnInsert(t *testing.T) {
	t.Parallel()

	p := starts(t, entrance())
	p.do("report")
	req := p.request("identify")
	first, err := p.flow.Continue(t.Context(), p.env, req, nil)
	require.NoError(t, err)
	second, err := p.flow.Continue(t.Context(), p.env, req, nil)
	require.NoError(t, err)

	requireState(t, p.receive(first, p.store(first)), "password")
	requireRefused(t, p.receive(second, p.store(second)), 403, "operation_not_permitted_error")
	require.Len(t, p.rows, 1)
}

func TestSealed_FinishedFlowsCannotBeReplayed(t *testing.T) {
	t.Parallel()

	p := starts(t, entrance())
	p.do("report")
	begun := p.last
	p.do("break")
	requireRefused(t, p.stale(begun, "identify"), 403, "operation_not_permitted_error")
}

func TestSealed_TheReportMayComeAgain(t *testing.T) {
	t.Parallel()

	p := starts(t, entrance())
	preflight := p.last
	p.do("report", can("one"))
	p.last = preflight
	require.Equal(t, "two", p.do("report", can("two")).Payload["can"], "nothing a person did has happened yet")
	require.Empty(t, p.rows)
}

func TestSealed_ItsStepCannotBeUndone(t *testing.T) {
	t.Parallel()

	p := starts(t, entrance())
	require.False(t, p.do("report").offers("back"))
	require.Empty(t, p.last.result.Record.History, "handles stay short")
	require.Equal(t, []string{"password", "init"}, p.path("identify", "back"))
	require.False(t, p.last.offers("back"))
}

func TestSealed_InAStoredFlowIsAnActionLikeOthers(t *testing.T) {
	t.Parallel()

	p := starts(t, entrance())
	p.path("report", "identify", "back")
	a := p.do("report")
	require.Equal(t, 500, a.Status, "nothing is queued in this flow")
	p.path("identify", "on")
	require.Equal(t, flow.Update, p.last.result.Write)
}

func TestSealed_HandlesAreBoundToEverything(t *testing.T) {
	t.Parallel()

	for name, change := range map[string]func(*flow.Request){
		"another tenant": func(r *flow.Request) { r.Tenant = "other" },
		"no tenant":      func(r *flow.Request) { r.Tenant = "" },
		"another user":   func(r *flow.Request) { r.User = "mallory" },
		"no user":        func(r *flow.Request) { r.User = "" },
		"parts shifted":  func(r *flow.Request) { r.Tenant, r.User = "shopk", "im" },
		"another id":     func(r *flow.Request) { r.ID = uuid.New() },
		"a bit flipped": func(r *flow.Request) {
			b := []byte(r.CSRFToken)
			b[len(b)/2] ^= 1
			r.CSRFToken = string(b)
		},
		"cut short":     func(r *flow.Request) { r.CSRFToken = r.CSRFToken[:len(r.CSRFToken)-4] },
		"made longer":   func(r *flow.Request) { r.CSRFToken += "AAAA" },
		"not base64url": func(r *flow.Request) { r.CSRFToken = strings.Repeat("é", 40) },
		"with newlines": func(r *flow.Request) { r.CSRFToken = r.CSRFToken[:8] + "\n" + r.CSRFToken[8:] },
		"enormous":      func(r *flow.Request) { r.CSRFToken = strings.Repeat("A", 1<<20) },
		"empty":         func(r *flow.Request) { r.CSRFToken = "" },
		"a short token": func(r *flow.Request) { r.CSRFToken = strings.Repeat("A", 32) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := meet(t, entrance())
			p.party.User = "kim"
			p.start()
			req := p.request("report")
			change(&req)
			requireRefused(t, p.send(req), 403, "operation_not_permitted_error")
			requireState(t, p.do("report"), "init")
		})
	}
}

func TestSealed_AnotherDeploymentCannotOpenIt(t *testing.T) {
	t.Parallel()

	p, q := starts(t, entrance()), meet(t, entrance())
	q.last = p.last
	requireRefused(t, q.do("report"), 403, "operation_not_permitted_error")
}

func TestSealed_HandlesExpireWithTheFlow(t *testing.T) {
	t.Parallel()

	p := starts(t, entrance())
	begin := p.now
	p.now = begin.Add(40 * time.Minute)
	requireState(t, p.do("report"), "init")
	p.now = begin.Add(time.Hour)
	requireError(t, p.do("fail"), "init", 404, "not_found")

	q := starts(t, entrance())
	q.do("report")
	q.now = begin.Add(time.Hour + time.Second)
	requireRefused(t, q.do("identify"), 410, "flow_expired_error")
	require.Empty(t, q.rows)
}

func TestConcurrency_TheSecondOfTwoIdenticalSubmitsIsRefused(t *testing.T) {
	t.Parallel()

	p := starts(t, entrance())
	p.do("report")
	p.do("identify")
	stored, _ := p.stored()
	req := p.request("on")
	first, err := p.flow.Continue(t.Context(), p.env, req, stored)
	require.NoError(t, err)
	second, err := p.flow.Continue(t.Context(), p.env, req, stored)
	require.NoError(t, err)

	requireState(t, p.receive(first, p.store(first)), "init")
	requireRefused(t, p.receive(second, p.store(second)), 403, "operation_not_permitted_error")
	requireRefused(t, p.send(req), 403, "operation_not_permitted_error")
}

func TestConcurrency_ExactlyOneOfManySucceeds(t *testing.T) {
	t.Parallel()

	for name, prepare := range map[string][]string{"stored": {"report", "identify"}, "sealed": {"report"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := starts(t, entrance())
			p.path(prepare...)
			act := map[string]string{"stored": "on", "sealed": "identify"}[name]
			stored, _ := p.stored()
			req := p.request(act)

			var mu sync.Mutex
			var wg sync.WaitGroup
			done := map[int]int{}
			for range 16 {
				wg.Go(func() {
					result, err := p.flow.Continue(t.Context(), &journal{}, req, stored)
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						err = p.store(result)
					}
					if err != nil {
						done[flow.ErrorResponse(err).Status]++
						return
					}
					response, err := result.Render()
					if err == nil {
						done[response.Status]++
					}
				})
			}
			wg.Wait()
			require.Equal(t, map[int]int{200: 1, 403: 15}, done)
		})
	}
}

func TestContinue_DoesNotChangeTheRecordItIsGiven(t *testing.T) {
	t.Parallel()

	p := starts(t, wizard())
	p.path("next", "next")
	stored, _ := p.stored()
	before, err := stored.Encode()
	require.NoError(t, err)
	for _, name := range []string{"next", "back", "commit", "again", "fail"} {
		_, err := p.flow.Continue(t.Context(), &journal{}, p.request(name), stored)
		require.NoError(t, err)
		after, err := stored.Encode()
		require.NoError(t, err)
		require.Equal(t, string(before), string(after), name)
	}
}

func TestContinue_TwoFromTheSameRecordDoNotShareAnything(t *testing.T) {
	t.Parallel()

	p := starts(t, wizard())
	p.path("next", "next")
	stored, _ := p.stored()
	stored.History = append(make([]flow.Step, 0, 8), stored.History...) // room to write into
	stored.PassedBy = make([]flow.StateName, 0, 8)
	first, err := p.flow.Continue(t.Context(), &journal{}, p.request("next"), stored)
	require.NoError(t, err)
	stored.Previous = "other"
	second, err := p.flow.Continue(t.Context(), &journal{}, p.request("next"), stored)
	require.NoError(t, err)
	require.Equal(t, flow.StateName("b"), first.Record.History[2].Previous)
	require.Equal(t, flow.StateName("other"), second.Record.History[2].Previous)
}

// contextSealer remembers what handles are bound to.
type contextSealer struct{ contexts []string }

func (s *contextSealer) Seal(plaintext, aad []byte) []byte {
	s.contexts = append(s.contexts, string(aad))
	return plaintext
}

func (s *contextSealer) Open(sealed, _ []byte) ([]byte, error) { return sealed, nil }

func TestSealed_NoTwoFlowsShareWhatTheirHandlesAreBoundTo(t *testing.T) {
	t.Parallel()

	seals := &contextSealer{}
	for _, name := range []string{"demo", "demos"} {
		def := entrance()
		def.Name, def.TTL = name, time.Hour
		f, err := flow.New(def, seals)
		require.NoError(t, err)
		for _, who := range []flow.Party{{Tenant: "shop", User: "kim"}, {Tenant: "shopk", User: "im"}, {User: "shopkim"}, {Tenant: "shopkim"}, {}} {
			begun, err := f.Start(t.Context(), &journal{}, who, time.Now())
			require.NoError(t, err)
			last := &seals.contexts[len(seals.contexts)-1]
			require.Contains(t, *last, string(begun.Record.ID[:]))
			*last = strings.ReplaceAll(*last, string(begun.Record.ID[:]), "") // differs anyway
		}
	}
	seen := map[string]bool{}
	for _, c := range seals.contexts {
		require.False(t, seen[c], "%q", c)
		seen[c] = true
	}
}
