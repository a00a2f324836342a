package flows_test

import (
	"fmt"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/flows"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/pkg/flow"
)

// tables are the flows as their definitions announce them, by name.
type charts map[string]*chart

type chart struct {
	start  []string
	groups []flow.MappedGroup
	// leads of an action, by state and action; "*" is the queue.
	leads map[string]map[string][]string
}

func readTables(list []flows.Description) charts {
	all := charts{}
	for _, d := range list {
		t := &chart{start: texts(d.Map.Start), groups: d.Map.Groups, leads: map[string]map[string][]string{}}
		for _, s := range d.States {
			t.leads[s.Name] = map[string][]string{}
			for _, a := range s.Actions {
				t.leads[s.Name][a.Name] = texts(a.Leads)
			}
		}
		all[d.Name] = t
	}
	return all
}

func texts(names []flow.StateName) []string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = string(n)
	}
	return list
}

// final are the actions whose steps cannot be undone. Spec: flow-login-registration §4–§6, "NR".
var final = []string{
	"register_client_capabilities", "password_login", "verify_passcode", "webauthn_verify_assertion_response", "password_recovery",
	"username_create", "register_password", "otp_code_validate", "otp_code_verify", "webauthn_verify_attestation_response", "trust_device",
	"exchange_token",
}

// A step is what an action did to a conversation.
type step struct {
	from, action, to string
	status           int
}

func (s step) String() string {
	return fmt.Sprintf("%s --%s--> %s (%d)", s.from, s.action, s.to, s.status)
}

// A course is where a conversation may go from here, and where back leads.
type course struct {
	queue []string // what may be queued
	way   []stop   // what back undoes, newest last
}

type stop struct {
	state string
	queue []string
}

// follow checks a step against the tables, and takes it. It knows more than the definition: what is queued only since then, and that back
// leads to where the state was entered from.
func (c *course) follow(t *chart, s step) error {
	leads, defined := t.leads[s.from][s.action]
	switch {
	case !defined:
		return fmt.Errorf("%s: the state does not define the action", s)
	case s.to == "error":
		return c.fall(s)
	case s.action == "back" && s.status != 400:
		return c.back(s)
	case s.to == s.from && s.status >= 400:
		return nil // an error, which stays
	case s.from == "webauthn_credential_verification" && s.to == "profile_init":
	case s.status != 200 && (s.status != 429 || s.to != "passcode_confirmation"):
		return fmt.Errorf("%s: what is refused leads nowhere", s)
	}
	queue := slices.Clone(c.queue)
	for _, to := range leads {
		queue = add(queue, to)
	}
	for _, g := range t.groups {
		if !slices.Contains(texts(g.States), s.from) {
			continue
		}
		// The way leads out of the group, or nothing was queued and the group said what is next.
		if !slices.Contains(texts(g.States), s.to) || slices.Contains(leads, "*") && slices.Contains(texts(g.Leads), s.to) {
			queue = add(queue, texts(g.Leads)...)
		}
	}
	switch {
	case slices.Contains(leads, s.to):
	case slices.Contains(leads, "*") && slices.Contains(queue, s.to):
	default:
		return fmt.Errorf("%s: the action leads to %v, and what may be queued is %v", s, leads, queue)
	}
	if s.to != s.from {
		c.way = append(c.way, stop{s.from, c.queue})
	}
	if slices.Contains(final, s.action) {
		c.way = nil
	}
	c.queue = slices.DeleteFunc(queue, func(q string) bool { return q == s.to })
	return nil
}

func add(list []string, more ...string) []string {
	for _, s := range more {
		if s != "*" && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// fall checks how a flow may end without success.
func (c *course) fall(s step) error {
	switch s.status {
	case 401, 403, 500:
		return nil
	}
	return fmt.Errorf("%s: no reason to end", s)
}

func (c *course) back(s step) error {
	if len(c.way) == 0 {
		return fmt.Errorf("%s: there is nothing to undo", s)
	}
	last := c.way[len(c.way)-1]
	c.way, c.queue = c.way[:len(c.way)-1], last.queue
	if last.state != s.to {
		return fmt.Errorf("%s: it was entered from %s", s, last.state)
	}
	return nil
}

// permitted checks a state that was reached against the configuration: what a tenant switched off is never asked for.
func (w *walk) permitted(a *attempt, s testenv.State) {
	c := a.in.config
	mail, profile := c.Email.Enabled && c.Email.UseForAuthentication, a.name == "profile"
	allowed := true
	switch s.Name {
	case "login_method_chooser":
		allowed = c.Password.Enabled && mail || c.Privacy.OnlyShowActualLoginMethods
	case "login_password":
		allowed = c.Password.Enabled
	case "login_password_recovery":
		allowed = c.Password.Enabled && c.Password.Recovery && a.provedWith("recovery")
	case "login_otp":
		allowed = c.MFA.Enabled && c.MFA.TOTP.Enabled && a.first != nil
	case "login_security_key":
		allowed = c.MFA.Enabled && c.MFA.SecurityKeys.Enabled && a.first != nil
	case "thirdparty":
		allowed = c.ThirdParty.Providers.Google.Enabled || a.name == flows.TokenExchange && c.SAML.Enabled
	case "onboarding_username":
		allowed = c.Username.Enabled && (c.Username.AcquireOnLogin || a.ext()) && a.first != nil
	case "onboarding_email":
		allowed = c.Email.Enabled && (c.Email.AcquireOnLogin || a.ext()) && a.first != nil
	case "onboarding_create_passkey":
		allowed = c.Passkey.Enabled && a.webauthn
	case "password_creation":
		allowed = c.Password.Enabled
	case "credential_onboarding_chooser":
		allowed = c.Passkey.Enabled && a.webauthn && c.Password.Enabled
	case "mfa_otp_secret_creation":
		allowed = c.MFA.TOTP.Enabled && (profile || c.MFA.Enabled)
	case "mfa_security_key_creation":
		allowed = c.MFA.Enabled && c.MFA.SecurityKeys.Enabled && a.webauthn
	case "mfa_method_chooser":
		asked := c.MFA.AcquireOnLogin && a.name == "login" || c.MFA.AcquireOnRegistration && a.name == "registration"
		allowed = c.MFA.Enabled && asked && (c.MFA.TOTP.Enabled || c.MFA.SecurityKeys.Enabled)
	case "device_trust":
		allowed = c.MFA.Enabled && c.MFA.DeviceTrustPolicy == "prompt" && a.first != nil && a.first.kind != "passkey"
	case "passcode_confirmation":
		allowed = c.Email.Enabled
	case "login_passkey", "webauthn_credential_verification":
		allowed = a.webauthn
	}
	if a.name == "login" && a.first == nil && (s.Name == "password_creation" || s.Name == "onboarding_create_passkey") {
		allowed = false // before she is known, nobody adds anything to an account
	}
	require.True(w, allowed, "%s is reached in %s, whose configuration is %q", s.Name, a, a.in.setting)
	for name := range s.Actions {
		require.Contains(w, w.tables[a.name].leads[s.Name], name, "%s offers it", s.Name)
	}
	if _, ok := s.Actions["back"]; ok {
		require.NotEmpty(w, a.course.way, "%s offers back, and there is nothing to undo", s.Name)
	}
}
