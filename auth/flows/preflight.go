package flows

import "github.com/latchkeep/latchkeep/pkg/flow"

// preflight asks what the browser can do. Clients answer without a person's doing, so nothing is stored yet.
func (f *Flows) preflight() state {
	return state{
		Actions: []action{{
			Name:        "register_client_capabilities",
			Description: "Tell what the browser can do.",
			Inputs: flow.Inputs[Data, *Env](
				flow.Boolean("webauthn_available").Required().Hidden(),
				flow.Boolean("webauthn_conditional_mediation_available").Hidden(),
				flow.Boolean("webauthn_platform_authenticator_available").Hidden(),
			),
			Sealed: true,
			Run: func(t *turn) (flow.Outcome, error) {
				t.Data.WebauthnAvailable = t.Bool("webauthn_available")
				t.Data.ConditionalUI = t.Bool("webauthn_conditional_mediation_available")
				t.Data.PlatformWebauthn = t.Bool("webauthn_platform_authenticator_available")
				return flow.Continue(), nil
			},
		}},
	}
}
