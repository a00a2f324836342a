package flows

import (
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/passkey"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/pkg/mail"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// loginInit asks who wants to sign in. Where the browser can offer passkeys in the form's autofill, it gets the options for that each time
// the state is shown. Spec: flow-login-registration §4.2–4.3, §9.3.
func (f *Flows) loginInit() state {
	return state{
		Enter: func(t *turn) error {
			if !passkeysWork(t) || !t.Data.ConditionalUI {
				return nil
			}
			return f.askForAny(t)
		},
		Actions: []action{
			{
				Name:        "continue_with_login_identifier",
				Description: "Say who you are.",
				Offered:     canIdentify,
				Inputs:      identifierInput,
				Run:         f.identify,
				Leads: []stateName{
					stateLoginMethodChooser, stateLoginPassword, statePasscodeConfirmation, stateLoginPasskey, stateThirdParty,
				},
			},
			f.thirdPartyLogin(),
			f.passkeyLogin(passkeysWork),
			f.verifyAssertion(passkeysWork),
			rememberMe(stateLoginInit),
		},
	}
}

// byEmail and byUsername say which identifiers the tenant accepts.
func byEmail(c *config.Config) bool { return c.Email.Enabled && c.Email.UseAsLoginIdentifier }

func byUsername(c *config.Config) bool { return c.Username.Enabled && c.Username.UseAsLoginIdentifier }

// mailLogin says whether people may sign in with a code from a mail.
func mailLogin(c *config.Config) bool { return c.Email.Enabled && c.Email.UseForAuthentication }

// canIdentify says whether an identifier can lead anywhere.
func canIdentify(t *turn) bool {
	c := t.Env.config()
	if !byEmail(c) && !byUsername(c) {
		return false
	}
	return c.Password.Enabled || mailLogin(c) || byEmail(c) && c.SAML.Enabled
}

// identifierName is the input's name: clients choose the field they show by it.
func identifierName(c *config.Config) string {
	switch {
	case byEmail(c) && byUsername(c):
		return "identifier"
	case byEmail(c):
		return "email"
	default:
		return "username"
	}
}

func identifierInput(t *turn) []flow.Input {
	c := t.Env.config()
	switch name := identifierName(c); name {
	case "identifier":
		return []flow.Input{flow.String(name).Required().Max(255).Trim().Lowercase()}
	case "email":
		return []flow.Input{flow.Email(name).Required().Min(3).Max(c.Email.MaxLength).Trim().Lowercase()}
	default:
		return []flow.Input{flow.String(name).Required().Min(c.Username.MinLength).Max(c.Username.MaxLength).Trim().Lowercase()}
	}
}

// identify finds the account and decides how to go on. An unknown address walks the path of a known one, unless the tenant chose to tell.
func (f *Flows) identify(t *turn) (flow.Outcome, error) {
	c, d := t.Env.config(), t.Data
	input := identifierName(c)
	d.Identifier = t.Input(input)

	asEmail := byEmail(c) && (input != "identifier" || flow.IsEmail(d.Identifier))
	if asEmail {
		if elsewhere, err := f.leaveForSAML(t, d.Identifier); elsewhere != nil || err != nil {
			return elsewhere, err
		}
	}
	var account user.Account
	var err error
	if asEmail {
		account, err = f.users.ByEmail(t.Context(), t.Env.Tenant, d.Identifier)
	} else {
		account, err = f.users.ByUsername(t.Context(), t.Env.Tenant, d.Identifier)
	}
	if err != nil {
		return nil, err
	}
	if !account.Known() {
		if unknown, tell := unknownCode(c, asEmail); tell {
			f.audit(t, event.LoginFailure, event.Actor{}, nil, failure(unknown))
			return flow.Reject(input, unknown), nil
		}
	}
	d.adopt(account)
	if asEmail {
		d.Email, d.Username = d.Identifier, ""
	} else {
		d.Email, d.Username = account.Email, d.Identifier
		if !c.Password.Enabled && account.Email == "" {
			return flow.Fail(flow.FlowDiscontinuity), nil
		}
	}
	if c.Privacy.OnlyShowActualLoginMethods {
		return f.continueWithActual(t)
	}
	return f.continueWithAny(t), nil
}

// unknownCode is what to say of an identifier that nobody has, and whether to say it: usernames are never secret.
func unknownCode(c *config.Config, asEmail bool) (flow.InputCode, bool) {
	if !asEmail {
		return flow.UnknownUsername, true
	}
	return flow.UnknownEmail, c.Privacy.ShowAccountExistenceHints
}

// continueWithAny goes on by what the tenant allows, whatever the person has.
func (f *Flows) continueWithAny(t *turn) flow.Outcome {
	c, d := t.Env.config(), t.Data
	switch {
	case mailLogin(c) && c.Password.Enabled && d.Email != "":
		return flow.Continue(stateLoginMethodChooser)
	case c.Password.Enabled:
		return flow.Continue(stateLoginPassword)
	case mailLogin(c):
		return f.continueWithPasscode(t)
	default:
		return flow.Fail(flow.FlowDiscontinuity)
	}
}

// continueWithActual goes on by what the person really has. An unknown address passes for that of an account that only has mail, or only a
// password where mail is off: a dead end of its own would tell that nobody has it.
func (f *Flows) continueWithActual(t *turn) (flow.Outcome, error) {
	c, d := t.Env.config(), t.Data
	byMail := mailLogin(c) && (d.HasEmails || !d.known())
	byPassword := c.Password.Enabled && (d.HasPassword || !d.known() && !mailLogin(c))
	byPasskey := c.Passkey.Enabled && d.HasPasskey
	switch {
	case byMail && byPassword, byMail && byPasskey, byPassword && byPasskey:
		return flow.Continue(stateLoginMethodChooser), nil
	case byMail:
		return f.continueWithPasscode(t), nil
	case byPassword:
		return flow.Continue(stateLoginPassword), nil
	case byPasskey:
		return f.continueWithOwnPasskey(t)
	default:
		return flow.Fail(flow.FlowDiscontinuity), nil
	}
}

// continueWithOwnPasskey asks for one of the identified person's passkeys.
func (f *Flows) continueWithOwnPasskey(t *turn) (flow.Outcome, error) {
	if err := f.askForOwn(t, passkey.Passkey); err != nil {
		return nil, err
	}
	return flow.Continue(stateLoginPasskey), nil
}

// continueWithAnyPasskey asks for any passkey, whoever it belongs to.
func (f *Flows) continueWithAnyPasskey(t *turn) (flow.Outcome, error) {
	if err := f.askForAny(t); err != nil {
		return nil, err
	}
	return flow.Continue(stateLoginPasskey), nil
}

// passkeyLogin is the action of the button that signs in with a passkey: one of hers where only what she has is shown, else any.
func (f *Flows) passkeyLogin(offered func(*turn) bool) action {
	return action{
		Name:        "webauthn_generate_request_options",
		Description: "Sign in with a passkey.",
		Offered:     offered,
		Run: func(t *turn) (flow.Outcome, error) {
			if t.State() == stateLoginMethodChooser && onlyActual(t) && t.Data.known() {
				return f.continueWithOwnPasskey(t)
			}
			return f.continueWithAnyPasskey(t)
		},
		Leads: []stateName{stateLoginPasskey},
	}
}

// continueWithPasscode mails a code, or to an unknown address the notice that somebody tried.
func (f *Flows) continueWithPasscode(t *turn) flow.Outcome {
	t.Data.LoginMethod = methodPasscode
	t.Data.PasscodeTemplate = mail.TemplateLoginAttempted
	if t.Data.known() {
		t.Data.PasscodeTemplate = mail.TemplateLogin
	}
	return flow.Continue(statePasscodeConfirmation)
}
