package flow

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"
)

// A Turn is one request on its way through a flow: what hooks and actions work with. It is valid only during the
// request and not safe for concurrent use.
type Turn[D, E any] struct {
	Data *D // what the flow remembers
	Env  E  // what the caller brought along for this request

	ctx       context.Context
	now       time.Time
	rec       *Record
	action    string // the action being run, or that was run
	values    []value
	payload   map[string]any
	scheduled []StateName
	entered   bool
	abort     Code
	err       *Error
	inputErrs []inputError
}

// Context returns the request's context.
func (t *Turn[D, E]) Context() context.Context { return t.ctx }

// Now returns the time of the request.
func (t *Turn[D, E]) Now() time.Time { return t.now }

// FlowID returns the id of the flow.
func (t *Turn[D, E]) FlowID() uuid.UUID { return t.rec.ID }

// ExpiresAt returns when the flow ends.
func (t *Turn[D, E]) ExpiresAt() time.Time { return t.rec.ExpiresAt }

// State returns the current state: the one being left in Run and Leave, the one being shown in Enter and Show.
func (t *Turn[D, E]) State() StateName { return t.rec.State }

// Previous returns the state from which the current one was entered. Errors and showing a state again do not change it.
func (t *Turn[D, E]) Previous() StateName { return t.rec.Previous }

// Visited tells whether the flow is in the given state or came through it. States undone by "back" do not count.
func (t *Turn[D, E]) Visited(state StateName) bool {
	return t.rec.State == state || t.rec.visited(state)
}

// Queued tells whether the given state is yet to come, as far as it is known now.
func (t *Turn[D, E]) Queued(state StateName) bool {
	return slices.Contains(t.scheduled, state) || slices.Contains(t.rec.Queue, state)
}

// CanGoBack tells whether the step into the current state can be undone.
func (t *Turn[D, E]) CanGoBack() bool { return len(t.rec.History) > 0 }

// Entering tells whether the current state was entered by this request, "back" included, and is not shown again.
func (t *Turn[D, E]) Entering() bool { return t.entered }

// Schedule puts states in front of the queue. What an action schedules comes before the states it continues to; what
// Leave hooks schedule comes behind them. States scheduled by an action that fails are forgotten.
func (t *Turn[D, E]) Schedule(states ...StateName) { t.scheduled = append(t.scheduled, states...) }

// Set adds a member to the payload of this one answer.
func (t *Turn[D, E]) Set(key string, value any) {
	if t.payload == nil {
		t.payload = make(map[string]any, 2)
	}
	t.payload[key] = value
}

// Flag puts a flow error on the answer while the transition goes on; an error set earlier stays. A 5xx code aborts.
func (t *Turn[D, E]) Flag(code Code) {
	if code.Status() >= 500 {
		t.Abort(code)
		return
	}
	if t.err == nil {
		t.err = &Error{Code: code}
	}
}

// Abort ends the flow in state "error" with the given code once the hook or action has returned.
func (t *Turn[D, E]) Abort(code Code) {
	if t.abort == 0 {
		t.abort = code
	}
}

// Failed tells whether the answer already carries an error.
func (t *Turn[D, E]) Failed() bool { return t.err != nil || t.abort != 0 }

// Input returns the text of a declared input, trimmed and lower-cased as declared, or "".
func (t *Turn[D, E]) Input(name string) string {
	if v := t.find(name); v != nil {
		return v.text
	}
	return ""
}

// Bool returns the truth of a declared boolean input; see [Boolean].
func (t *Turn[D, E]) Bool(name string) bool { return truth(t.Raw(name)) }

// JSON returns the JSON sent in a declared input, either as such or inside a text. It is nil if the input is missing,
// null, or not acceptable JSON.
func (t *Turn[D, E]) JSON(name string) json.RawMessage {
	raw := t.Raw(name)
	switch {
	case len(raw) == 0 || isNull(raw):
		return nil
	case !isString(raw):
		return raw
	}
	inner := []byte(unquote(raw))
	if checkJSON(inner) != nil {
		return nil
	}
	return inner
}

// Raw returns the JSON value of a declared input as it was sent, which may be null. It is nil if the input is absent.
func (t *Turn[D, E]) Raw(name string) json.RawMessage {
	if v := t.find(name); v != nil {
		return v.raw
	}
	return nil
}

func (t *Turn[D, E]) find(name string) *value {
	for i := range t.values {
		if t.values[i].name == name {
			return &t.values[i]
		}
	}
	return nil
}
