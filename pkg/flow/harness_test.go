package flow_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/flow"
)

// The flows of these tests remember a note, a count and a sticky code, and log what hooks do.
type (
	memory struct {
		Note   string `json:"note,omitempty"`
		Count  int    `json:"count,omitempty"`
		Sticky string `json:"sticky,omitempty"`
	}
	journal struct{ lines []string }

	turn       = flow.Turn[memory, *journal]
	state      = flow.State[memory, *journal]
	states     = map[flow.StateName]state
	action     = flow.Action[memory, *journal]
	group      = flow.Group[memory, *journal]
	definition = flow.Definition[memory, *journal]
)

func (j *journal) note(line string) { j.lines = append(j.lines, line) }

// logs makes a hook that writes a line.
func logs(line string) func(*turn) error {
	return func(t *turn) error { t.Env.note(line); return nil }
}

// to makes an action that continues to the given states.
func to(name string, states ...flow.StateName) action {
	return does(name, func(*turn) (flow.Outcome, error) { return flow.Continue(states...), nil })
}

// does makes an action out of a function.
func does(name string, run func(*turn) (flow.Outcome, error)) action {
	return action{Name: name, Run: run}
}

// takes makes an action with inputs that stays in its state.
func takes(name string, inputs ...flow.Input) action {
	return action{
		Name:   name,
		Inputs: flow.Inputs[memory, *journal](inputs...),
		Run:    func(*turn) (flow.Outcome, error) { return flow.Stay(), nil },
	}
}

var backAction = flow.BackAction[memory, *journal]()

// offering makes a state out of actions.
func offering(actions ...action) state { return state{Actions: actions} }

// A person talks to a flow like the real client does: it keeps the last answer and posts its actions. Behind it, rows
// are stored like the real caller does.
type person struct {
	t     *testing.T
	flow  *flow.Flow[memory, *journal]
	party flow.Party
	now   time.Time
	rows  map[uuid.UUID][]byte
	env   *journal
	last  answer
}

// An answer is the body as the client reads it, next to what the engine told the caller.
type answer struct {
	Name    string
	Status  int
	Payload map[string]any
	Token   string `json:"csrf_token"`
	Actions map[string]struct {
		Action, Href, Description string
		Inputs                    map[string]map[string]any
	}
	Error *struct{ Code, Message string }

	body   string
	result *flow.Result
	err    error
}

func (a answer) code() string {
	if a.Error == nil {
		return ""
	}
	return a.Error.Code
}

// inputError returns the code at an input of an action, or "".
func (a answer) inputError(action, input string) string {
	e, _ := a.Actions[action].Inputs[input]["error"].(map[string]any)
	code, _ := e["code"].(string)
	return code
}

func (a answer) offers(action string) bool { _, ok := a.Actions[action]; return ok }

// meet completes a definition with the name "demo" and an hour to live, and introduces a person to it.
func meet(t *testing.T, def definition) *person {
	t.Helper()
	if def.Name == "" {
		def.Name = "demo"
	}
	if def.TTL == 0 {
		def.TTL = time.Hour
	}
	f, err := flow.New(def, newSealer(t))
	require.NoError(t, err)
	return &person{
		t: t, flow: f, party: flow.Party{Tenant: "shop"}, now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC),
		rows: map[uuid.UUID][]byte{}, env: &journal{},
	}
}

// starts makes a person that has started a flow of the given states, in the order given.
func starts(t *testing.T, def definition) *person {
	t.Helper()
	p := meet(t, def)
	p.start()
	return p
}

func (p *person) start() answer {
	p.t.Helper()
	p.env = &journal{}
	result, err := p.flow.Start(p.t.Context(), p.env, p.party, p.now)
	return p.receive(result, err)
}

// do posts an action of the last answer.
func (p *person) do(action string, input ...map[string]any) answer {
	p.t.Helper()
	req := p.request(action, input...)
	return p.send(req)
}

// stale posts an action with an older answer's token.
func (p *person) stale(old answer, action string) answer {
	p.t.Helper()
	req := p.request(action)
	req.CSRFToken = old.Token
	return p.send(req)
}

func (p *person) request(action string, input ...map[string]any) flow.Request {
	p.t.Helper()
	members := map[string]any{"csrf_token": p.last.Token}
	if len(input) > 0 {
		members["input_data"] = input[0]
	}
	data, err := json.Marshal(members)
	require.NoError(p.t, err)
	body, err := flow.ParseBody(data)
	require.NoError(p.t, err)
	return flow.Request{Party: p.party, Ref: flow.Ref{Action: action, ID: p.id()}, Body: body, Now: p.now}
}

