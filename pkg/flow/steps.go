package flow

import (
	"errors"
	"fmt"
	"slices"
)

// apply changes the record as the outcome of an action demands and runs the hooks on the way.
func (f *Flow[D, E]) apply(t *Turn[D, E], s *state[D, E], a *action[D, E], outcome Outcome) error {
	if t.abort != 0 {
		return f.toError(t)
	}
	switch o := outcome.(type) {
	case Continuation:
		return f.advance(t, s, a, o)
	case Rejection:
		for _, e := range o.errors {
			if t.find(e.name) == nil {
				return fmt.Errorf("rejected the undeclared input %q", e.name)
			}
		}
		t.inputErrs = o.errors
		return f.fail(t, FormDataInvalid)
	case Failure:
		if o.abort || o.code.Status() >= 500 {
			t.abort = o.code
			return f.toError(t)
		}
		return f.fail(t, o.code)
	case backStep:
		return f.back(t)
	default:
		return fmt.Errorf("unknown outcome %T", outcome)
	}
}

// advance moves on along the queue.
func (f *Flow[D, E]) advance(t *Turn[D, E], s *state[D, E], a *action[D, E], o Continuation) error {
	if err := f.checkStep(a, o, t.scheduled); err != nil {
		return err
	}
	if o.stay {
		o.states = []StateName{s.name}
	}
	step := Step{State: s.name, Previous: t.rec.Previous, Queue: t.rec.Queue, Data: t.rec.Data}
	front := slices.Concat(t.scheduled, o.states)
	t.scheduled = nil

	next := slices.Concat(front, t.rec.Queue)
	if len(next) == 0 || next[0] != s.name {
		if err := f.leave(t, s, next); err != nil {
			return err
		}
	}
	if f.def.AfterEach != nil && t.abort == 0 {
		if err := f.def.AfterEach(t); err != nil {
			return fmt.Errorf("after each: %w", err)
		}
	}
	if t.abort != 0 {
		return f.toError(t)
	}
	queue := slices.Concat(front, t.scheduled, t.rec.Queue)
	t.scheduled = nil
	if err := f.checkQueue(queue); err != nil {
		return err
	}
	t.rec.Queue = queue[1:]
	if queue[0] != s.name {
		t.rec.push(step)
		t.rec.State, t.rec.Previous = queue[0], s.name
		t.entered = true
		if o.final || a.Sealed {
			t.rec.seal()
		}
	}
	return f.enter(t)
}

func (f *Flow[D, E]) checkQueue(queue []StateName) error {
	if len(queue) == 0 {
		return errors.New("no state to continue to")
	}
	if len(queue) > maxQueue {
		return fmt.Errorf("%d states in the queue", len(queue))
	}
	for _, name := range queue {
		if f.states[name] == nil {
			return fmt.Errorf("continued to unknown state %q", name)
		}
	}
	return nil
}

// leave runs the hooks on the way out of a state: first that of its group, if the way leads out of it, then its own.
func (f *Flow[D, E]) leave(t *Turn[D, E], s *state[D, E], next []StateName) error {
	if g := s.group; g != nil && g.Leave != nil {
		outside := len(next) == 0
		if !outside {
			to := f.states[next[0]]
			outside = to == nil || to.group != g
		}
		if outside {
			if err := g.Leave(t); err != nil {
				return fmt.Errorf("leave group %s: %w", g.Name, err)
			}
			if err := f.checkScheduled(t.scheduled, g.Leads); err != nil {
				return fmt.Errorf("leave group %s: %w", g.Name, err)
			}
		}
	}
	if s.Leave != nil && t.abort == 0 {
		if err := s.Leave(t); err != nil {
			return fmt.Errorf("leave %s: %w", s.name, err)
		}
	}
	return nil
}

// fail shows the state again with an error, on the data from before the action.
func (f *Flow[D, E]) fail(t *Turn[D, E], code Code) error {
	if err := f.loadData(t); err != nil {
		return err
	}
	t.scheduled = nil
	t.err = &Error{Code: code}
	return f.enter(t)
}

// back undoes the last step.
func (f *Flow[D, E]) back(t *Turn[D, E]) error {
	if !t.CanGoBack() {
		return errors.New("went back where that is impossible")
	}
	last := len(t.rec.History) - 1
	step := t.rec.History[last]
	current := t.Data
	t.rec.History = slices.Clip(t.rec.History[:last])
	t.rec.State, t.rec.Previous, t.rec.Queue, t.rec.Data = step.State, step.Previous, step.Queue, step.Data
	t.scheduled = nil
	if f.states[step.State] == nil {
		return fmt.Errorf("went back to unknown state %q", step.State)
	}
	if err := f.loadData(t); err != nil {
		return err
	}
	if f.def.KeepOnBack != nil {
		f.def.KeepOnBack(current, t.Data)
	}
	t.entered = true
	return f.enter(t)
}

// enter prepares the current state for being shown.
func (f *Flow[D, E]) enter(t *Turn[D, E]) error {
	s := f.states[t.rec.State]
	if s.Enter == nil {
		return nil
	}
	if err := s.Enter(t); err != nil {
		return fmt.Errorf("enter %s: %w", s.name, err)
	}
	if len(t.scheduled) > 0 {
		return fmt.Errorf("enter %s: must not schedule states", s.name)
	}
	if t.abort != 0 && s.name != StateError {
		return f.toError(t)
	}
	return nil
}

// toError ends the flow.
func (f *Flow[D, E]) toError(t *Turn[D, E]) error {
	t.err = &Error{Code: t.abort}
	t.payload, t.scheduled, t.inputErrs = nil, nil, nil
	if t.rec.State != StateError {
		t.rec.Previous = t.rec.State
	}
	t.rec.State = StateError
	t.entered = true
	return f.enter(t)
}
