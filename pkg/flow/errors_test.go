package flow_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/flow"
)

// door is a flow whose actions end in every way there is.
func door() definition {
	return definition{
		Start: []flow.StateName{"door", "end"},
		States: states{
			"door": {
				Enter: func(t *turn) error { t.Set("count", t.Data.Count); return nil },
				Actions: []action{
					does("knock", func(t *turn) (flow.Outcome, error) { t.Data.Count++; return flow.Stay(), nil }),
					does("limited", func(t *turn) (flow.Outcome, error) {
						t.Data.Count = 100
						t.Schedule("inside")
						t.Set("retry_after", 41)
						return flow.Fail(flow.RateLimitExceeded), nil
					}),
					does("broken", func(t *turn) (flow.Outcome, error) {
						t.Set("leak", "x")
						return flow.Fail(flow.FlowDiscontinuity), nil
					}),
					does("abort", func(*turn) (flow.Outcome, error) { return flow.Abort(flow.PasskeyInvalid), nil }),
					does("crash", func(*turn) (flow.Outcome, error) { return nil, errors.New("secret detail") }),
					does("refuse", func(t *turn) (flow.Outcome, error) {
						t.Data.Count = 100
						return nil, flow.RefuseWith(503, flow.TechnicalError, "too busy")
					}),
					does("nothing", func(*turn) (flow.Outcome, error) { return nil, nil }),
					does("flagged", func(t *turn) (flow.Outcome, error) { return flow.Continue("limited"), nil }),
					does("doomed", func(t *turn) (flow.Outcome, error) { return flow.Continue("doomed"), nil }),
					does("both", func(t *turn) (flow.Outcome, error) { t.Abort(flow.PasskeyInvalid); return flow.Continue(), nil }),
					{Name: "closed", Offered: func(*turn) bool { return false }, Run: func(*turn) (flow.Outcome, error) { return flow.Continue(), nil }},
				},
			},
			"inside": {},
			"limited": {
				Enter: func(t *turn) error {
					t.Set("resend_after", 7)
					t.Flag(flow.RateLimitExceeded)
					t.Flag(flow.NotFound)
					return nil
				},
				Actions: []action{backAction},
			},
			"doomed": {Enter: func(t *turn) error { t.Flag(flow.FlowDiscontinuity); t.Set("leak", "x"); return nil }, Actions: []action{backAction}},
			"end":    {},
		},
	}
}

func TestError_4xxKeepsTheStateAndCommits(t *testing.T) {
	t.Parallel()

	p := starts(t, door())
	p.do("knock")
	before, _ := p.stored()
	old := p.last
	a := p.do("limited")
	requireError(t, a, "door", 429, "rate_limit_exceeded")
	require.Equal(t, map[string]any{"count": 1.0, "retry_after": 41.0}, a.Payload, "the action's payload stays, its data does not")
	require.True(t, a.offers("knock"))

	after, _ := p.stored()
	require.Equal(t, before.Version+1, after.Version)
	require.NotEqual(t, old.Token, a.Token, "the token rotates")
	require.Equal(t, before.Queue, after.Queue)
	require.Equal(t, before.Data, after.Data)
	requireRefused(t, p.stale(old, "knock"), 403, "operation_not_permitted_error")
	requireState(t, p.do("knock"), "door")
	require.Nil(t, p.last.Error, "errors are visible once")
}

func TestError_5xxRaisedByAnActionEndsTheFlow(t *testing.T) {
	t.Parallel()

	p := starts(t, door())
	a := p.do("broken")
	requireError(t, a, "error", 500, "flow_discontinuity_error")
	require.Empty(t, a.Payload)
	require.Empty(t, a.Actions)
	require.Len(t, a.Token, 32, "a real token")
	rec, ok := p.stored()
	require.True(t, ok)
	require.Equal(t, flow.StateError, rec.State)
	requireRefused(t, p.do("knock"), 403, "operation_not_permitted_error")
}

func TestError_AbortEndsTheFlowWithAnyCode(t *testing.T) {
	t.Parallel()

	for _, name := range []string{"abort", "both"} {
		p := starts(t, door())
		requireError(t, p.do(name), "error", 401, "passkey_invalid")
		rec, _ := p.stored()
		require.Equal(t, flow.StateError, rec.State)
	}
}

