package flow

// An Outcome is how an action ends: [Continue], [Stay], [Reject], [Fail], [Abort] or [Back].
type Outcome interface{ outcome() }

// A Continuation moves the flow on.
type Continuation struct {
	states []StateName
	stay   bool
	final  bool
}

// Continue moves on to the given states, one after the other; the rest of the queue follows them. Without states, it
// moves on to the next queued state. Continuing to the current state shows it again, without an entry in the history.
func Continue(states ...StateName) Continuation {
	return Continuation{states: states}
}

// Stay shows the current state again after a success.
func Stay() Continuation {
	return Continuation{stay: true}
}

// NonRevertible makes the step one that "back" cannot undo, nor anything before it.
func (c Continuation) NonRevertible() Continuation {
	c.final = true
	return c
}

// A Rejection refuses inputs after a semantic check.
type Rejection struct{ errors []inputError }

type inputError struct {
	name string
	code InputCode
}

// Reject answers 400 form_data_invalid_error with an error at the named input and stays in the state. What the action
// wrote to Data is discarded.
func Reject(input string, code InputCode) Rejection {
	return Rejection{errors: []inputError{{input, code}}}
}

// And adds an error at a further input.
func (r Rejection) And(input string, code InputCode) Rejection {
	return Rejection{errors: append(r.errors[:len(r.errors):len(r.errors)], inputError{input, code})}
}

// A Failure ends an action with a flow error.
type Failure struct {
	code  Code
	abort bool
}

// Fail answers with a flow error. With a 4xx code the flow stays in its state; a 5xx code ends it in state "error".
// What the action wrote to Data is discarded.
func Fail(code Code) Failure {
	return Failure{code: code}
}

// Abort ends the flow in state "error" with the given code, whatever its status.
func Abort(code Code) Failure {
	return Failure{code: code, abort: true}
}

type backStep struct{}

// Back undoes the last step: state, previous state, queue and data are those from before it, except what
// [Definition.KeepOnBack] carries over.
func Back() Outcome { return backStep{} }

func (Continuation) outcome() {}
func (Rejection) outcome()    {}
func (Failure) outcome()      {}
func (backStep) outcome()     {}