// send does what a caller does: load, continue, store, render.
func (p *person) send(req flow.Request) answer {
	p.t.Helper()
	p.env = &journal{}
	result, err := p.flow.Continue(p.t.Context(), p.env, req, p.load(req.ID))
	if err == nil {
		err = p.store(result)
	}
	return p.receive(result, err)
}

func (p *person) load(id uuid.UUID) *flow.Record {
	p.t.Helper()
	row, ok := p.rows[id]
	if !ok {
		return nil
	}
	rec, err := flow.DecodeRecord(row)
	require.NoError(p.t, err)
	return rec
}

func (p *person) store(result *flow.Result) error {
	p.t.Helper()
	rec := result.Record
	old, exists := p.rows[rec.ID]
	switch result.Write {
	case flow.None:
		return nil
	case flow.Insert:
		if exists {
			return flow.Conflict()
		}
		require.Zero(p.t, rec.Version)
	case flow.Update:
		stored, err := flow.DecodeRecord(old)
		require.NoError(p.t, err)
		if stored.Version != result.From {
			return flow.Conflict()
		}
		require.Equal(p.t, result.From+1, rec.Version)
	}
	p.rows[rec.ID] = result.Document
	return nil
}

func (p *person) receive(result *flow.Result, err error) answer {
	p.t.Helper()
	var response *flow.Response
	if err == nil {
		response, err = result.Render()
	}
	if err != nil {
		response = flow.ErrorResponse(err)
	}
	a := answer{body: string(response.Body()), result: result, err: err}
	require.NoError(p.t, json.Unmarshal([]byte(a.body), &a), a.body)
	require.Equal(p.t, response.Status, a.Status, "the body repeats the HTTP status")
	require.NotNil(p.t, a.Actions, "actions is always an object")
	if a.Token != "" {
		p.last = a // like the client: an engine-level error does not replace what can be continued
	}
	return a
}

// id is the flow's id as the last answer's links carry it.
func (p *person) id() uuid.UUID {
	p.t.Helper()
	for _, a := range p.last.Actions {
		_, query, _ := strings.Cut(a.Href, "?")
		ref, err := flow.ParseAction(query)
		require.NoError(p.t, err)
		return ref.ID
	}
	return p.last.result.Record.ID
}

// stored returns the record of the last flow, and whether there is one.
func (p *person) stored() (*flow.Record, bool) {
	rec := p.load(p.last.result.Record.ID)
	return rec, rec != nil
}

// remembered returns what the flow's record keeps.
func (p *person) remembered() (m memory) {
	p.t.Helper()
	rec, ok := p.stored()
	require.True(p.t, ok, "the flow is stored")
	if len(rec.Data) > 0 {
		require.NoError(p.t, json.Unmarshal(rec.Data, &m))
	}
	return m
}

func requireRefused(t *testing.T, a answer, status int, code string) {
	t.Helper()
	require.Equal(t, status, a.Status, a.body)
	require.Equal(t, code, a.code(), a.body)
	require.Equal(t, "error", a.Name)
	require.Empty(t, a.Token)
	require.Empty(t, a.Actions)
	require.NotContains(t, a.body, `"payload"`)
	_, refused := errors.AsType[*flow.Refusal](a.err)
	require.Equal(t, status != 500, refused)
}

func requireState(t *testing.T, a answer, name string) {
	t.Helper()
	require.NoError(t, a.err)
	require.Equal(t, name, a.Name, a.body)
	require.Equal(t, 200, a.Status, a.body)
	require.Nil(t, a.Error)
	require.NotNil(t, a.Payload)
}

func requireError(t *testing.T, a answer, name string, status int, code string) {
	t.Helper()
	require.NoError(t, a.err)
	require.Equal(t, name, a.Name, a.body)
	require.Equal(t, status, a.Status, a.body)
	require.Equal(t, code, a.code(), a.body)
	require.NotNil(t, a.Payload)
	require.NotEmpty(t, a.Token)
}

// sealer is AES-GCM with a random key.
type sealer struct{ aead cipher.AEAD }

func newSealer(tb testing.TB) sealer {
	tb.Helper()
	key := make([]byte, 32)
	_, err := rand.Read(key)
	require.NoError(tb, err)
	block, err := aes.NewCipher(key)
	require.NoError(tb, err)
	aead, err := cipher.NewGCMWithRandomNonce(block)
	require.NoError(tb, err)
	return sealer{aead}
}

func (s sealer) Seal(plaintext, aad []byte) []byte { return s.aead.Seal(nil, nil, plaintext, aad) }

func (s sealer) Open(sealed, aad []byte) ([]byte, error) { return s.aead.Open(nil, nil, sealed, aad) }

func actionQuery(name string, id uuid.UUID) string {
	return url.Values{"action": {name + "@" + id.String()}}.Encode()
}
