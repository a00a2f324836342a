package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/google/uuid"
)

// Write says what the caller has to do with a result's record.
type Write uint8

// The ways to store a record.
const (
	None   Write = iota // nothing: the flow travels in the CSRF token; effects must not have been queued
	Insert              // a new row; if the id exists, drop everything and answer with [Conflict]
	Update              // the row whose version is From; if there is none, drop everything and answer with [Conflict]
)

// A Result is what a request led to, not yet stored. The caller applies the request's effects and the record in one
// transaction, and then renders the answer.
type Result struct {
	Write    Write
	Record   *Record
	Document []byte // the record, encoded: what to store
	From     int    // for Update: the version that must still be stored
	Error    *Error // the flow error the answer will carry, if any

	render func() (*Response, error)
}

// Render describes the state reached. Call it once, after the record was stored. An error means that the answer is 500
// although the step was taken.
func (r *Result) Render() (*Response, error) { return r.render() }

// Start begins a flow. Nothing is to be stored: the flow travels in the answer's CSRF token until a person acts.
func (f *Flow[D, E]) Start(ctx context.Context, env E, who Party, now time.Time) (_ *Result, err error) {
	defer recoverTo(&err)
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("flow %s: make an id: %w", f.def.Name, err)
	}
	rec := &Record{
		ID:        id,
		Flow:      f.def.Name,
		User:      who.User,
		ExpiresAt: now.Add(f.def.TTL).UTC().Truncate(time.Microsecond),
		State:     f.def.Start[0],
		Queue:     f.def.Start[1:],
	}
	t := &Turn[D, E]{Data: new(D), Env: env, ctx: ctx, now: now, rec: rec}
	if f.def.Init != nil {
		if err := f.def.Init(t); err != nil {
			return nil, fmt.Errorf("flow %s: init: %w", f.def.Name, err)
		}
		if len(t.scheduled) > 0 {
			return nil, fmt.Errorf("flow %s: init must not schedule states", f.def.Name)
		}
	}
	t.entered = true
	if err := f.enter(t); err != nil {
		return nil, err
	}
	return f.conclude(t, who, None, 0)
}

// Continue runs an action. stored is the record found under the request's tenant and flow id, or nil if there is none;
// it is not changed. A [Refusal] or any other error means that nothing may be stored; see [ErrorResponse].
func (f *Flow[D, E]) Continue(ctx context.Context, env E, req Request, stored *Record) (_ *Result, err error) {
	defer recoverTo(&err)
	rec, err := f.open(req, stored)
	if err != nil {
		return nil, err
	}
	s := f.states[rec.State]
	if s == nil {
		return nil, fmt.Errorf("flow %s: record %s is in unknown state %q", f.def.Name, rec.ID, rec.State)
	}
	a := s.action(req.Action)
	if a == nil {
		return nil, Refuse(NotPermitted, "the state does not define the action")
	}
	t := &Turn[D, E]{Env: env, ctx: ctx, now: req.Now, rec: rec, action: a.Name}
	if err := f.loadData(t); err != nil {
		return nil, err
	}
	if f.def.BeforeEach != nil {
		if err := f.def.BeforeEach(t); err != nil {
			return nil, fmt.Errorf("flow %s: before %s: %w", f.def.Name, a.Name, err)
		}
	}
	if a.Offered != nil && !a.Offered(t) {
		return nil, Refuse(NotPermitted, "the action is not offered now")
	}
	outcome, err := f.run(t, a, req.Body)
	if err != nil {
		return nil, fmt.Errorf("flow %s: %s: %w", f.def.Name, a.Name, err)
	}
	if err := f.apply(t, s, a, outcome); err != nil {
		return nil, fmt.Errorf("flow %s: after %s: %w", f.def.Name, a.Name, err)
	}
	switch _, moved := outcome.(Continuation); {
	case stored != nil:
		return f.conclude(t, req.Party, Update, stored.Version)
	case a.Sealed && moved && !t.Failed():
		return f.conclude(t, req.Party, None, 0)
	default:
		return f.conclude(t, req.Party, Insert, 0)
	}
}

