package flow_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/flow"
)

func fullRecord() *flow.Record {
	return &flow.Record{
		ID: uuid.MustParse(someID), Flow: "login", User: "kim", Version: 3, TokenHash: "abc",
		ExpiresAt: time.Date(2026, 11, 25, 1, 2, 3, 456789000, time.UTC), State: "b", Previous: "a",
		Queue: []flow.StateName{"c", "d"}, Data: []byte(`{"x":1}`),
		History:  []flow.Step{{State: "a", Previous: "z", Queue: []flow.StateName{"b"}, Data: []byte(`{"x":0}`)}},
		PassedBy: []flow.StateName{"y"},
	}
}

func TestRecord_SurvivesStorage(t *testing.T) {
	t.Parallel()

	for _, want := range []*flow.Record{fullRecord(), {State: "a", ExpiresAt: time.UnixMicro(0).UTC()}} {
		data, err := want.Encode()
		require.NoError(t, err)
		got, err := flow.DecodeRecord(data)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestRecord_IsCompact(t *testing.T) {
	t.Parallel()

	p := starts(t, entrance())
	p.do("report")
	require.Less(t, len(p.last.Token), 400)
}

// A change of the stored form must raise the format's number and still read this one.
func TestRecord_ReadsTheFirstFormat(t *testing.T) {
	t.Parallel()

	got, err := flow.DecodeRecord([]byte(`{"v":1,"i":"` + someID + `","f":"login","u":"kim","n":3,"t":"abc","e":1795568523456789,` +
		`"s":"b","p":"a","q":["c","d"],"d":{"x":1},"h":[{"s":"a","p":"z","q":["b"],"d":{"x":0}}],"b":["y"]}`))
	require.NoError(t, err)
	require.Equal(t, fullRecord(), got)
}

func TestRecord_RefusesWhatItDidNotWrite(t *testing.T) {
	t.Parallel()

	for _, data := range []string{``, `{}`, `null`, `[]`, `{"v":2,"s":"a"}`, `{"v":1}`, `{"v":1,"s":"a","n":-1}`, `{"v":1,"s":"a","i":"x"}`, `{"v":1,"s":5}`} {
		_, err := flow.DecodeRecord([]byte(data))
		require.Error(t, err, data)
	}
}

func FuzzDecodeRecord(f *testing.F) {
	full, err := fullRecord().Encode()
	require.NoError(f, err)
	f.Add(full)
	for _, seed := range []string{``, `{}`, `{"v":1,"s":"a"}`, `{"v":1,"s":"a","h":[{}],"d":null}`, `{"v":1,"s":"a","e":9223372036854775807}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rec, err := flow.DecodeRecord(data)
		if err != nil {
			return
		}
		again, err := rec.Encode()
		require.NoError(t, err)
		_, err = flow.DecodeRecord(again)
		require.NoError(t, err)
	})
}

// FuzzHandle posts arbitrary tokens to a flow that is not stored: nobody but the sealer makes one that opens.
func FuzzHandle(f *testing.F) {
	def := entrance()
	def.Name, def.TTL = "demo", time.Hour
	machine, err := flow.New(def, newSealer(f))
	require.NoError(f, err)
	full, err := fullRecord().Encode()
	require.NoError(f, err)
	for _, seed := range []string{"", "x", strings.Repeat("A", 33), strings.Repeat("A", 500), base64.RawURLEncoding.EncodeToString(full), "====", "\x00\xff" + strings.Repeat("-_", 40)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		_, err := machine.Continue(t.Context(), &journal{}, flow.Request{
			Ref: flow.Ref{Action: "report", ID: uuid.MustParse(someID)}, Body: flow.Body{CSRFToken: token}, Now: time.Now(),
		}, nil)
		require.Equal(t, 403, flow.ErrorResponse(err).Status)
	})
}

// openSealer does not protect anything: what is behind it must cope with any plaintext, should a key ever leak.
type openSealer struct{}

func (openSealer) Seal(plaintext, _ []byte) []byte       { return plaintext }
func (openSealer) Open(sealed, _ []byte) ([]byte, error) { return sealed, nil }

// FuzzOpenedHandle lets every plaintext through to the engine.
func FuzzOpenedHandle(f *testing.F) {
	def := entrance()
	def.Name, def.TTL = "demo", time.Hour
	machine, err := flow.New(def, openSealer{})
	require.NoError(f, err)
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	begun, err := machine.Start(f.Context(), &journal{}, flow.Party{}, now)
	require.NoError(f, err)
	id := begun.Record.ID
	f.Add("report", begun.Document)
	f.Add("back", []byte(`{"v":1,"i":"`+id.String()+`","f":"demo","e":9795568523456789,"s":"init","h":[{"s":"password","d":{"count":"x"}}]}`))
	f.Add("identify", []byte(`{"v":1,"i":"`+id.String()+`","f":"demo","e":9795568523456789,"s":"init","q":["nowhere"],"d":{"note":"x"}}`))
	f.Fuzz(func(t *testing.T, action string, plain []byte) {
		result, err := machine.Continue(t.Context(), &journal{}, flow.Request{
			Ref:  flow.Ref{Action: action, ID: id},
			Body: flow.Body{CSRFToken: base64.RawURLEncoding.EncodeToString(plain)}, Now: now,
		}, nil)
		if err != nil {
			require.NotContains(t, err.Error(), "runtime error")
			return
		}
		_, err = result.Render()
		require.NoError(t, err)
	})
}
