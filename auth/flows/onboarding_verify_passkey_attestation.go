package flows

import (
	"errors"

	"github.com/latchkeep/latchkeep/auth/passkey"
	"github.com/latchkeep/latchkeep/pkg/flow"
)

// onboardingVerifyAttestation waits for the credential that the browser's authenticator makes, a passkey or a security key. Its payload has
// creation_options on entry only. Spec: flow-login-registration §6.7.
//
// What does not verify leads nowhere: the flow stays here, and back leads to where another try begins. leave stores what was made; a
// registration does that with the account.
func (f *Flows) onboardingVerifyAttestation(leave func(*turn) error) state {
	return state{
		Actions: []action{
			{
				Name:        "webauthn_verify_attestation_response",
				Description: "Hand over the new credential.",
				Offered:     func(t *turn) bool { return t.Data.WebauthnAvailable },
				Inputs:      flow.Inputs[Data, *Env](flow.JSON("public_key").Required()),
				Run:         f.verifyAttestation,
				Leads:       thenMFA,
			},
			back,
		},
		Leave: leave,
	}
}

func (f *Flows) verifyAttestation(t *turn) (flow.Outcome, error) {
	d := t.Data
	made, err := f.passkeys.Created(t.Env.Tenant, d.Ceremony, t.JSON("public_key"), t.Now())
	if _, ok := errors.AsType[*passkey.Refused](err); ok {
		return flow.Fail(flow.PasskeyInvalid), nil
	}
	if err != nil {
		return nil, err
	}
	d.Ceremony = passkey.Ceremony{}
	d.NewCredentials = append(d.NewCredentials, *made)
	d.HasWebauthn = true
	if made.MFAOnly {
		d.HasSecurityKey = true
	} else {
		d.HasPasskey = true
	}
	f.scheduleMFACreation(t)
	return next(), nil
}
