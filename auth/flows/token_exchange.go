package flows

import (
	"time"

	"github.com/latchkeep/latchkeep/pkg/flow"
)

// exchangeTTL is how long the redemption of a one-time token that no flow asked for may take.
const exchangeTTL = time.Hour

// tokenExchange signs in somebody whom an identity provider sent here by itself. What asks for passkeys is missing: nothing is known of the
// browser. Spec: flow-login-registration §10.5.
func (f *Flows) tokenExchange() definition {
	return definition{
		Name:  TokenExchange,
		TTL:   exchangeTTL,
		Init:  func(t *turn) error { t.Data.Exchange = true; return nil },
		Start: []stateName{stateThirdParty},
		States: map[stateName]state{
			stateThirdParty:           f.thirdParty(f.signInByThirdParty, thenDetails),
			statePasscodeConfirmation: f.passcodeConfirmation(f.storeAddress),
			stateLoginOTP:             f.loginOTP(),
			stateLoginSecurityKey:     f.loginSecurityKey(),
			stateLoginPasskey:         f.loginPasskey(),
			stateOnboardingEmail:      f.onboardingEmail(),
			stateOnboardingUsername:   f.onboardingUsername(),
			stateSuccess:              {Enter: f.exchangeSuccess},
			flow.StateError:           {},
		},
		Closed:     true,
		KeepOnBack: keepPasscode,
	}
}
