package flow_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/flow"
)

const someID = "2b7f4c1e-8a55-4f0e-9d1c-6f3c0e6a9b10"

func requireMalformed(t *testing.T, err error, status int, what string) {
	t.Helper()
	require.Error(t, err, what)
	response := flow.ErrorResponse(err)
	require.Equal(t, status, response.Status, what)
	require.Equal(t, flow.TechnicalError, response.Error.Code, what)
	require.Contains(t, string(response.Body()), `"actions":{}`)
}

func TestParseAction_ReadsEscapedAndRawReferences(t *testing.T) {
	t.Parallel()

	want := flow.Ref{Action: "verify_passcode", ID: uuid.MustParse(someID)}
	for _, query := range []string{
		"action=verify_passcode%40" + someID,
		"action=verify_passcode@" + someID,
		"action=verify_passcode%40" + strings.ToUpper(someID),
		"lang=de&action=verify_passcode%40" + someID,
	} {
		ref, err := flow.ParseAction(query)
		require.NoError(t, err, query)
		require.Equal(t, want, ref, query)
		require.False(t, ref.IsStart())
	}
}

func TestParseAction_WithoutActionStartsAFlow(t *testing.T) {
	t.Parallel()

	for _, query := range []string{"", "action=", "action", "foo=bar"} {
		ref, err := flow.ParseAction(query)
		require.NoError(t, err, query)
		require.True(t, ref.IsStart(), query)
	}
}

func TestParseAction_RefusesEverythingElseWith400(t *testing.T) {
	t.Parallel()

	for _, query := range []string{
		"action=x", "action=@", "action=x@", "action=@" + someID, "action=x@y@" + someID, "action=x@" + someID + "@",
		"action=x@not-a-uuid", "action=x@" + someID[:35], "action=x@{" + someID + "}", "action=x@urn:uuid:" + someID,
		"action=x@" + strings.ReplaceAll(someID, "-", ""), "action=x@" + strings.ReplaceAll(someID, "-", "_"),
		"action=%zz", "action=x@" + someID + "&action=y@" + someID, "action=" + strings.Repeat("x", 101) + "@" + someID,
		"action=x@" + someID + ";a=b",
	} {
		_, err := flow.ParseAction(query)
		requireMalformed(t, err, http.StatusBadRequest, query)
	}
}

func TestParseBody_ReadsTokenAndInputs(t *testing.T) {
	t.Parallel()

	body, err := flow.ParseBody([]byte(` {"x":[{"csrf_token":1}], "input_data" : {"a":1 , "b":{"c":[1,"}",2]},"\u0063":"d" } ,"csrf_token":"t\"ok" } `))
	require.NoError(t, err)
	require.Equal(t, `t"ok`, body.CSRFToken)
	require.Equal(t, map[string]json.RawMessage{"a": []byte("1"), "b": []byte(`{"c":[1,"}",2]}`), "c": []byte(`"d"`)}, body.Input)
}

func TestParseBody_InputDataMayBeAbsentOrNull(t *testing.T) {
	t.Parallel()

	for _, data := range []string{``, `{}`, `{"input_data":null}`, `{"input_data":{}}`, `{"csrf_token":null}`, `{"unknown":{"deep":[1]}}`} {
		body, err := flow.ParseBody([]byte(data))
		require.NoError(t, err, data)
		require.Empty(t, body.CSRFToken)
		require.Empty(t, body.Input)
	}
}

func TestParseBody_NamesAreExact(t *testing.T) {
	t.Parallel()

	body, err := flow.ParseBody([]byte(`{"CSRF_TOKEN":"x","Input_Data":{"a":1}}`))
	require.NoError(t, err)
	require.Zero(t, body)
}

