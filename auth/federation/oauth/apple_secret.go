package oauth

import (
	"fmt"
	"sync"
	"time"

	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// AppleLifetime is the longest that Apple lets a client secret live, within the half year that it names.
const AppleLifetime = 180 * 24 * time.Hour

// AppleSecret makes a client secret for Apple: a token that the team's key signs, for the service, which is the client id. Spec:
// third-party §4.1.
func AppleSecret(key *jose.Key, team, service string, issued time.Time, lifetime time.Duration) (string, error) {
	return key.Sign(jose.TypeJWT, map[string]any{
		"iss": team, "sub": service, "aud": []string{appleIssuer}, "iat": issued.Unix(), "exp": issued.Add(lifetime).Unix(),
	})
}

const (
	mintedLifetime = time.Hour
	mintedAgain    = 50 * time.Minute // the age at which another is made
)

// A mint makes client secrets for Apple, one for a while. It is safe for concurrent use.
type mint struct {
	key           *jose.Key
	team, service string

	mu     sync.Mutex
	secret string
	issued time.Time
}

// appleSecrets is where the client secret comes from: a key where there is one, else the configuration.
func appleSecrets(a config.Apple) func(time.Time) (string, error) {
	if !a.Signs() {
		return constant(a.Secret)
	}
	key, err := jose.ParseES256PEM(a.KeyID, []byte(a.PrivateKey))
	if err != nil { // the configuration was not validated
		return func(time.Time) (string, error) { return "", fmt.Errorf("private_key: %w", err) }
	}
	m := &mint{key: key, team: a.TeamID, service: a.ClientID}
	return m.get
}

func (m *mint) get(now time.Time) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.secret != "" && !now.Before(m.issued) && now.Before(m.issued.Add(mintedAgain)) {
		return m.secret, nil
	}
	secret, err := AppleSecret(m.key, m.team, m.service, now, mintedLifetime)
	if err != nil {
		return "", err
	}
	m.secret, m.issued = secret, now
	return secret, nil
}