func TestError_AHookCanFlagWhileTheTransitionHappens(t *testing.T) {
	t.Parallel()

	p := starts(t, door())
	a := p.do("flagged")
	requireError(t, a, "limited", 429, "rate_limit_exceeded")
	require.EqualValues(t, 7, a.Payload["resend_after"])
	require.True(t, a.offers("back"))
	rec, _ := p.stored()
	require.Equal(t, flow.StateName("limited"), rec.State)
	require.Equal(t, &flow.Error{Code: flow.RateLimitExceeded}, a.result.Error)
}

func TestError_A5xxFlaggedByAHookEndsTheFlow(t *testing.T) {
	t.Parallel()

	p := starts(t, door())
	a := p.do("doomed")
	requireError(t, a, "error", 500, "flow_discontinuity_error")
	require.Empty(t, a.Payload)
}

func TestError_AHookOnTheWayOutCanEndTheFlow(t *testing.T) {
	t.Parallel()

	abort := func(t *turn) error {
		t.Env.note("aborted")
		t.Schedule("b")
		t.Abort(flow.PlatformAuthenticatorRequired)
		return nil
	}
	for name, change := range map[string]func(*definition){
		"group":      func(d *definition) { d.Groups = []group{{Name: "g", States: []flow.StateName{"a"}, Leave: abort}} },
		"state":      func(d *definition) { d.States["a"] = state{Leave: abort, Actions: d.States["a"].Actions} },
		"after each": func(d *definition) { d.AfterEach = abort },
	} {
		def := definition{
			Start:     []flow.StateName{"a", "success"},
			States:    states{"a": {Actions: []action{to("on")}}, "b": {}, "success": {Enter: logs("session issued")}},
			AfterEach: logs("went on"),
		}
		if name == "group" {
			def.States["a"] = state{Leave: logs("went on"), Actions: def.States["a"].Actions}
		}
		change(&def)
		p := starts(t, def)
		requireError(t, p.do("on"), "error", 401, "platform_authenticator_required")
		require.Equal(t, []string{"aborted"}, p.env.lines, name)
	}
}

func TestError_TheErrorStateMayHaveAPayloadButNoActions(t *testing.T) {
	t.Parallel()

	def := door()
	def.States[flow.StateError] = state{Enter: func(t *turn) error { t.Set("help", "call us"); return nil }}
	require.Equal(t, map[string]any{"help": "call us"}, starts(t, def).do("broken").Payload)

	def.States[flow.StateError] = offering(to("out", "door"))
	_, err := flow.New(def, newSealer(t))
	require.ErrorContains(t, err, "error")
}

func TestError_UnexpectedFailuresStoreNothingAndTellNothing(t *testing.T) {
	t.Parallel()

	p := starts(t, door())
	p.do("knock")
	before := string(p.rows[p.id()])
	for _, name := range []string{"crash", "nothing"} {
		a := p.do(name)
		requireRefused(t, a, 500, "technical_error")
		require.NotContains(t, a.body, "secret detail")
		require.Equal(t, before, string(p.rows[p.id()]))
	}
	requireState(t, p.do("knock"), "door")
}

func TestError_AnActionCanRefuseOutsideOfTheFlow(t *testing.T) {
	t.Parallel()

	p := starts(t, door())
	p.do("knock")
	before := string(p.rows[p.id()])
	requireRefused(t, p.do("refuse"), 503, "technical_error")
	require.Equal(t, before, string(p.rows[p.id()]))
	requireState(t, p.do("knock"), "door")
}

