package flow_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/flow"
)

func benchmarkFlow(b *testing.B) *flow.Flow[memory, *journal] {
	b.Helper()
	report := takes("register_client_capabilities",
		flow.Boolean("webauthn_available").Required().Hidden(),
		flow.Boolean("webauthn_conditional_mediation_available").Hidden(),
		flow.Boolean("webauthn_platform_authenticator_available").Hidden())
	report.Sealed = true
	report.Description = "Report what the browser can do."
	report.Run = func(*turn) (flow.Outcome, error) { return flow.Continue(), nil }
	identify := takes("continue_with_login_identifier", flow.Email("email").Required().Min(3).Max(120).Trim().Lowercase())
	identify.Run = func(t *turn) (flow.Outcome, error) {
		t.Data.Note = t.Input("email")
		return flow.Continue("login_password"), nil
	}
	f, err := flow.New(definition{
		Name: "login", TTL: 24 * time.Hour, Start: []flow.StateName{"preflight", "login_init"},
		States: states{
			"preflight":      offering(report),
			"login_init":     offering(identify, to("webauthn_generate_request_options", "login_init")),
			"login_password": offering(takes("password_login", flow.Password("password").Required()), backAction),
		},
	}, newSealer(b))
	require.NoError(b, err)
	return f
}

func BenchmarkStart(b *testing.B) {
	f := benchmarkFlow(b)
	env, now, who := &journal{}, time.Now(), flow.Party{Tenant: someID}
	b.ReportAllocs()
	for b.Loop() {
		result, err := f.Start(b.Context(), env, who, now)
		if err != nil {
			b.Fatal(err)
		}
		response, err := result.Render()
		if err != nil {
			b.Fatal(err)
		}
		_ = response.Body()
	}
}

func BenchmarkContinueSealed(b *testing.B) {
	f := benchmarkFlow(b)
	begun, err := f.Start(b.Context(), &journal{}, flow.Party{}, time.Now())
	require.NoError(b, err)
	response, err := begun.Render()
	require.NoError(b, err)
	benchmarkContinue(b, f, nil, flow.Ref{Action: "register_client_capabilities", ID: begun.Record.ID},
		`{"input_data":{"webauthn_available":true,"webauthn_conditional_mediation_available":true},"csrf_token":"`+response.CSRFToken+`"}`)
}

func BenchmarkContinueStored(b *testing.B) {
	f := benchmarkFlow(b)
	env := &journal{}
	begun, err := f.Start(b.Context(), env, flow.Party{}, time.Now())
	require.NoError(b, err)
	var stored []byte
	result, token := begun, ""
	for _, action := range []string{"register_client_capabilities", "webauthn_generate_request_options"} {
		response, err := result.Render()
		require.NoError(b, err)
		result, err = f.Continue(b.Context(), env, flow.Request{
			Ref: flow.Ref{Action: action, ID: begun.Record.ID}, Body: flow.Body{CSRFToken: response.CSRFToken}, Now: time.Now(),
		}, nil)
		require.NoError(b, err)
		stored = result.Document
	}
	response, err := result.Render()
	require.NoError(b, err)
	token = response.CSRFToken
	benchmarkContinue(b, f, stored, flow.Ref{Action: "continue_with_login_identifier", ID: begun.Record.ID},
		`{"input_data":{"email":" Kim@Shop.example ","username":null},"csrf_token":"`+token+`"}`)
}

// benchmarkContinue measures a whole request: parse, decode, continue, encode, render.
func benchmarkContinue(b *testing.B, f *flow.Flow[memory, *journal], stored []byte, ref flow.Ref, body string) {
	b.Helper()
	env, now, data := &journal{}, time.Now(), []byte(body)
	b.ReportAllocs()
	for b.Loop() {
		parsed, err := flow.ParseBody(data)
		if err != nil {
			b.Fatal(err)
		}
		var rec *flow.Record
		if stored != nil {
			if rec, err = flow.DecodeRecord(stored); err != nil {
				b.Fatal(err)
			}
		}
		result, err := f.Continue(b.Context(), env, flow.Request{Ref: ref, Body: parsed, Now: now}, rec)
		if err != nil {
			b.Fatal(err)
		}
		response, err := result.Render()
		if err != nil {
			b.Fatal(err)
		}
		_ = response.Body()
	}
}
