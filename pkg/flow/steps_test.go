package flow_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/flow"
)

// path walks through actions and returns the states met.
func (p *person) path(actions ...string) (names []string) {
	p.t.Helper()
	for _, a := range actions {
		got := p.do(a)
		require.NoError(p.t, got.err, a)
		names = append(names, got.Name)
	}
	return names
}

func TestQueue_StatesComeInTheOrderContinuedTo(t *testing.T) {
	t.Parallel()

	p := starts(t, definition{
		Start: []flow.StateName{"a", "z"},
		States: states{
			"a": offering(to("next", "b", "c")), "b": offering(to("next", "d")), "c": offering(to("next")),
			"d": offering(to("next")), "z": {},
		},
	})
	require.Equal(t, []string{"b", "d", "c", "z"}, p.path("next", "next", "next", "next"),
		"what an action names goes in front of what is queued")
}

func TestQueue_ActionSchedulesBeforeItsContinueAndHooksBehind(t *testing.T) {
	t.Parallel()

	schedule := func(states ...flow.StateName) func(*turn) error {
		return func(t *turn) error { t.Schedule(states...); return nil }
	}
	p := starts(t, definition{
		Start: []flow.StateName{"a", "old"},
		States: states{
			"a": {
				Leave: schedule("leave"),
				Actions: []action{does("next", func(t *turn) (flow.Outcome, error) {
					t.Schedule("first")
					t.Schedule("second")
					return flow.Continue("named"), nil
				})},
			},
			"first": offering(to("next")), "second": offering(to("next")), "named": offering(to("next")),
			"group1": offering(to("next")), "group2": offering(to("next")), "leave": offering(to("next")),
			"each": offering(to("next")), "old": offering(to("next")),
		},
		Groups: []group{{Name: "g", States: []flow.StateName{"a"}, Leave: schedule("group1", "group2")}},
		AfterEach: func(t *turn) error {
			if t.State() == "a" {
				t.Schedule("each")
			}
			return nil
		},
	})
	require.Equal(t, []string{"first", "second", "named", "group1", "group2", "leave", "each", "old"},
		p.path("next", "next", "next", "next", "next", "next", "next", "next"))
}

func TestQueue_NothingToContinueToIsAnInternalError(t *testing.T) {
	t.Parallel()

	p := starts(t, definition{Start: []flow.StateName{"a"}, States: states{"a": offering(to("next"), to("stay", "a"))}})
	requireRefused(t, p.do("next"), 500, "technical_error")
	requireState(t, p.do("stay"), "a")
}

func TestQueue_UnknownStateIsAnInternalError(t *testing.T) {
	t.Parallel()

	p := starts(t, definition{Start: []flow.StateName{"a"}, States: states{"a": offering(to("next", "nowhere"))}})
	requireRefused(t, p.do("next"), 500, "technical_error")
	_, stored := p.stored()
	require.False(t, stored)
}

func TestQueue_CannotGrowWithoutEnd(t *testing.T) {
	t.Parallel()

	p := starts(t, definition{Start: []flow.StateName{"a"}, States: states{"a": offering(does("grow", func(t *turn) (flow.Outcome, error) {
		t.Schedule("a", "a")
		return flow.Stay(), nil
	}))}})
	for range 100 {
		if p.do("grow").Status == 500 {
			return
		}
	}
	t.Fatal("the queue grows for ever")
}

func TestQueued_KnowsWhatIsToCome(t *testing.T) {
	t.Parallel()

	p := starts(t, definition{
		Start: []flow.StateName{"a", "later"},
		States: states{
			"a": offering(does("next", func(t *turn) (flow.Outcome, error) {
				t.Env.note(fmt.Sprint(t.Queued("later"), t.Queued("b"), t.Queued("a")))
				t.Schedule("b")
				t.Env.note(fmt.Sprint(t.Queued("b")))
				return flow.Continue(), nil
			})),
			"b": {}, "later": {},
		},
	})
	requireState(t, p.do("next"), "b")
	require.Equal(t, []string{"true false false", "true"}, p.env.lines)
}

// wizard is a flow of three pages one can leaf through, with hooks and "back" everywhere.
func wizard() definition {
	page := func(next flow.StateName) state {
		return state{
			Enter: func(t *turn) error { t.Set("previous", t.Previous()); t.Set("note", t.Data.Note); return nil },
			Actions: []action{
				does("next", func(t *turn) (flow.Outcome, error) { t.Data.Note += string(t.State()); return flow.Continue(next), nil }),
				does("commit", func(*turn) (flow.Outcome, error) { return flow.Continue(next).NonRevertible(), nil }),
				does("fail", func(t *turn) (flow.Outcome, error) {
					t.Data.Note = "garbage"
					t.Schedule("c")
					return flow.Fail(flow.PasskeyInvalid), nil
				}),
				does("again", func(t *turn) (flow.Outcome, error) { t.Data.Count++; return flow.Stay(), nil }),
				does("sticky", func(t *turn) (flow.Outcome, error) { t.Data.Sticky = "code"; return flow.Stay(), nil }),
				backAction,
			},
		}
	}
	return definition{
		Start:      []flow.StateName{"a"},
		States:     states{"a": page("b"), "b": page("c"), "c": page("a")},
		KeepOnBack: func(from, to *memory) { to.Sticky = from.Sticky },
	}
}

