package flows

import "github.com/latchkeep/latchkeep/pkg/flow"

// rememberMe lets a person choose whether her session outlives the browser, where the tenant leaves that to her.
func rememberMe(in stateName) action {
	return action{
		Name:        "remember_me",
		Description: "Choose whether to stay signed in after the browser is closed.",
		Offered:     func(t *turn) bool { return t.Env.config().Session.Cookie.Retention == "prompt" },
		Inputs:      flow.Inputs[Data, *Env](flow.Boolean("remember_me").Required()),
		Run: func(t *turn) (flow.Outcome, error) {
			t.Data.RememberMe = t.Bool("remember_me")
			return flow.Stay(), nil
		},
		Leads: []stateName{in},
	}
}
