package flows

import (
	"github.com/latchkeep/latchkeep/pkg/flow"
)

// profile lets a person who is signed in look at her account and change it. Everything starts from profile_init and comes back to it.
// Spec: flow-profile.
func (f *Flows) profile() definition {
	return definition{
		Name:  Profile,
		TTL:   flowTTL,
		Start: []stateName{statePreflight, stateProfileInit},
		States: map[stateName]state{
			statePreflight:   f.preflight(),
			stateProfileInit: f.profileInit(),

			// What has to be proven before it is stored.
			statePasscodeConfirmation: f.passcodeConfirmation(f.storeOwnAddress),
			stateVerifyCredential:     f.verifyCredential(),
			stateMFAOTPSecret:         f.mfaOTPSecretCreation(f.storeOwnTOTP),
			stateThirdParty:           f.thirdParty(f.confirmConnection, []stateName{stateProfileInit}, back),

			stateAccountDeleted: {},
			flow.StateError:     {},
		},
		Closed: true,
		Init: func(t *turn) error {
			t.Data.Profile, t.Data.UserID = true, t.Env.session.UserID
			return nil
		},
		BeforeEach: f.loadProfile,
		KeepOnBack: keepPasscode,
	}
}

// profileInit shows the account and offers what can be done with it. When each action is offered stands in profile_rules.go.
func (f *Flows) profileInit() state {
	return state{
		Enter: forgetDetour,
		Show:  f.showProfile,
		Actions: f.ruled(
			f.accountDelete(),

			f.emailCreate(),
			f.emailDelete(),
			f.emailSetPrimary(),
			f.emailVerify(),

			f.usernameCreate(),
			f.usernameUpdate(),
			f.usernameDelete(),

			f.passwordCreate(),
			f.passwordUpdate(),
			f.passwordDelete(),

			f.patchMetadata(),

			f.passkeyCreate(),
			f.passkeyRename(),
			f.passkeyDelete(),
			f.securityKeyCreate(),
			f.securityKeyDelete(),

			f.totpCreate(),
			f.totpDelete(),
			f.recoveryCodesCreate(),

			f.sessionDelete(),

			f.thirdPartyConnect(),
			f.thirdPartyDisconnect(),
		),
	}
}

// loadProfile reads what the actions of profile_init are offered by. The detours read what they need when they need it.
func (f *Flows) loadProfile(t *turn) error {
	if t.State() != stateProfileInit {
		return nil
	}
	err := f.reload(t, t.Env.config().Session.AllowRevocation)
	switch {
	case gone(err):
		return flow.Refuse(flow.Unauthorized, "the user was deleted just now")
	case err != nil:
		return err
	case t.Env.user.BlockedAt != nil:
		return flow.Refuse(flow.NotPermitted, "the user is blocked")
	}
	return nil
}

// reload reads the person, and her sessions where asked to.
func (f *Flows) reload(t *turn, withSessions bool) error {
	t.Env.user, t.Env.sessions = nil, nil
	if _, err := f.user(t); err != nil {
		return err
	}
	if !withSessions {
		return nil
	}
	sessions, err := f.sessions.Of(t.Context(), t.Env.Tenant, t.Data.UserID)
	if err != nil {
		return err
	}
	t.Env.sessions = sessions
	return nil
}

// showProfile shows the account as it is now, after whatever the request changed.
func (f *Flows) showProfile(t *turn) error {
	c := t.Env.config().Session
	if err := f.reload(t, c.ShowOnProfile || c.AllowRevocation); err != nil {
		return err
	}
	t.Set("user", ownView(t))
	if c.ShowOnProfile {
		t.Set("sessions", sessionViews(t))
	}
	return nil
}

// forgetDetour drops what a detour left behind: what was proven there counts for that visit only. The passcode that was mailed last stays
// good for its own address and purpose.
func forgetDetour(t *turn) error {
	kept := Data{
		Profile: true, UserID: t.Data.UserID, Passcode: t.Data.Passcode,
		WebauthnAvailable: t.Data.WebauthnAvailable, ConditionalUI: t.Data.ConditionalUI, PlatformWebauthn: t.Data.PlatformWebauthn,
	}
	*t.Data = kept
	return nil
}