func TestBack_IsAbsentAndRefusedWhereNothingCanBeUndone(t *testing.T) {
	t.Parallel()

	p := starts(t, wizard())
	require.False(t, p.last.offers("back"))
	requireRefused(t, p.do("back"), 403, "operation_not_permitted_error")
}

func TestBack_RestoresStatePreviousQueueAndData(t *testing.T) {
	t.Parallel()

	p := starts(t, wizard())
	p.path("again", "next")
	before, _ := p.stored()
	p.path("next", "back")
	after, _ := p.stored()
	require.Equal(t, before.State, after.State)
	require.Equal(t, before.Previous, after.Previous)
	require.Equal(t, before.Queue, after.Queue)
	require.JSONEq(t, string(before.Data), string(after.Data))
	require.Equal(t, before.Version+2, after.Version, "going back is a step like others")
	require.NotEqual(t, before.TokenHash, after.TokenHash)
	require.Equal(t, "a", p.last.Payload["previous"])
	require.Equal(t, "a", p.last.Payload["note"], "as before the action that was undone, not after it")
}

func TestBack_WorksRepeatedly(t *testing.T) {
	t.Parallel()

	p := starts(t, wizard())
	require.Equal(t, []string{"b", "c", "a", "c", "b", "a"}, p.path("next", "next", "next", "back", "back", "back"))
	require.False(t, p.last.offers("back"))
}

func TestBack_StopsAtANonRevertibleStep(t *testing.T) {
	t.Parallel()

	p := starts(t, wizard())
	p.path("next", "commit")
	require.False(t, p.last.offers("back"))
	requireRefused(t, p.do("back"), 403, "operation_not_permitted_error")
	require.Equal(t, []string{"a", "c"}, p.path("next", "back"))
	require.False(t, p.last.offers("back"), "the top of the history counts")
}

func TestBack_KeepsStickyData(t *testing.T) {
	t.Parallel()

	p := starts(t, wizard())
	p.path("next", "again", "sticky", "back")
	m := p.remembered()
	require.Equal(t, "code", m.Sticky, "the current value is carried over")
	require.Zero(t, m.Count, "everything else is as it was")
}

func TestBack_FlowErrorsAndRenderingsNeverTouchHistory(t *testing.T) {
	t.Parallel()

	p := starts(t, wizard())
	p.path("next", "again")
	before, _ := p.stored()
	requireError(t, p.do("fail"), "b", 401, "passkey_invalid")
	p.path("again")
	after, _ := p.stored()
	require.Equal(t, before.History, after.History)
	require.Equal(t, before.Queue, after.Queue)
	require.Equal(t, []string{"a"}, p.path("back"))
}

func TestPrevious_IsWhereTheStateWasEnteredFrom(t *testing.T) {
	t.Parallel()

	p := starts(t, wizard())
	require.Equal(t, "", p.last.Payload["previous"])
	p.path("next")
	require.Equal(t, "a", p.last.Payload["previous"])
	require.Equal(t, "a", p.do("fail").Payload["previous"], "an error does not change it")
	require.Equal(t, "a", p.do("again").Payload["previous"], "nor does showing the state again")
	require.Equal(t, "b", p.do("next").Payload["previous"])
	require.Equal(t, "a", p.do("back").Payload["previous"])
}

func TestPrevious_ASkipHiddenByItStaysHiddenAfterAFailedAttempt(t *testing.T) {
	t.Parallel()

	p := starts(t, definition{
		Start: []flow.StateName{"chooser"},
		States: states{
			"chooser": offering(to("choose", "password")),
			"password": offering(
				takes("register", flow.String("password").Required()),
				action{
					Name:    "skip",
					Offered: func(t *turn) bool { return t.Previous() != "chooser" },
					Run:     func(*turn) (flow.Outcome, error) { return flow.Continue("done"), nil },
				}),
			"done": {},
		},
	})
	require.False(t, p.do("choose").offers("skip"))
	require.False(t, p.do("register").offers("skip"))
	requireRefused(t, p.do("skip"), 403, "operation_not_permitted_error")
}