func TestParseBody_RefusesMalformedBodiesWith400(t *testing.T) {
	t.Parallel()

	for _, data := range []string{
		` `, `{`, `}`, `[]`, `"x"`, `5`, `null`, `true`, `{}{}`, `{} x`, `{'a':1}`, `{"a":1,}`, `{"a" 1}`, `{"a":nul}`, "\xef\xbb\xbf{}",
		`csrf_token=x&input_data=y`, "{\"csrf_token\":\"\xff\"}", `{"csrf_token":5}`, `{"csrf_token":{}}`, `{"csrf_token":true}`,
		`{"input_data":[]}`, `{"input_data":"x"}`, `{"input_data":5}`, `{"input_data":{"a":}}`, `{"input_data":{"a":1}`,
		`{"csrf_token":"a","csrf_token":"b"}`, `{"csrf_token":"a","csrf_\u0074oken":"b"}`, `{"input_data":{},"input_data":{}}`,
		`{"input_data":{"a":1,"a":2}}`, `{"a":"unterminated`, `{"a":"x\`,
		strings.Repeat("[", 100_00) + strings.Repeat("]", 100_00),
		`{"input_data":{"j":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}}`,
		strings.Repeat(`{"a":`, 5000),
	} {
		_, err := flow.ParseBody([]byte(data))
		requireMalformed(t, err, http.StatusBadRequest, data)
	}
}

func TestParseBody_AllowsReasonableNestingAndBracketsInText(t *testing.T) {
	t.Parallel()

	for _, data := range []string{
		`{"input_data":{"j":` + strings.Repeat("[", 60) + strings.Repeat("]", 60) + `}}`,
		`{"input_data":{"s":"` + strings.Repeat("[{", 500) + `\""}}`,
	} {
		_, err := flow.ParseBody([]byte(data))
		require.NoError(t, err, data)
	}
}

func TestParseBody_TooLargeIs413(t *testing.T) {
	t.Parallel()

	_, err := flow.ParseBody([]byte(`{"a":"` + strings.Repeat("x", flow.MaxBodySize) + `"}`))
	requireMalformed(t, err, http.StatusRequestEntityTooLarge, "large")
}

func TestCheckContentType_TakesJSONOnly(t *testing.T) {
	t.Parallel()

	require.NoError(t, flow.CheckContentType("application/json"))
	require.NoError(t, flow.CheckContentType("Application/JSON; charset=utf-8"))
	for _, header := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "multipart/form-data; boundary=x", ";"} {
		requireMalformed(t, flow.CheckContentType(header), http.StatusBadRequest, header)
	}
}

func TestContinue_EmptyBodyFailsOnTheToken(t *testing.T) {
	t.Parallel()

	p := starts(t, definition{Start: []flow.StateName{"a"}, States: states{"a": offering(to("on", "a"))}})
	p.do("on")
	body, err := flow.ParseBody(nil)
	require.NoError(t, err)
	requireRefused(t, p.send(flow.Request{Party: p.party, Ref: flow.Ref{Action: "on", ID: p.id()}, Body: body, Now: p.now}), 403, "operation_not_permitted_error")
}

func FuzzParseAction(f *testing.F) {
	for _, seed := range []string{"", "action=", "action=x@" + someID, "action=x%40" + someID, "action=%zz", "a=b&action=x@y", "action=@@"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		ref, err := flow.ParseAction(query)
		if err != nil {
			require.Zero(t, ref)
			return
		}
		if ref.IsStart() {
			require.Zero(t, ref)
			return
		}
		again, err := flow.ParseAction(actionQuery(ref.Action, ref.ID))
		require.NoError(t, err)
		require.Equal(t, ref, again)
	})
}

// FuzzParseBody compares with encoding/json: whatever is accepted means the same to both.
func FuzzParseBody(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `{"csrf_token":"x","input_data":{"a":1,"b":"\u0000"}}`, `{"input_data":null,"x":[1,{"y":"}"}]}`, `{"a":1e5 ,"b" : true}`,
		`[[[[`, `{"csrf_token":"a","csrf_token":"b"}`, `{"input_data":{"a":-0.1e+7,"":[]}}`, "{\"\xff\":1}", `{"a":"\\"}`, ` { } `,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		body, err := flow.ParseBody(data)
		if err != nil {
			require.Zero(t, body)
			require.Less(t, flow.ErrorResponse(err).Status, 500)
			return
		}
		if len(data) == 0 {
			return
		}
		var want map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(data, &want))
		var token string
		if raw, ok := want["csrf_token"]; ok {
			require.NoError(t, json.Unmarshal(raw, &token))
		}
		require.Equal(t, token, body.CSRFToken)
		var input map[string]json.RawMessage
		if raw, ok := want["input_data"]; ok {
			require.NoError(t, json.Unmarshal(raw, &input))
		}
		require.Len(t, body.Input, len(input))
		for name, value := range input {
			require.Equal(t, string(value), string(body.Input[name]))
		}
	})
}