// open returns a copy of the record a request is about, or a refusal.
func (f *Flow[D, E]) open(req Request, stored *Record) (*Record, error) {
	var rec Record
	if stored != nil {
		rec = *stored
	} else {
		if !IsHandle(req.CSRFToken) {
			return nil, Refuse(NotPermitted, "the flow is not known")
		}
		opened, err := openHandle(f.sealer, req.CSRFToken, f.def.Name, req.ID, req.Party)
		if err != nil {
			return nil, Refuse(NotPermitted, "the handle does not open: "+err.Error())
		}
		rec = *opened
	}
	switch {
	case rec.ID != req.ID:
		return nil, Refuse(NotPermitted, "the record has another id")
	case rec.Flow != f.def.Name:
		return nil, Refuse(NotPermitted, "the id belongs to flow "+rec.Flow)
	case rec.User != req.User:
		return nil, Refuse(NotPermitted, "the flow belongs to another user")
	case req.Now.After(rec.ExpiresAt):
		return nil, Refuse(FlowExpired, "the flow has expired")
	case stored != nil && !rec.accepts(req.CSRFToken):
		return nil, Refuse(NotPermitted, "the CSRF token is not the current one")
	}
	return &rec, nil
}

// run reads the inputs and, if they are acceptable, takes the action.
func (f *Flow[D, E]) run(t *Turn[D, E], a *action[D, E], body Body) (Outcome, error) {
	if a.Inputs != nil {
		inputs := a.Inputs(t)
		t.values = make([]value, len(inputs))
		var rejection Rejection
		for i := range inputs {
			in := &inputs[i]
			t.values[i] = normalise(in, body.Input[in.name])
			if code := check(in, &t.values[i]); code != 0 {
				rejection.errors = append(rejection.errors, inputError{in.name, code})
			}
		}
		if len(rejection.errors) > 0 {
			return rejection, nil
		}
	}
	outcome, err := a.Run(t)
	if err == nil && outcome == nil {
		err = errors.New("ended without an outcome")
	}
	return outcome, err
}

// conclude brings the record into the form to be stored, gives it a token, and hands it over.
func (f *Flow[D, E]) conclude(t *Turn[D, E], who Party, write Write, from int) (*Result, error) {
	rec := t.rec
	if f.states[rec.State].terminal() {
		rec.Data, rec.Queue, rec.History, rec.PassedBy = nil, nil, nil, nil
	} else if err := f.saveData(t); err != nil {
		return nil, err
	}

	token := ""
	if write != None {
		token = newToken()
		rec.TokenHash = hashToken(token)
		rec.Version = 0
		if write == Update {
			rec.Version = from + 1
		}
	}
	document, err := rec.encodeBounded()
	if err != nil {
		return nil, fmt.Errorf("flow %s: state %s: %w", f.def.Name, rec.State, err)
	}
	if write == None {
		token = sealHandle(f.sealer, rec, document, who.Tenant)
	}
	return &Result{
		Write: write, Record: rec, Document: document, From: from, Error: t.err,
		render: func() (*Response, error) { return f.render(t, token) },
	}, nil
}

func (f *Flow[D, E]) loadData(t *Turn[D, E]) error {
	t.Data = new(D)
	if len(t.rec.Data) == 0 {
		return nil
	}
	if err := json.Unmarshal(t.rec.Data, t.Data); err != nil {
		return fmt.Errorf("flow %s: data of record %s: %w", f.def.Name, t.rec.ID, err)
	}
	return nil
}

func (f *Flow[D, E]) saveData(t *Turn[D, E]) error {
	data, err := json.Marshal(t.Data)
	if err != nil {
		return fmt.Errorf("flow %s: data in state %s: %w", f.def.Name, t.rec.State, err)
	}
	if string(data) == "{}" {
		data = nil
	}
	t.rec.Data = data
	return nil
}

// A PanicError is a panic of a hook or an action, turned into an error.
type PanicError struct {
	Value any
	Stack []byte
}

// Error describes the panic without its stack.
func (p *PanicError) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

func recoverTo(err *error) {
	if v := recover(); v != nil {
		*err = &PanicError{Value: v, Stack: debug.Stack()}
	}
}
