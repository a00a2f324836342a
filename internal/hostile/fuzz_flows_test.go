package hostile_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// flowConfig has as much switched on as one tenant can.
const flowConfig = `{"username":{"enabled":true,"optional":true},"email":{"optional":true,"require_verification":true},"password":{"optional":true,"acquire_on_login":"always"},
	"mfa":{"enabled":true,"optional":false,"acquire_on_login":true,"acquire_on_registration":true,"totp":{"enabled":true},"security_keys":{"enabled":true}},
	"passkey":{"enabled":true,"optional":true},"saml":{"enabled":true,"endpoint_url":"http://shop.latchkeep.test","audience_uri":"http://shop.latchkeep.test",
	"default_redirect_url":"https://shop.example/","allowed_redirect_urls":["https://shop.example/**"]},` + testenv.ThirdParty + `}`

// flowStages are the states that whatever is entered into, and the flow and the account that lead there.
var flowStages = []struct {
	flow, state string
	factors     testenv.Factors
	password    string
}{
	{flow: "login", state: "preflight"}, {flow: "login", state: "login_init"}, {flow: "login", state: "login_method_chooser", password: testenv.Password},
	{flow: "login", state: "login_password", password: testenv.Password}, {flow: "login", state: "passcode_confirmation"},
	{flow: "login", state: "login_otp", password: testenv.Password, factors: testenv.Factors{App: true}},
	{flow: "login", state: "login_security_key", password: testenv.Password, factors: testenv.Factors{SecurityKey: true}},
	{flow: "login", state: "mfa_method_chooser", password: testenv.Password},
	{flow: "registration", state: "preflight"}, {flow: "registration", state: "registration_init"}, {flow: "registration", state: "passcode_confirmation"},
	{flow: "registration", state: "password_creation", password: testenv.Password},
	{flow: "registration", state: "mfa_method_chooser", password: testenv.Password}, {flow: "token_exchange", state: "thirdparty"},
	{flow: "profile", state: "preflight", factors: testenv.Factors{Passkey: true, App: true}}, {flow: "profile", state: "profile_init", factors: testenv.Factors{Passkey: true, App: true}},
}

// A sitter sits in a state, and comes back to it when it was left.
type sitter struct {
	shop   *testenv.Tenant
	flows  []*testenv.Flow
	people int
}

// at is a flow in the state of a stage.
func (s *sitter) at(t testing.TB, stage int) *testenv.Flow {
	t.Helper()
	want := flowStages[stage]
	if f := s.flows[stage]; f != nil && f.State.Name == want.state && len(f.State.Actions) > 0 {
		return f
	}
	s.people++
	email := fmt.Sprintf("p%d@shop.example", s.people)
	client := s.shop.Client()
	client.Can = testenv.Capabilities{WebAuthn: true}
	p := &testenv.Person{Tenant: s.shop, Email: email, Password: want.password}
	if want.flow != "registration" {
		p = s.shop.Person(t, testenv.NewPerson{Email: email, Password: want.password, Factors: want.factors})
	}
	if want.flow == "profile" {
		p.SignedIn(t, client, 0)
	}
	f := client.Flow(t, want.flow)
	for range 12 {
		if f.State.Name == want.state || f.State.Name == "success" || len(f.State.Actions) == 0 {
			break
		}
		action, inputs := p.Answer(t, f)
		if want.state == "passcode_confirmation" && f.State.Name == "login_method_chooser" {
			action, inputs = "continue_to_passcode_confirmation", nil
		}
		if _, offered := f.State.Actions[action]; !offered {
			break
		}
		f.Do(t, action, inputs)
	}
	s.flows[stage] = f
	return f
}

// FuzzActions enters whatever into every action of every state. It is answered as the specification says: the state or the next one, a complaint
// about an input, or a refusal; never a failure, and never a session where no flow succeeded.
func FuzzActions(f *testing.F) {
	env := testenv.OnSQLite(f, testenv.Quiet(), testenv.WithThirdParties(), testenv.With("rate_limiter.enabled", "false"))
	s := &sitter{shop: env.Tenant(f, "shop", flowConfig), flows: make([]*testenv.Flow, len(flowStages))}
	seeds := bodies()
	for stage := range flowStages {
		reached := s.at(f, stage)
		require.Equal(f, flowStages[stage].state, reached.State.Name, "of %s", flowStages[stage].flow)
		for action := range max(1, len(reached.State.Actions)) {
			for i, body := range seeds {
				if i%4 == (stage+action)%4 { // each stage gets some of them
					f.Add(uint8(stage), uint8(action), body)
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, stage, action uint8, input []byte) {
		if len(input) > 4<<10 {
			return
		}
		at := s.at(t, int(stage)%len(flowStages))
		offers := at.State.Offers()
		require.NotEmpty(t, offers, "%s", at.State.Name)
		name := offers[int(action)%len(offers)]
		if len(bytes.TrimSpace(input)) == 0 {
			input = []byte("null")
		}
		token, err := json.Marshal(at.State.CSRFToken)
		require.NoError(t, err)
		body := slices.Concat([]byte(`{"csrf_token":`), token, []byte(`,"input_data":`), input, []byte(`}`))
		r := at.Client.With("Content-Type", "application/json").Send(t, http.MethodPost, at.State.Actions[name].Href, body)
		before := at.State.Name
		got := testenv.ReadState(t, r)
		require.Contains(t, []int{200, 400, 401, 403, 404, 410, 413, 429}, r.Status, "%s %s %q: %s", before, name, input, r.Body)
		if !json.Valid(body) {
			require.Contains(t, []int{400, 403}, r.Status, "%s", r.Body)
		}
		if got.Name != "success" {
			require.Empty(t, r.Header.Get("X-Auth-Token"))
			require.Nil(t, r.Cookie("hanko"), "no session before success")
		}
		for input, code := range got.InputErrors() {
			require.NotEmpty(t, code, input)
			require.Equal(t, http.StatusBadRequest, r.Status)
		}
		if got.Refusal() == "form_data_invalid_error" {
			require.Equal(t, before, got.Name, "after a complaint one is where one was")
		}
		if strings.Contains(string(input), testenv.Password) {
			require.NotContains(t, string(r.Body), testenv.Password, "a password is never told back")
		}
		if got.CSRFToken != "" {
			at.State = got
		} else {
			s.flows[int(stage)%len(flowStages)] = nil
		}
	})
}
