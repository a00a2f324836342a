package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/tenants"
)

// errMalformed marks a token that we signed and whose members are not of the known shape.
var errMalformed = errors.New("the token's claims are malformed")

// newClaims builds the claims of a session token: first the custom ones, then ours, which win. Spec: session §1.2.
func newClaims(
	t *tenants.Tenant, u *user.User, custom map[string]any, sessionID uuid.UUID, amr []string, issued, expires time.Time,
) map[string]any {
	c := make(map[string]any, 9+len(custom))
	maps.Copy(c, custom)
	c["sub"] = u.ID.String()
	c["iat"] = issued.Unix()
	c["exp"] = expires.Unix()
	c["aud"] = t.Config.Audience()
	c["session_id"] = sessionID.String()
	if e := u.Primary(); e != nil {
		c["email"] = emailClaim{Address: e.Address, IsPrimary: true, IsVerified: e.IsVerified}
	}
	if u.Username != nil {
		c["username"] = u.Username.Name
	}
	if len(amr) > 0 {
		c["amr"] = amr
	}
	if issuer := t.Config.Session.Issuer; issuer != "" {
		c["iss"] = issuer
	}
	return c
}

type emailClaim struct {
	Address    string `json:"address"`
	IsPrimary  bool   `json:"is_primary"`
	IsVerified bool   `json:"is_verified"`
}

// show renders the claims of a fresh token as clients see them: registered ones under long names, the others as they are. Times keep
// their fraction, unlike those read back from a token.
func show(claims map[string]any, issued, expires time.Time) map[string]any {
	shown := map[string]any{"subject": claims["sub"], "issued_at": issued, "expiration": expires, "audience": claims["aud"]}
	if iss, ok := claims["iss"]; ok {
		shown["issuer"] = iss
	}
	for name, value := range claims {
		if !registered[name] {
			shown[name] = value
		}
	}
	return shown
}

// registered claims are shown under other names, or not at all (RFC 7519 §4.1).
var registered = map[string]bool{"sub": true, "iat": true, "exp": true, "aud": true, "iss": true, "nbf": true, "jti": true}

// A parsed token: what we need of its claims, and all of them as clients see them.
type parsed struct {
	userID, sessionID uuid.UUID
	issued, expires   time.Time // issued is zero where the token does not tell
	shown             json.RawMessage
}

// parse reads the claims of a token whose signature and times were verified. It answers errMalformed for a member of the wrong shape, and
// false for a token that is not one of a session.
func parse(claims map[string]any) (parsed, bool, error) {
	sid, ok := claims["session_id"]
	if !ok {
		return parsed{}, false, nil
	}
	p := parsed{}
	var err error
	if p.sessionID, err = uuidClaim(sid); err != nil {
		return parsed{}, false, fmt.Errorf("session_id: %w", err)
	}
	if p.userID, err = uuidClaim(claims["sub"]); err != nil {
		return parsed{}, false, fmt.Errorf("sub: %w", err)
	}
	if email, ok := claims["email"]; ok {
		if err := checkEmail(email); err != nil {
			return parsed{}, false, fmt.Errorf("email: %w", err)
		}
	}
	expires, ok := timeClaim(claims["exp"])
	if !ok {
		return parsed{}, false, fmt.Errorf("exp: %w", errMalformed)
	}
	p.expires = expires
	shown := map[string]any{"subject": p.userID, "expiration": expires}
	if issued, ok := timeClaim(claims["iat"]); ok {
		p.issued = issued
		shown["issued_at"] = issued
	}
	switch aud := claims["aud"].(type) {
	case string:
		shown["audience"] = []string{aud}
	case []any:
		if len(aud) > 0 {
			shown["audience"] = aud
		}
	}
	if iss, ok := claims["iss"].(string); ok && iss != "" {
		shown["issuer"] = iss
	}
	for name, value := range claims {
		if !registered[name] {
			shown[name] = value
		}
	}
	if p.shown, err = json.Marshal(shown); err != nil {
		return parsed{}, false, fmt.Errorf("render claims: %w", err)
	}
	return p, true, nil
}

func uuidClaim(v any) (uuid.UUID, error) {
	s, ok := v.(string)
	if !ok {
		return uuid.Nil, errMalformed
	}
	id, err := uuid.Parse(s)
	if err != nil {
		return uuid.Nil, errMalformed
	}
	return id, nil
}

func checkEmail(v any) error {
	m, ok := v.(map[string]any)
	if !ok {
		return errMalformed
	}
	if _, ok := m["address"].(string); !ok {
		return errMalformed
	}
	for _, flag := range []string{"is_primary", "is_verified"} {
		if value, given := m[flag]; given {
			if _, ok := value.(bool); !ok {
				return errMalformed
			}
		}
	}
	return nil
}

// timeClaim reads a NumericDate (RFC 7519 §2).
func timeClaim(v any) (time.Time, bool) {
	switch n := v.(type) {
	case float64:
		return time.Unix(int64(n), 0).UTC(), true
	case int64:
		return time.Unix(n, 0).UTC(), true
	case json.Number:
		i, err := n.Int64()
		if err != nil {
			return time.Time{}, false
		}
		return time.Unix(i, 0).UTC(), true
	default:
		return time.Time{}, false
	}
}
