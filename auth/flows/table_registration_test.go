package flows_test

import (
	"slices"
	"strings"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// seeRegistrationInputs: what is asked for, "!" where it must be given; "-" where nobody can register.
func (d *driver) seeRegistrationInputs() string {
	f := d.client.Begin(d, "registration")
	action, ok := f.State.Actions["register_login_identifier"]
	if !ok {
		return "-"
	}
	var seen []string
	for name, in := range action.Inputs {
		if in.Required != nil && *in.Required {
			name += "!"
		}
		seen = append(seen, name)
	}
	slices.Sort(seen)
	return strings.Join(seen, " ")
}

// register enters identifiers: "email" and "username" are "none", "new", "taken" or "malformed".
func (d *driver) register() *testenv.Flow {
	d.kim = &testenv.Person{Tenant: d.shop, Email: d.address, Username: d.name, Password: testenv.Password}
	f := d.client.Begin(d, "registration")
	inputs := testenv.Inputs{}
	for name := range f.State.Actions["register_login_identifier"].Inputs {
		value := map[string]string{"email": d.address, "username": d.name}[name]
		switch d.given[name] {
		case "none":
			value = ""
		case "taken":
			d.shop.Person(d, map[string]testenv.NewPerson{"email": {Email: value}, "username": {Username: value}}[name])
		case "malformed":
			value = "kim&co"
		}
		inputs[name] = value
	}
	f.Do(d, "register_login_identifier", inputs)
	return f
}

// seeRegistrationStep: what comes of the identifiers: the state with the mail that went out, or the errors at inputs.
func (d *driver) seeRegistrationStep() string {
	f := d.register()
	switch {
	case f.State.Name == "passcode_confirmation":
		return d.seen(f.State) + " " + d.mailed()
	case f.State.Status == 400:
		var seen []string
		for name, code := range f.State.InputErrors() {
			seen = append(seen, name+":"+code)
		}
		slices.Sort(seen)
		return strings.Join(seen, " ")
	}
	return d.seen(f.State)
}

// seeRegistration: the states between the identifiers and success.
func (d *driver) seeRegistration() string { return d.only(d.walk(d.register())) }

// seeSkipAtRegistration: what comes of "skip" in the setting "state"; "absent" where it is not offered.
func (d *driver) seeSkipAtRegistration() string { return d.skipAt(d.register()) }

func (d *driver) seeSkipAtLogin() string { return d.skipAt(d.signIn()) }

// skipAt goes to the setting "state" and skips it. On the way it skips the state in the setting "skip", too.
func (d *driver) skipAt(f *testenv.Flow) string {
	to := d.given["state"]
	for range 10 {
		switch s := f.State; s.Name {
		case to:
			if _, ok := s.Actions["skip"]; !ok {
				return "absent"
			}
			d.do(f, "skip")
			return d.seen(f.State)
		case "success", "error":
			return d.seen(s) + " before " + to
		case d.given["skip"]:
			d.do(f, "skip")
		case "credential_onboarding_chooser":
			d.do(f, map[string]string{
				"onboarding_create_passkey": "continue_to_passkey_registration", "password_creation": "continue_to_password_registration",
			}[to])
		default:
			d.answer(f)
		}
	}
	return "lost on the way to " + to
}

// seeOffersAtRegistration: what is offered in the setting "state".
func (d *driver) seeOffersAtRegistration() string { return d.offersAt(d.register()) }

func (d *driver) seeOffersAtLogin() string { return d.offersAt(d.signIn()) }

// offersAt goes to the setting "state", by the action in the setting "take" wherever it is offered.
func (d *driver) offersAt(f *testenv.Flow) string {
	for range 10 {
		s := f.State
		if s.Name == d.given["state"] {
			return offers(s)
		}
		if s.Name == "success" || s.Name == "error" {
			return d.seen(s)
		}
		if _, ok := s.Actions[d.given["take"]]; ok {
			d.do(f, d.given["take"])
			continue
		}
		d.answer(f)
	}
	return "lost"
}

// seeLoginInit: what login_init offers and asks for, and its payload.
func (d *driver) seeLoginInit() string {
	f := d.client.Begin(d, "login")
	var seen []string
	for _, action := range f.State.Offers() {
		for name := range f.State.Actions[action].Inputs {
			if name == "email" || name == "username" || name == "identifier" {
				action += "(" + name + ")"
			}
		}
		seen = append(seen, action)
	}
	for member := range f.State.Payload {
		seen = append(seen, "+", member)
	}
	if len(seen) == 0 {
		return "-"
	}
	return strings.Join(seen, " ")
}
