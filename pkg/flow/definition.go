package flow

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// StateName names a state; clients choose what to show by it.
type StateName string

// StateError is the state every flow has: its dead end. A definition may describe it, for example to set a payload.
const StateError StateName = "error"

// Queued stands in [Action.Leads] for whatever is queued.
const Queued StateName = "*"

// A State is a room in a flow: what it shows, and the actions that lead out of it. A state without actions is
// terminal: nothing leads on from it and its record keeps no data.
type State[D, E any] struct {
	// Enter runs whenever the state is about to be shown: on entry, on "back", and again after every error. What it
	// writes to Data is always stored. It may set payload, flag an error or abort; it cannot schedule states.
	Enter func(*Turn[D, E]) error

	// Show runs after the caller has stored the record and applied the request's effects, right before the actions
	// are described; it sets payload that must show the new state of the world. What it writes to Data is lost.
	Show func(*Turn[D, E]) error

	// Actions are listed in this order.
	Actions []Action[D, E]

	// Leave runs when a continuation moves from this state to another one. It may schedule states.
	Leave func(*Turn[D, E]) error
}

// An Action is offered, described by its inputs, and run.
type Action[D, E any] struct {
	Name        string // part of the action's address: lower-case letters, digits, underscores
	Description string // English, for people reading the protocol

	// Offered tells whether the action can be taken now; nil means always. An action that is not offered is not
	// listed, and posting it is refused.
	Offered func(*Turn[D, E]) bool

	// Inputs describes what may be sent along; nil means nothing. See [Inputs] for a fixed list.
	Inputs func(*Turn[D, E]) []Input

	// Run takes the action. It is called after the inputs were accepted.
	Run func(*Turn[D, E]) (Outcome, error)

	// Leads names every state that Run may continue to or schedule; [Queued] is among them where it may leave the next state to the
	// queue, and the same as nothing. States that the flow does not have are left out. See [Definition.Closed].
	Leads []StateName

	// Sealed marks an action after whose success a flow that is not stored yet stays so, because nothing a person
	// did has happened. Its step cannot be undone by "back".
	Sealed bool
}

// A Group is a set of states with a common way out (a sub-flow). A state belongs to one group at most; states in no
// group belong to the flow itself.
type Group[D, E any] struct {
	Name   string
	States []StateName

	// Leave runs when a continuation leads from a state of the group to a state outside of it, or when nothing is
	// queued. It may schedule states. It runs each time; a hook that must act once keeps a mark in Data.
	Leave func(*Turn[D, E]) error

	// Leads names every state that Leave may schedule, in their order. See [Definition.Closed].
	Leads []StateName
}

// A Definition describes a flow. It is read by [New] and must not be changed afterwards.
type Definition[D, E any] struct {
	Name   string        // also the path: "/login"
	TTL    time.Duration // lifetime from the start; activity does not extend it
	Start  []StateName   // the first state, and the queue behind it
	States map[StateName]State[D, E]
	Groups []Group[D, E]

	// Closed refuses each step that leads elsewhere than Leads of its action and group say, so that what is drawn from the definition is
	// true. Nothing but those may then schedule states.
	Closed bool

	// Init fills the data of a new flow; optional.
	Init func(*Turn[D, E]) error

	// BeforeEach runs before an action is looked at, for example to load the user of a session. To turn the request
	// away it returns a [Refusal].
	BeforeEach func(*Turn[D, E]) error

	// AfterEach runs after each continuation, behind the Leave hooks. It may schedule states.
	AfterEach func(*Turn[D, E]) error

	// KeepOnBack copies what must survive "back" from the data as it is to the data that is being restored.
	KeepOnBack func(from, to *D)
}

// A Flow is a checked definition, ready to run. It is safe for concurrent use.
type Flow[D, E any] struct {
	def    Definition[D, E]
	sealer Sealer
	states map[StateName]*state[D, E]
}

type state[D, E any] struct {
	State[D, E]
	name    StateName
	group   *Group[D, E]
	actions []*action[D, E]
}

