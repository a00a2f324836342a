package flow

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Error is a flow-level error.
type Error struct{ Code Code }

// A Response is what the client gets. The HTTP status is Status, the content type application/json.
type Response struct {
	Name      StateName
	Status    int
	Payload   map[string]any // "{}" if empty
	CSRFToken string
	Actions   []OfferedAction
	Error     *Error

	engine bool            // an answer outside of any action: it has no payload
	body   json.RawMessage // the marshalled payload
}

// An OfferedAction is an action as the client sees it.
type OfferedAction struct {
	Name        string
	Href        string
	Description string
	Inputs      []OfferedInput
}

// An OfferedInput is an input as the client sees it.
type OfferedInput struct {
	Input
	Echo  *string // what is shown of a preserved value; null if nil
	Error InputCode
}

// Body returns the answer as JSON.
func (r *Response) Body() []byte { return r.AppendJSON(make([]byte, 0, 1024)) }

// MarshalJSON implements [json.Marshaler].
func (r *Response) MarshalJSON() ([]byte, error) { return r.Body(), nil }

// AppendJSON appends the answer as JSON.
func (r *Response) AppendJSON(b []byte) []byte {
	b = append(b, `{"name":`...)
	b = appendString(b, string(r.Name))
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(r.Status), 10)
	if !r.engine {
		b = append(b, `,"payload":`...)
		if len(r.body) == 0 {
			b = append(b, `{}`...)
		} else {
			b = append(b, r.body...)
		}
	}
	b = append(b, `,"csrf_token":`...)
	b = appendString(b, r.CSRFToken)
	b = append(b, `,"actions":{`...)
	for i := range r.Actions {
		if i > 0 {
			b = append(b, ',')
		}
		b = r.Actions[i].append(b)
	}
	b = append(b, '}')
	if r.Error != nil {
		b = append(b, `,"error":`...)
		b = appendError(b, r.Error.Code.text())
	}
	return append(b, `,"links":null}`...)
}

func (a *OfferedAction) append(b []byte) []byte {
	b = appendString(b, a.Name)
	b = append(b, `:{"action":`...)
	b = appendString(b, a.Name)
	b = append(b, `,"href":`...)
	b = appendString(b, a.Href)
	b = append(b, `,"inputs":{`...)
	for i := range a.Inputs {
		if i > 0 {
			b = append(b, ',')
		}
		b = a.Inputs[i].append(b)
	}
	b = append(b, `},"description":`...)
	b = appendString(b, a.Description)
	return append(b, '}')
}

func (i *OfferedInput) append(b []byte) []byte {
	b = appendString(b, i.name)
	b = append(b, `:{"name":`...)
	b = appendString(b, i.name)
	b = append(b, `,"type":`...)
	b = appendString(b, string(i.kind))
	switch {
	case i.Echo != nil:
		b = append(b, `,"value":`...)
		b = appendString(b, *i.Echo)
	case i.value != nil:
		b = append(b, `,"value":`...)
		b = appendString(b, *i.value)
	case i.preserve:
		b = append(b, `,"value":null`...)
	}
	b = appendLimit(b, "min_length", i.min)
	b = appendLimit(b, "max_length", i.max)
	b = appendOption(b, "required", i.required)
	b = appendOption(b, "hidden", i.hidden)
	if i.Error != 0 {
		b = append(b, `,"error":`...)
		b = appendError(b, i.Error.text())
	}
	if len(i.allowed) > 0 {
		b = append(b, `,"allowed_values":[`...)
		for n, c := range i.allowed {
			if n > 0 {
				b = append(b, ',')
			}
			b = append(b, `{"value":`...)
			b = appendString(b, c.Value)
			b = append(b, `,"name":`...)
			b = appendString(b, c.Name)
			b = append(b, '}')
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

func appendLimit(b []byte, name string, limit int) []byte {
	if limit <= 0 {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return strconv.AppendInt(b, int64(limit), 10)
}

func appendOption(b []byte, name string, o option) []byte {
	if o == unsaid {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return strconv.AppendBool(b, o == yes)
}

func appendError(b []byte, text codeText) []byte {
	b = append(b, `{"code":`...)
	b = appendString(b, text.name)
	b = append(b, `,"message":`...)
	b = appendString(b, text.message)
	return append(b, '}')
}

// appendString appends a JSON string; plain ASCII needs no help.
func appendString(b []byte, s string) []byte {
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(s) // a string always has a JSON form
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// render describes the current state. It runs after the record was stored.
func (f *Flow[D, E]) render(t *Turn[D, E], token string) (_ *Response, err error) {
	defer recoverTo(&err)
	s := f.states[t.rec.State]
	if s.Show != nil {
		if err := s.Show(t); err != nil {
			return nil, fmt.Errorf("flow %s: show %s: %w", f.def.Name, s.name, err)
		}
	}
	r := &Response{Name: s.name, Status: 200, Payload: t.payload, CSRFToken: token, Error: t.err}
	if t.err != nil {
		r.Status = t.err.Code.Status()
	}
	if len(t.payload) > 0 {
		if r.body, err = json.Marshal(t.payload); err != nil {
			return nil, fmt.Errorf("flow %s: payload of %s: %w", f.def.Name, s.name, err)
		}
	}
	id := t.rec.ID.String()
	if len(s.actions) > 0 {
		r.Actions = make([]OfferedAction, 0, len(s.actions))
	}
	for _, a := range s.actions {
		if a.Offered != nil && !a.Offered(t) {
			continue
		}
		r.Actions = append(r.Actions, OfferedAction{
			Name:        a.Name,
			Href:        a.href + id,
			Description: a.Description,
			Inputs:      t.offer(a),
		})
	}
	return r, nil
}

func (t *Turn[D, E]) offer(a *action[D, E]) []OfferedInput {
	if a.Inputs == nil {
		return nil
	}
	inputs := a.Inputs(t)
	offered := make([]OfferedInput, len(inputs))
	for i, in := range inputs {
		offered[i].Input = in
		if a.Name != t.action {
			continue
		}
		if in.preserve {
			if v := t.find(in.name); v != nil && (isString(v.raw) || in.trim || in.lowercase) {
				offered[i].Echo = &v.text
			}
		}
		for _, e := range t.inputErrs {
			if e.name == in.name {
				offered[i].Error = e.code
				break
			}
		}
	}
	return offered
}