// TestRefused_WritesNothingAndKeepsTheToken walks through everything that is turned away before an action runs.
func TestRefused_WritesNothingAndKeepsTheToken(t *testing.T) {
	t.Parallel()

	for name, tc := range map[string]struct {
		change func(*person, *flow.Request)
		status int
		code   string
	}{
		"unknown flow":        {func(_ *person, r *flow.Request) { r.ID = uuid.New() }, 403, "operation_not_permitted_error"},
		"no token":            {func(_ *person, r *flow.Request) { r.CSRFToken = "" }, 403, "operation_not_permitted_error"},
		"wrong token":         {func(_ *person, r *flow.Request) { r.CSRFToken = "k3JtY0hQn7bWx1VrZ5sLd8GfAa2PuE9c" }, 403, "operation_not_permitted_error"},
		"token in wrong case": {func(p *person, r *flow.Request) { r.CSRFToken = swapCase(r.CSRFToken) }, 403, "operation_not_permitted_error"},
		"token cut short":     {func(p *person, r *flow.Request) { r.CSRFToken = r.CSRFToken[:31] }, 403, "operation_not_permitted_error"},
		"hash as token": {func(p *person, r *flow.Request) {
			rec, _ := p.stored()
			r.CSRFToken = rec.TokenHash
		}, 403, "operation_not_permitted_error"},
		"unknown action":     {func(_ *person, r *flow.Request) { r.Action = "open" }, 403, "operation_not_permitted_error"},
		"action not offered": {func(_ *person, r *flow.Request) { r.Action = "closed" }, 403, "operation_not_permitted_error"},
		"another user":       {func(_ *person, r *flow.Request) { r.User = "mallory" }, 403, "operation_not_permitted_error"},
		"expired":            {func(p *person, r *flow.Request) { r.Now = p.now.Add(time.Hour + time.Microsecond) }, 410, "flow_expired_error"},
		"expired, wrong token": {func(p *person, r *flow.Request) {
			r.Now = p.now.Add(2 * time.Hour)
			r.CSRFToken = "wrong"
		}, 410, "flow_expired_error"},
		"wrong token, unknown action": {func(p *person, r *flow.Request) { r.CSRFToken, r.Action = "wrong", "open" }, 403, "operation_not_permitted_error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := starts(t, door())
			p.do("knock")
			before := string(p.rows[p.id()])
			req := p.request("knock")
			tc.change(p, &req)
			requireRefused(t, p.send(req), tc.status, tc.code)
			require.Equal(t, before, string(p.rows[p.id()]))
			require.Len(t, p.rows, 1)
			requireState(t, p.do("knock"), "door")
			require.Equal(t, 2, p.remembered().Count)
		})
	}
}

func swapCase(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' {
			b[i] = c ^ 0x20
		}
	}
	return string(b)
}

func TestRefused_AFlowIsBoundToItsName(t *testing.T) {
	t.Parallel()

	login, registration := door(), door()
	login.Name, registration.Name = "login", "registration"
	p, q := meet(t, login), meet(t, registration)
	q.rows = p.rows
	p.start()
	q.last = p.last
	requireRefused(t, q.do("knock"), 403, "operation_not_permitted_error")
	p.do("knock")
	q.last = p.last
	requireRefused(t, q.do("knock"), 403, "operation_not_permitted_error")
}

func TestRefused_AnUnknownStateOrUnreadableDataIsAnInternalError(t *testing.T) {
	t.Parallel()

	p := starts(t, door())
	p.do("knock")
	for _, change := range []func(*flow.Record){
		func(r *flow.Record) { r.State = "from_an_older_version" },
		func(r *flow.Record) { r.Data = []byte(`{"count":"many"}`) },
	} {
		rec, _ := p.stored()
		change(rec)
		_, err := p.flow.Continue(t.Context(), p.env, p.request("knock"), rec)
		require.Error(t, err)
		require.Equal(t, 500, flow.ErrorResponse(err).Status)
	}
	rec, _ := p.stored()
	rec.History = []flow.Step{{State: "gone"}}
	def := door()
	def.States["door"] = offering(backAction)
	q := meet(t, def)
	_, err := q.flow.Continue(t.Context(), p.env, p.request("back"), rec)
	require.ErrorContains(t, err, "gone")
}

func TestRefused_ARecordOfAnotherFlowIsNotUsed(t *testing.T) {
	t.Parallel()

	p := starts(t, door())
	p.do("knock")
	rec, _ := p.stored()
	req := p.request("knock")
	req.ID = uuid.New()
	_, err := p.flow.Continue(t.Context(), p.env, req, rec)
	require.Equal(t, 403, flow.ErrorResponse(err).Status)
}

func TestExpiry_IsFixedAtTheStart(t *testing.T) {
	t.Parallel()

	p := starts(t, door())
	begin := p.now
	for _, after := range []time.Duration{30 * time.Minute, time.Hour} {
		p.now = begin.Add(after)
		requireState(t, p.do("knock"), "door")
	}
	p.now = begin.Add(time.Hour + time.Second)
	requireRefused(t, p.do("knock"), 410, "flow_expired_error")
}

func TestBack_WithNothingToUndoIsAProgrammingError(t *testing.T) {
	t.Parallel()

	p := starts(t, definition{Start: []flow.StateName{"a"}, States: states{"a": offering(does("x", func(*turn) (flow.Outcome, error) {
		return flow.Back(), nil
	}))}})
	requireRefused(t, p.do("x"), 500, "technical_error")
}