type action[D, E any] struct {
	Action[D, E]
	href string // "/login?action=NAME%40", the flow's id is appended
}

func (s *state[D, E]) terminal() bool { return len(s.actions) == 0 }

func (s *state[D, E]) action(name string) *action[D, E] {
	for _, a := range s.actions {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// New checks a definition and makes it ready to run. All mistakes found are reported at once.
func New[D, E any](def Definition[D, E], sealer Sealer) (*Flow[D, E], error) {
	f := &Flow[D, E]{def: def, sealer: sealer, states: make(map[StateName]*state[D, E], len(def.States)+1)}
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }

	if !isName(def.Name) {
		problem("the name %q is not made of a-z, 0-9 and _", def.Name)
	}
	if def.TTL <= 0 {
		problem("the TTL must be positive")
	}
	if sealer == nil {
		problem("a sealer is needed")
	}
	for name, s := range def.States {
		f.states[name] = f.compile(name, s, problem)
	}
	if f.states[StateError] == nil {
		f.states[StateError] = &state[D, E]{name: StateError}
	}
	if !f.states[StateError].terminal() {
		problem("state %q must not have actions", StateError)
	}
	if len(def.Start) == 0 {
		problem("no start state")
	}
	for _, name := range def.Start {
		if f.states[name] == nil {
			problem("start state %q does not exist", name)
		}
	}
	f.group(problem)
	if len(problems) > 0 {
		return nil, fmt.Errorf("flow %q: %w", def.Name, errors.Join(problems...))
	}
	return f, nil
}

func (f *Flow[D, E]) compile(name StateName, s State[D, E], problem func(string, ...any)) *state[D, E] {
	if !isName(string(name)) {
		problem("the state name %q is not made of a-z, 0-9 and _", name)
	}
	compiled := &state[D, E]{State: s, name: name}
	for _, a := range s.Actions {
		switch {
		case !isName(a.Name):
			problem("state %q: the action name %q is not made of a-z, 0-9 and _", name, a.Name)
		case a.Run == nil:
			problem("state %q: action %q has no Run", name, a.Name)
		case compiled.action(a.Name) != nil:
			problem("state %q: action %q exists twice", name, a.Name)
		}
		compiled.actions = append(compiled.actions, &action[D, E]{
			Action: a,
			href:   "/" + f.def.Name + "?action=" + a.Name + "%40",
		})
	}
	return compiled
}

func (f *Flow[D, E]) group(problem func(string, ...any)) {
	for i := range f.def.Groups {
		g := &f.def.Groups[i]
		for _, name := range g.States {
			s := f.states[name]
			switch {
			case s == nil:
				problem("group %q: state %q does not exist", g.Name, name)
			case s.group != nil:
				problem("state %q is in two groups, %q and %q", name, s.group.Name, g.Name)
			default:
				s.group = g
			}
		}
	}
}

// Name returns the flow's name.
func (f *Flow[D, E]) Name() string { return f.def.Name }

// StateNames returns all states in alphabetical order.
func (f *Flow[D, E]) StateNames() []StateName {
	names := make([]StateName, 0, len(f.states))
	for name := range f.states {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// ActionNames returns the actions a state defines, in order, or nil if there is no such state.
func (f *Flow[D, E]) ActionNames(name StateName) []string {
	s := f.states[name]
	if s == nil {
		return nil
	}
	names := make([]string, 0, len(s.actions))
	for _, a := range s.actions {
		names = append(names, a.Name)
	}
	return names
}

// BackAction is the action that undoes the last step; it is offered whenever that is possible.
func BackAction[D, E any]() Action[D, E] {
	return Action[D, E]{
		Name:        "back",
		Description: "Go back to where this state was entered from.",
		Offered:     (*Turn[D, E]).CanGoBack,
		Run:         func(*Turn[D, E]) (Outcome, error) { return Back(), nil },
	}
}

// isName accepts what may stand in an address and in JSON without escaping.
func isName(s string) bool {
	if s == "" || len(s) > maxNameLength {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}
