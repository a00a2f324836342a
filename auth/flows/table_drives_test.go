package flows_test

import (
	"slices"
	"strings"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// drives are the ways to a decision. Each returns what a client sees of it, in the words of the tables.
func drives() map[string]func(d *driver) string {
	return map[string]func(d *driver) string{
		"identify":                    (*driver).identify,
		"offers after the identifier": func(d *driver) string { return offers(d.enter(d.identifier()).State) },
		"choose a method":             (*driver).seeMethods,
		"sign in":                     (*driver).seeAfterFirstFactor,
		"sign in to the end":          (*driver).seeLogin,
		"sign in, then skip":          (*driver).seeSkipAtLogin,
		"registration inputs":         (*driver).seeRegistrationInputs,
		"register":                    (*driver).seeRegistrationStep,
		"register to the end":         (*driver).seeRegistration,
		"register, then skip":         (*driver).seeSkipAtRegistration,
		"login_init":                  (*driver).seeLoginInit,
		"sign in up to":               (*driver).seeOffersAtLogin,
		"register up to":              (*driver).seeOffersAtRegistration,
	}
}

// who is identified: "address" of an account, "name" of one with an address, "name-only", "nobody" by an address.
func (d *driver) identifier() string {
	switch d.given["who"] {
	case "nobody":
		return d.address
	case "name", "name-only":
		d.person()
		return d.name
	default:
		d.person()
		return d.address
	}
}

// enter names the person at login_init, by whatever it asks for.
func (d *driver) enter(identifier string) *testenv.Flow {
	f := d.client.Begin(d, "login")
	inputs := testenv.Inputs{}
	for name := range f.State.Actions["continue_with_login_identifier"].Inputs {
		inputs[name] = identifier
	}
	f.Do(d, "continue_with_login_identifier", inputs)
	return f
}

// identify: the state, its error, and the mail that went out or the members of the payload.
func (d *driver) identify() string {
	f := d.enter(d.identifier())
	seen := d.seen(f.State)
	if f.State.Name == "passcode_confirmation" {
		seen += " " + d.mailed()
	}
	for _, code := range f.State.InputErrors() {
		seen += " " + code
	}
	for member := range f.State.Payload {
		seen += " " + member
	}
	return seen
}

// seeMethods: what the chooser offers.
func (d *driver) seeMethods() string {
	f := d.enter(d.identifier())
	if f.State.Name != "login_method_chooser" {
		return d.seen(f.State)
	}
	return offers(f.State)
}

// signIn proves the first factor: a code, or "password", "passkey" or "recovery".
func (d *driver) signIn() *testenv.Flow {
	d.person()
	first := d.given["first"]
	if first == "passkey" {
		f := d.client.Begin(d, "login")
		d.do(f, "webauthn_generate_request_options")
		d.answer(f)
		return f
	}
	who := d.address
	if d.given["by"] == "name" {
		who = d.name
	}
	f := d.enter(who)
	if f.State.Name == "login_method_chooser" {
		if first == "password" || first == "recovery" {
			d.do(f, "continue_to_password_login")
		} else {
			d.do(f, "continue_to_passcode_confirmation")
		}
	}
	if first == "recovery" {
		d.do(f, "continue_to_passcode_confirmation_recovery")
	}
	d.answer(f)
	return f
}

// answer does what the person does in the state that the flow is in.
func (d *driver) answer(f *testenv.Flow) {
	d.Helper()
	action, inputs := d.kim.Answer(d, f)
	switch f.State.Name { // she fills in everything
	case "login_password_recovery":
		action, inputs = "password_recovery", testenv.Inputs{"new_password": testenv.Password}
	case "onboarding_username":
		action, inputs = "username_create", testenv.Inputs{"username": d.name}
	case "onboarding_email":
		d.kim.Email = d.address
		action, inputs = "email_address_set", testenv.Inputs{"email": d.address}
	case "mfa_method_chooser":
		action = "continue_to_otp_secret_creation"
		if _, ok := f.State.Actions[action]; !ok {
			action = "continue_to_security_key_creation"
		}
	}
	d.do(f, action, inputs)
}

// seeAfterFirstFactor: the state that follows, "-" for success.
func (d *driver) seeAfterFirstFactor() string {
	return d.orDone(d.signIn().State)
}

func (d *driver) orDone(s testenv.State) string {
	if s.Name == "success" {
		return "-"
	}
	return d.seen(s)
}

// halves are states that only end what another one began.
func halves() []string { return []string{"onboarding_verify_passkey_attestation", "login_passkey"} }

// walk answers everything, and lists the states on the way. A choice of credentials ends it.
func (d *driver) walk(f *testenv.Flow) string {
	d.Helper()
	var seen []string
	for range 15 {
		s := f.State
		if s.Name == "success" {
			break
		}
		if !slices.Contains(halves(), s.Name) {
			seen = append(seen, d.seen(s))
		}
		if s.Name == "error" || s.Name == "credential_onboarding_chooser" {
			break
		}
		d.answer(f)
	}
	if len(seen) == 0 {
		return "-"
	}
	return strings.Join(seen, " ")
}

// seeLogin: the states between the first factor and success.
func (d *driver) seeLogin() string { return d.only(d.walk(d.signIn())) }

// only is, with the setting "only", just that state if it is among the states, or the error that they end in.
func (d *driver) only(states string) string {
	only := d.given["only"]
	switch i := strings.Index(states, "error "); {
	case only == "":
		return states
	case i >= 0:
		return states[i:]
	case slices.Contains(strings.Fields(states), only):
		return only
	}
	return "-"
}