func TestVisited_RemembersTheWayHere(t *testing.T) {
	t.Parallel()

	def := wizard()
	for name, s := range def.States {
		s.Enter = func(t *turn) error {
			t.Set("visited", fmt.Sprint(t.Visited("a"), t.Visited("b"), t.Visited("c")))
			return nil
		}
		def.States[name] = s
	}
	p := starts(t, def)
	require.Equal(t, "true false false", p.last.Payload["visited"])
	require.Equal(t, "true true false", p.do("next").Payload["visited"])
	require.Equal(t, "true false false", p.do("back").Payload["visited"], "what was undone does not count")
	require.Equal(t, "true true false", p.do("next").Payload["visited"])
	require.Equal(t, "true true true", p.do("commit").Payload["visited"], "also behind a step that cannot be undone")
	require.Equal(t, "true true true", p.do("next").Payload["visited"])
	require.Equal(t, "true true true", p.do("back").Payload["visited"])
}

func TestHistory_IsBounded(t *testing.T) {
	t.Parallel()

	p := starts(t, wizard())
	for range 3 * flow.MaxHistory {
		p.path("next")
	}
	rec, _ := p.stored()
	require.Len(t, rec.History, flow.MaxHistory)
	require.ElementsMatch(t, []flow.StateName{"a", "b", "c"}, rec.PassedBy, "no state is remembered twice")
	for range flow.MaxHistory {
		require.True(t, p.last.offers("back"))
		p.path("back")
	}
	require.False(t, p.last.offers("back"))
}

func TestHistory_LargeDataCostsTheOldestStepsFirst(t *testing.T) {
	t.Parallel()

	page := func(next flow.StateName) state {
		return offering(backAction, does("next", func(t *turn) (flow.Outcome, error) {
			t.Data.Note += fmt.Sprintf("%03000d", t.Data.Count)
			t.Data.Count++
			return flow.Continue(next), nil
		}))
	}
	p := starts(t, definition{Start: []flow.StateName{"a"}, States: states{"a": page("b"), "b": page("a")}})
	for range 10 {
		p.path("next")
		require.LessOrEqual(t, len(p.rows[p.id()]), flow.MaxRecordSize)
	}
	rec, _ := p.stored()
	require.NotEmpty(t, rec.History)
	require.Less(t, len(rec.History), 10)
	for range 10 {
		if err := p.do("next").err; err != nil {
			require.ErrorContains(t, err, "too many")
			return
		}
	}
}

func TestStay_ShowsTheStateAgainWithoutHistory(t *testing.T) {
	t.Parallel()

	p := starts(t, wizard())
	token := p.do("next").Token
	before, _ := p.stored()
	a := p.do("again")
	requireState(t, a, "b")
	after, _ := p.stored()
	require.Equal(t, before.History, after.History)
	require.Equal(t, 1, p.remembered().Count, "what the action wrote is kept")
	require.NotEqual(t, token, a.Token)
}

func TestStay_ContinuingToTheCurrentStateIsTheSame(t *testing.T) {
	t.Parallel()

	p := starts(t, definition{
		Start:  []flow.StateName{"a", "b"},
		Groups: []group{{Name: "g", States: []flow.StateName{"a"}, Leave: logs("leave group")}},
		States: states{
			"a": {Actions: []action{to("self", "a"), backAction}, Leave: logs("leave"), Enter: logs("enter")},
			"b": {},
		},
	})
	requireState(t, p.do("self"), "a")
	require.Equal(t, []string{"enter"}, p.env.lines, "the state is not left")
	require.False(t, p.last.offers("back"))
	rec, _ := p.stored()
	require.Equal(t, []flow.StateName{"b"}, rec.Queue)
}

func TestTerminal_StatesHaveNoActionsAndKeepNoData(t *testing.T) {
	t.Parallel()

	p := starts(t, definition{
		Start: []flow.StateName{"a", "success"},
		States: states{
			"a": offering(does("finish", func(t *turn) (flow.Outcome, error) {
				t.Data.Note = "password hash"
				return flow.Continue(), nil
			}), backAction),
			"success": {Enter: func(t *turn) error { t.Set("note", t.Data.Note); return nil }},
		},
	})
	a := p.do("finish")
	requireState(t, a, "success")
	require.Equal(t, "password hash", a.Payload["note"])
	require.Empty(t, a.Actions)
	require.NotEmpty(t, a.Token)
	rec, ok := p.stored()
	require.True(t, ok, "the row stays, or the start could be replayed")
	require.Empty(t, rec.Data)
	require.Empty(t, rec.History)

	for _, name := range []string{"finish", "back", "other"} {
		requireRefused(t, p.do(name), 403, "operation_not_permitted_error")
	}
}
