package flows

import (
	"errors"
	"slices"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/auth/federation/oauth"
	"github.com/latchkeep/latchkeep/auth/federation/roundtrip"
	"github.com/latchkeep/latchkeep/pkg/flow"
)

// thirdParty waits while the browser is at a third party, and takes the one-time token that it comes back with. The address to go to is in the
// payload on entry only. Spec: flow-login-registration §10.2, third-party §9.
func (f *Flows) thirdParty(redeem func(*turn, *federation.Redemption) (flow.Outcome, error), leads []stateName, also ...action) state {
	exchange := action{
		Name:        "exchange_token",
		Description: "Come back from the third party.",
		Inputs: flow.Inputs[Data, *Env](
			flow.String("token").Required().Hidden(),
			flow.String("code_verifier").Hidden().Max(maxVerifier),
		),
		Run:   func(t *turn) (flow.Outcome, error) { return f.exchangeToken(t, redeem) },
		Leads: leads,
	}
	return state{Actions: append([]action{exchange}, also...)}
}

// maxVerifier is how long a code verifier may be (RFC 7636 §4.1).
const maxVerifier = 128

func (f *Flows) exchangeToken(t *turn, redeem func(*turn, *federation.Redemption) (flow.Outcome, error)) (flow.Outcome, error) {
	wait, err := f.limits.token(t)
	if err != nil {
		return nil, err
	}
	if wait.exceeded {
		return rateLimited(t, wait, "retry_after"), nil
	}
	redemption, err := f.federation.Redeem(t.Context(), t.Env.Tenant, federation.Presented{
		Token: t.Input("token"), CodeVerifier: t.Input("code_verifier"),
		Flow: t.FlowID(), Unasked: t.Data.Exchange, Link: t.Data.Profile,
	}, t.Now())
	switch {
	case errors.Is(err, federation.ErrVerifier):
		return flow.Fail(flow.FormDataInvalid), nil
	case errors.Is(err, federation.ErrToken):
		return nil, f.badToken(t, err.Error())
	case err != nil:
		return nil, err
	}
	return redeem(t, redemption)
}

// badToken answers as clients know it: 500, with nothing changed. Of two equal requests the second may find the token used by the first: that is
// a conflict, as everywhere.
func (f *Flows) badToken(t *turn, reason string) error {
	stored, err := f.load(t.Context(), t.Env.Tenant, t.FlowID())
	if err != nil {
		return err
	}
	if before := t.Env.stored; stored != nil && (before == nil || stored.Version != before.Version) {
		return flow.Conflict()
	}
	return &foreseen{flow.Refuse(flow.TechnicalError, reason)}
}

// signInByThirdParty makes the person that a token stands for the one of the flow, and asks what the tenant asks of people who sign in so.
// Spec: flow-login-registration §10.4.
func (f *Flows) signInByThirdParty(t *turn, r *federation.Redemption) (flow.Outcome, error) {
	c, d := t.Env.config(), t.Data
	d.UserID = r.UserID
	u, err := f.user(t)
	if gone(err) {
		return nil, f.badToken(t, "the user was deleted just now")
	}
	if err != nil {
		return nil, err
	}
	identity := u.Identity(r.IdentityID)
	if identity == nil || !identity.Usable(t.Env.Tenant) {
		return nil, f.badToken(t, "the identity was removed, or its provider switched off, just now")
	}
	t.Env.Work.Do(r.Use)
	account := u.Account()
	d.adopt(account)
	d.HasEmails = len(u.Emails) > 0
	d.Email, d.Username = account.Email, account.Username
	d.LoginMethod, d.Provider, d.NewUser, d.Exists = methodThirdParty, identity.ProviderID, r.Created, d.Registration

	verify := c.Email.RequireVerification
	if identity.SAML != nil {
		verify = !identity.SAML.Verifies
	}
	if e := u.EmailByID(identity.At()); e != nil && !e.IsVerified && verify {
		f.askForCode(t, e.Address)
		if !d.Registration && !d.Exchange {
			return flow.Continue(statePasscodeConfirmation).NonRevertible(), nil // what follows is decided when she has proven the address
		}
		rest, err := f.afterThirdParty(t)
		return flow.Continue(append([]stateName{statePasscodeConfirmation}, rest...)...).NonRevertible(), err
	}
	d.Scheduled = true
	rest, err := f.afterThirdParty(t)
	return flow.Continue(rest...).NonRevertible(), err
}

