package config

import "github.com/latchkeep/latchkeep/pkg/claims"

// Warnings finds what is accepted and yet will not work: claims that cannot be compiled are left out of
// tokens, and colours without contrast cannot be read.
func (c *Config) Warnings() Problems {
	var p Problems
	for _, left := range claims.Compile(c.Session.JWTTemplate.Claims).Problems() {
		p.add(join("session.jwt_template.claims", left.Claim), "is left out of session tokens: %s", left.Reason)
	}
	return append(p, c.hostedPageWarnings()...)
}
