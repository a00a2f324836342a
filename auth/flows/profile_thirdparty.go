package flows

import (
	"errors"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/flow"
)

// What a person can do with her accounts at third parties. Spec: flow-profile §7, §8.4.

func (f *Flows) thirdPartyConnect() action {
	return action{
		Name: "connect_thirdparty_oauth_provider", Description: "Add an account at a third party.",
		Inputs: func(t *turn) []flow.Input { return providerInputs(ownOf(t).unconnected(f.providers(t))) },
		Run:    func(t *turn) (flow.Outcome, error) { return f.leaveFor(t, t.Data.UserID) },
		Leads:  []stateName{stateThirdParty},
	}
}

// confirmConnection gives her the account that was kept for her since the provider vouched for it. From now on it signs her in.
func (f *Flows) confirmConnection(t *turn, r *federation.Redemption) (flow.Outcome, error) {
	if r.UserID != t.Data.UserID {
		return flow.Fail(flow.NotPermitted), nil
	}
	if err := f.reload(t, false); err != nil {
		return nil, err
	}
	pending, err := f.federation.Pending(t.Context(), t.Env.Tenant, r.IdentityID)
	switch {
	case errors.Is(err, user.ErrOvertaken):
		return flow.Fail(flow.NotPermitted), nil // it has an owner by now, or somebody else came with it
	case err != nil:
		return nil, err
	}
	t.Env.Work.Do(r.Use)
	u := f.change(t)
	for _, write := range pending.Confirm(u) {
		t.Env.Work.Do(write)
	}
	return flow.Continue(stateProfileInit).NonRevertible(), nil
}

func (f *Flows) thirdPartyDisconnect() action {
	return action{
		Name: "disconnect_thirdparty_oauth_provider", Description: "Remove an account at a third party.",
		Inputs: func(t *turn) []flow.Input {
			var choices []flow.Choice
			for _, i := range ownOf(t).connected() {
				choices = append(choices, flow.Choice{Value: i.ID.String(), Name: i.ProviderID})
			}
			return []flow.Input{flow.String("identity_id").Required().Hidden().Allowed(choices...)}
		},
		Run: f.disconnect,
	}
}

// disconnect removes an account of hers. The addresses that came with it stay.
func (f *Flows) disconnect(t *turn) (flow.Outcome, error) {
	id := parseID(t.Input("identity_id"))
	removed := t.Env.user.Identity(id)
	switch {
	case removed == nil || !removed.Usable(t.Env.Tenant):
		return flow.Reject("identity_id", flow.ValueInvalid), nil
	case ownOf(t).stranded(func(u *user.User) { u.RemoveIdentity(id) }):
		return flow.Fail(flow.NotPermitted), nil
	}
	provider := removed.ProviderID
	u := f.change(t)
	t.Env.Work.Do(u.RemoveIdentity(id))
	f.audit(t, event.ThirdPartyUnlinking, t.Data.actor(), map[string]any{"provider": provider}, "")
	return flow.Stay(), nil
}

// connected are her accounts at third parties that the tenant lets people sign in with.
func (o own) connected() []user.Identity {
	var list []user.Identity
	for _, i := range o.user.Identities {
		if i.Usable(o.tenant) {
			list = append(list, i)
		}
	}
	return list
}
