package config

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// MarshalCompatible writes a configuration as programs written for Hanko read it: every key is there, mfa.device_trust_duration counts
// nanoseconds, and session.jwt_template is left out when it is empty. Secrets are written as they are; Mask comes first.
func MarshalCompatible(c Config) ([]byte, error) {
	tree, _ := plain(reflect.ValueOf(c)).(map[string]any)
	if mfa, ok := tree["mfa"].(map[string]any); ok {
		mfa["device_trust_duration"] = int64(c.MFA.DeviceTrustDuration)
	}
	if session, ok := tree["session"].(map[string]any); ok {
		if len(c.Session.JWTTemplate.Claims) == 0 {
			delete(session, "jwt_template")
		}
		if c.Session.IdleTimeout == 0 {
			session["idle_timeout"] = "0m"
		}
	}
	raw, err := json.Marshal(tree)
	if err != nil {
		return nil, fmt.Errorf("write a configuration: %w", err)
	}
	return raw, nil
}
