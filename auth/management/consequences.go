package management

import (
	"context"
	"fmt"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// countedPeople is up to how many people a consequence is counted for; what is more is "more than" that.
const countedPeople = 10_000

// Consequences are what a change of a tenant's configuration would mean for the people she has now, in sentences for operators: who could not sign
// in any more, and who would lose a second factor. At most two statements, bounded by how many people it concerns.
func (s *Service) Consequences(ctx context.Context, t *tenants.Tenant, after *config.Config) ([]string, error) {
	ctx = scope.With(ctx, scope.Tenant(t.ID))
	var found []string
	had, has := methods(t.Config, true), methods(after, t.Config.WebAuthn.RelyingParty.ID == after.WebAuthn.RelyingParty.ID)
	if loses(had, has) {
		n, err := s.n.Store.Raw().Stranded(ctx, had, has, countedPeople+1)
		if err != nil {
			return nil, err
		}
		found = add(found, n, "%s could not sign in any more: they have nothing else to sign in with.")
	}
	app := asksForApp(t.Config) && !asksForApp(after)
	key := asksForKey(t.Config) && !asksForKey(after)
	if app || key {
		n, err := s.n.Store.Raw().WithSecondFactor(ctx, app, key, countedPeople+1)
		if err != nil {
			return nil, err
		}
		found = add(found, n, "%s would not be asked for that second factor any more.")
	}
	if t.Config.Session.Lifespan != after.Session.Lifespan {
		found = append(found, "Sessions that are open keep the time they were given.")
	}
	if t.Config.Account.AllowSignup && !after.Account.AllowSignup {
		found = append(found, "Nobody new can register.")
	}
	return found, nil
}

func asksForApp(c *config.Config) bool { return c.MFA.Enabled && c.MFA.TOTP.Enabled }

func asksForKey(c *config.Config) bool { return c.MFA.Enabled && c.MFA.SecurityKeys.Enabled }

// methods are the ways to sign in that a configuration has; keeps says whether passkeys that were made still work.
func methods(c *config.Config, keeps bool) rawsql.Methods {
	third := c.SAML.Enabled || len(c.ThirdParty.CustomProviders) > 0
	for _, on := range []bool{
		c.ThirdParty.Providers.Apple.Enabled, c.ThirdParty.Providers.Discord.Enabled, c.ThirdParty.Providers.Facebook.Enabled,
		c.ThirdParty.Providers.GitHub.Enabled, c.ThirdParty.Providers.Google.Enabled, c.ThirdParty.Providers.LinkedIn.Enabled,
		c.ThirdParty.Providers.Microsoft.Enabled,
	} {
		third = third || on
	}
	return rawsql.Methods{
		Password: c.Password.Enabled, Passkey: c.Passkey.Enabled && keeps, MailCode: c.Email.Enabled && c.Email.UseForAuthentication, ThirdParty: third,
	}
}

// loses reports whether a method goes.
func loses(had, has rawsql.Methods) bool {
	return had.Password && !has.Password || had.Passkey && !has.Passkey || had.MailCode && !has.MailCode || had.ThirdParty && !has.ThirdParty
}

// add adds a sentence about people, unless it concerns none.
func add(found []string, n int, sentence string) []string {
	switch {
	case n == 0:
		return found
	case n == 1:
		return append(found, fmt.Sprintf(sentence, "1 user"))
	case n > countedPeople:
		return append(found, fmt.Sprintf(sentence, fmt.Sprintf("More than %d users", countedPeople)))
	default:
		return append(found, fmt.Sprintf(sentence, fmt.Sprintf("%d users", n)))
	}
}
