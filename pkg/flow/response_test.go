package flow_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/flow"
)

func TestResponse_HasExactlyTheDocumentedShape(t *testing.T) {
	t.Parallel()

	p := starts(t, definition{
		Name:  "login",
		Start: []flow.StateName{"hello"},
		States: states{"hello": {
			Enter: func(t *turn) error { t.Set("b", 2); t.Set("a", "<1>"); return nil },
			Actions: []action{
				{
					Name: "greet", Description: `say "hi"`,
					Inputs: flow.Inputs[memory, *journal](
						flow.String("name").Required().Min(3).Max(9).Hidden(),
						flow.Email("mail").Optional().Visible(),
						flow.String("kept").Preserve(),
						flow.String("given").Value("x"),
						flow.String("pick").Allowed(flow.Choice{Value: "g", Name: "Google"}, flow.Choice{Value: "a", Name: "Äpple"}),
						flow.Boolean("yes"), flow.Number("n"), flow.JSON("j"), flow.Password("pw"),
					),
					Run: func(*turn) (flow.Outcome, error) { return flow.Reject("name", flow.ValueInvalid), nil },
				},
				to("plain"),
			},
		}},
	})
	a := p.do("greet", map[string]any{"name": "abc"})

	want := `{"name":"hello","status":400,"payload":{"a":"\u003c1\u003e","b":2},"csrf_token":"TOKEN","actions":{` +
		`"greet":{"action":"greet","href":"/login?action=greet%40ID","inputs":{` +
		`"name":{"name":"name","type":"string","min_length":3,"max_length":9,"required":true,"hidden":true,` +
		`"error":{"code":"value_invalid_error","message":"the value is not valid"}},` +
		`"mail":{"name":"mail","type":"email","required":false,"hidden":false},` +
		`"kept":{"name":"kept","type":"string","value":null},` +
		`"given":{"name":"given","type":"string","value":"x"},` +
		`"pick":{"name":"pick","type":"string","allowed_values":[{"value":"g","name":"Google"},{"value":"a","name":"Äpple"}]},` +
		`"yes":{"name":"yes","type":"boolean"},"n":{"name":"n","type":"number"},"j":{"name":"j","type":"json"},` +
		`"pw":{"name":"pw","type":"password"}},"description":"say \"hi\""},` +
		`"plain":{"action":"plain","href":"/login?action=plain%40ID","inputs":{},"description":""}},` +
		`"error":{"code":"form_data_invalid_error","message":"some inputs are not valid"},"links":null}`
	got := strings.ReplaceAll(strings.ReplaceAll(a.body, p.id().String(), "ID"), a.Token, "TOKEN")
	require.Equal(t, want, got)
}

func TestResponse_IsValidJSONAndTheSameEachTime(t *testing.T) {
	t.Parallel()

	r := &flow.Response{Name: "a", Status: 200, CSRFToken: "t\u2028\"\\\n", Actions: []flow.OfferedAction{{Name: "x"}, {Name: "y"}}}
	require.True(t, json.Valid(r.Body()))
	require.Equal(t, r.Body(), r.Body())

	marshalled, err := json.Marshal(r)
	require.NoError(t, err)
	require.JSONEq(t, string(r.Body()), string(marshalled))
}

func TestResponse_EmptyPayloadAndActionsAreObjectsAndLinksIsNull(t *testing.T) {
	t.Parallel()

	a := starts(t, definition{Start: []flow.StateName{"end"}, States: states{"end": {}}}).last
	require.Contains(t, a.body, `"payload":{}`)
	require.Contains(t, a.body, `"actions":{}`)
	require.True(t, strings.HasSuffix(a.body, `,"links":null}`))
}

func TestResponse_HrefIsRelativeEscapedAndNamesTheFlow(t *testing.T) {
	t.Parallel()

	p := starts(t, definition{Name: "registration", Start: []flow.StateName{"a"}, States: states{"a": offering(to("go_on", "a"))}})
	require.Regexp(t, `^/registration\?action=go_on%40[0-9a-f-]{36}$`, p.last.Actions["go_on"].Href)
	require.Equal(t, "go_on", p.last.Actions["go_on"].Action)
}

