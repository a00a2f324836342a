package flows

import "github.com/latchkeep/latchkeep/tenants/config"

// Which credentials a person is asked to set up, as the decision tables have it. Spec: flow-login-registration §5.2, §10.6; config §5.6.1.

// credentialsAtLogin are the states that ask a person who signed in for credentials she does not have. While she recovers her password she
// is not asked for another one.
func credentialsAtLogin(t *turn) []stateName {
	c, d := t.Env.config(), t.Data
	states := missingCredentials(t, c.Passkey.AcquireOnLogin, c.Password.AcquireOnLogin)
	if !d.RecoveryPending {
		return states
	}
	var kept []stateName
	for _, s := range states {
		if s == stateOnboardingPasskey {
			kept = append(kept, s)
		}
	}
	return kept
}

func missingCredentials(t *turn, passkey, password string) []stateName {
	d := t.Data
	byPasskey, byPassword := passkeysWork(t), t.Env.config().Password.Enabled
	neither := !d.HasPasskey && !d.HasPassword
	switch {
	case !byPasskey && !byPassword:
	case !byPassword:
		return when(wanted(passkey) && !d.HasPasskey, stateOnboardingPasskey)
	case !byPasskey:
		return when(wanted(password) && !d.HasPassword, statePasswordCreation)
	case passkey == config.AcquireAlways && password == config.AcquireAlways:
		if neither {
			return bothCredentials(t)
		}
		return append(when(!d.HasPasskey, stateOnboardingPasskey), when(!d.HasPassword, statePasswordCreation)...)
	case passkey == config.AcquireAlways:
		return when(!d.HasPasskey, stateOnboardingPasskey)
	case password == config.AcquireAlways:
		return when(!d.HasPassword, statePasswordCreation)
	case passkey == config.AcquireConditional && password == config.AcquireConditional:
		return when(neither, stateOnboardingChooser)
	case passkey == config.AcquireConditional:
		return when(neither, stateOnboardingPasskey)
	case password == config.AcquireConditional:
		return when(neither, statePasswordCreation)
	}
	return nil
}

// credentialsAtRegistration are the states that ask somebody who registers for credentials.
func credentialsAtRegistration(t *turn) []stateName {
	c := t.Env.config()
	return missingCredentials(t, c.Passkey.AcquireOnRegistration, c.Password.AcquireOnRegistration)
}

// bothCredentials asks first for what she cannot do without.
func bothCredentials(t *turn) []stateName {
	c := t.Env.config()
	if !c.Password.Optional && c.Passkey.Optional {
		return []stateName{statePasswordCreation, stateOnboardingPasskey}
	}
	return []stateName{stateOnboardingPasskey, statePasswordCreation}
}

func when(asked bool, s stateName) []stateName {
	if !asked {
		return nil
	}
	return []stateName{s}
}