// thenDetails are where people get whom a third party signed in.
var thenDetails = []stateName{
	statePasscodeConfirmation, stateLoginSecurityKey, stateLoginOTP, stateOnboardingEmail, stateOnboardingUsername, stateDeviceTrust, stateSuccess,
}

// afterThirdParty are the states between a third party and success. The second factor is asked for where the tenant trusts only itself.
func (f *Flows) afterThirdParty(t *turn) ([]stateName, error) {
	c, d := t.Env.config(), t.Data
	trusted, err := f.trustedDevice(t)
	if err != nil {
		return nil, err
	}
	var states []stateName
	if !trusted {
		states = secondFactor(t)
	}
	if !d.HasEmails && c.Email.Enabled && d.acquires(c.Email.AcquireOnLogin, c.Email.AcquireOnRegistration) {
		states = append(states, stateOnboardingEmail)
	}
	if !d.HasUsername && c.Username.Enabled && d.acquires(c.Username.AcquireOnLogin, c.Username.AcquireOnRegistration) {
		states = append(states, stateOnboardingUsername)
	}
	if !d.Registration && !d.Exchange && !trusted && asksForTrust(t) {
		states = append(states, stateDeviceTrust)
	}
	return append(states, stateSuccess), nil
}

// thirdPartyLogin is the action behind the buttons of OAuth providers. Spec: flow-login-registration §10.1.
func (f *Flows) thirdPartyLogin() action {
	return action{
		Name:        "thirdparty_oauth",
		Description: "Sign in through a third party.",
		Offered:     func(t *turn) bool { return len(f.providers(t)) > 0 },
		Inputs:      func(t *turn) []flow.Input { return providerInputs(f.providers(t)) },
		Run:         func(t *turn) (flow.Outcome, error) { return f.leaveFor(t, uuid.Nil) },
		Leads:       []stateName{stateThirdParty},
	}
}

// providers are those that people may choose from. What cannot be compiled is not offered.
func (f *Flows) providers(t *turn) []oauth.Listed {
	list, err := f.roundtrip.Listed(t.Env.Tenant)
	if err != nil {
		f.log.ErrorContext(t.Context(), "the providers of a tenant are not usable", "tenant", t.Env.Tenant.ID, "error", err)
	}
	return list
}

func providerInputs(list []oauth.Listed) []flow.Input {
	choices := make([]flow.Choice, len(list))
	for i, p := range list {
		choices[i] = flow.Choice{Value: p.ID, Name: p.Name}
	}
	return []flow.Input{
		flow.String("provider").Required().Hidden().Allowed(choices...),
		flow.String("redirect_to").Required().Hidden(),
		flow.String("code_verifier").Hidden().Max(maxVerifier),
	}
}

// leaveFor sends the browser to the provider that was chosen. user is who adds an account to hers.
func (f *Flows) leaveFor(t *turn, user uuid.UUID) (flow.Outcome, error) {
	wait, err := f.departure(t)
	if err != nil {
		return nil, err
	}
	if wait.exceeded {
		return rateLimited(t, wait, "retry_after"), nil
	}
	departure, err := f.roundtrip.Begin(t.Context(), t.Env.Tenant, roundtrip.Start{
		Provider: t.Input("provider"), RedirectTo: t.Input("redirect_to"), CodeVerifier: t.Input("code_verifier"),
		Flow: t.FlowID(), User: user,
	}, t.Now())
	switch {
	case errors.Is(err, roundtrip.ErrProvider):
		return flow.Reject("provider", flow.ValueInvalid), nil
	case errors.Is(err, roundtrip.ErrRedirect):
		return flow.Fail(flow.FormDataInvalid), nil
	case errors.Is(err, roundtrip.ErrUnreachable):
		f.log.WarnContext(t.Context(), "a provider cannot be used", "tenant", t.Env.Tenant.ID, "provider", t.Input("provider"), "error", err)
		return flow.Fail(flow.FormDataInvalid), nil
	case err != nil:
		return nil, err
	}
	t.Env.cookies = append(t.Env.cookies, departure.Cookie)
	t.Set("redirect_url", departure.URL)
	return flow.Continue(stateThirdParty), nil
}

// unconnected leaves out the providers that she has an account of already.
func (o own) unconnected(list []oauth.Listed) []oauth.Listed {
	return slices.DeleteFunc(slices.Clone(list), func(p oauth.Listed) bool { return o.user.HasIdentity(p.ID) })
}