func TestResponse_PayloadIsMadePerResponseAndNeverStored(t *testing.T) {
	t.Parallel()

	p := starts(t, definition{
		Start: []flow.StateName{"a"},
		States: states{
			"a": offering(does("ask", func(t *turn) (flow.Outcome, error) {
				t.Set("options", map[string]any{"challenge": "x"})
				return flow.Continue("b"), nil
			})),
			"b": offering(takes("again", flow.String("x").Required())),
		},
	})
	require.Equal(t, map[string]any{"challenge": "x"}, p.do("ask").Payload["options"], "what an action sets shows in the state it leads to")
	require.Empty(t, p.do("again").Payload, "but only in that answer")
}

func TestToken_StoredFlowsGet32Alphanumerics(t *testing.T) {
	t.Parallel()

	p := starts(t, definition{Start: []flow.StateName{"a"}, States: states{"a": offering(to("on", "a"))}})
	form := regexp.MustCompile(`^[0-9A-Za-z]{32}$`)
	seen := map[string]bool{}
	for range 50 {
		token := p.do("on").Token
		require.Regexp(t, form, token)
		require.False(t, flow.IsHandle(token))
		require.False(t, seen[token], "each answer has its own")
		seen[token] = true
	}
}

func TestToken_IsNotInTheRecord(t *testing.T) {
	t.Parallel()

	p := starts(t, definition{Start: []flow.StateName{"a"}, States: states{"a": offering(to("on", "a"))}})
	token := p.do("on").Token
	require.NotContains(t, string(p.rows[p.id()]), token, "who can read the table cannot continue its flows")
}

func TestResponse_RenderSeesTheWorldAfterTheCommit(t *testing.T) {
	t.Parallel()

	offered := false
	p := starts(t, definition{
		Start: []flow.StateName{"a"},
		States: states{"a": {
			Enter: logs("enter"),
			Show:  func(t *turn) error { t.Env.note("show"); t.Set("stored", offered); return nil },
			Actions: []action{to("on", "a"), {
				Name:    "late",
				Offered: func(*turn) bool { return offered },
				Run:     func(*turn) (flow.Outcome, error) { return flow.Stay(), nil },
			}},
		}},
	})
	require.False(t, p.last.offers("late"))

	p.env = &journal{}
	result, err := p.flow.Continue(t.Context(), p.env, p.request("on"), nil)
	require.NoError(t, err)
	require.Equal(t, []string{"enter"}, p.env.lines, "nothing is shown before the record is stored")

	offered = true // the caller's transaction
	a := p.receive(result, p.store(result))
	require.True(t, a.offers("late"))
	require.Equal(t, true, a.Payload["stored"])
}

func TestCodes_AreTheOnesClientsKnow(t *testing.T) {
	t.Parallel()

	want := map[string]int{
		"form_data_invalid_error": 400, "passcode_max_attempts_reached": 401, "passkey_invalid": 401,
		"webauthn_credential_invalid_mfa_only": 401, "platform_authenticator_required": 401, "unauthorized": 401,
		"operation_not_permitted_error": 403, "forbidden": 403, "not_found": 404, "flow_expired_error": 410,
		"rate_limit_exceeded": 429, "technical_error": 500, "flow_discontinuity_error": 500,
	}
	got := map[string]int{}
	for _, c := range flow.Codes() {
		got[c.String()] = c.Status()
		require.NotEmpty(t, c.Message())
	}
	require.Equal(t, want, got)

	var inputs []string
	for _, c := range flow.InputCodes() {
		inputs = append(inputs, c.String())
		require.NotEmpty(t, c.Message())
	}
	require.ElementsMatch(t, []string{
		"value_missing_error", "value_invalid_error", "value_too_short_error", "value_too_long_error", "email_already_exists",
		"username_already_exists", "unknown_email_error", "unknown_username_error", "invalid_username_error", "passcode_invalid",
		"otp_code_invalid", "otp_code_already_used", "invalid_metadata_error",
	}, inputs)
}

func TestErrorBody_IsTheEngineShape(t *testing.T) {
	t.Parallel()

	require.JSONEq(t,
		`{"name":"error","status":413,"csrf_token":"","actions":{},"error":{"code":"technical_error","message":"something went wrong"},"links":null}`,
		string(flow.ErrorBody(413, flow.TechnicalError)))
}
