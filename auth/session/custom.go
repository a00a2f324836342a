package session

import (
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/claims"
	"github.com/latchkeep/latchkeep/tenants"
)

// cookieBytes is what browsers keep of a cookie; they ignore a longer one without a word.
const cookieBytes = 4096

type customKey struct{}

// custom are the claims that the tenant's template adds, compiled once for its snapshot.
type custom struct {
	template *claims.Template
	warned   sync.Map // names of claims, and cookieBytes, that the log tells of already
}

// customOf compiles the template at the first session of a snapshot, and then says what it had to leave out.
func (s *Service) customOf(t *tenants.Tenant) *custom {
	c, _ := tenants.Memo(t, customKey{}, func() (*custom, error) {
		c := &custom{template: claims.Compile(t.Config.Session.JWTTemplate.Claims)}
		s.warn(t, c, c.template.Problems())
		return c, nil
	})
	return c
}

// custom renders the claims of the tenant's template for a person. One that fails is left out, and the log tells of it once.
func (s *Service) custom(t *tenants.Tenant, u *user.User) map[string]any {
	if len(t.Config.Session.JWTTemplate.Claims) == 0 {
		return nil
	}
	c := s.customOf(t)
	if c.template.Empty() {
		return nil
	}
	rendered, dropped := c.template.Render(claimsUser(u))
	s.warn(t, c, dropped)
	return rendered
}

func (s *Service) warn(t *tenants.Tenant, c *custom, dropped []claims.Problem) {
	for _, d := range dropped {
		if _, told := c.warned.LoadOrStore(d.Claim, true); !told {
			s.log.Warn("a claim of session.jwt_template is left out of session tokens", "tenant", t.ID, "claim", d.Claim, "reason", d.Reason)
		}
	}
}

// warnLong tells, once for a snapshot, of tokens that a cookie cannot hold.
func (s *Service) warnLong(t *tenants.Tenant, token string) {
	if t.Config.Session.EnableAuthTokenHeader || len(token)+len(CookieName(t)) <= cookieBytes {
		return
	}
	if _, told := s.customOf(t).warned.LoadOrStore(cookieBytes, true); !told {
		s.log.Warn("session tokens are longer than a cookie may be, so browsers may drop them: have session.jwt_template say less, or set "+
			"session.enable_auth_token_header", "tenant", t.ID, "bytes", len(token))
	}
}

// claimsUser is what a template may know of a person. Private metadata is not among it.
func claimsUser(u *user.User) claims.User {
	c := claims.User{
		ID: u.ID.String(), Name: u.Name, GivenName: u.GivenName, FamilyName: u.FamilyName, Picture: u.Picture,
		PublicMetadata: u.Metadata.Public, UnsafeMetadata: u.Metadata.Unsafe,
	}
	if u.Username != nil {
		c.Username = u.Username.Name
	}
	if e := u.Primary(); e != nil {
		c.Email = &claims.Email{Address: e.Address, IsPrimary: e.IsPrimary, IsVerified: e.IsVerified}
	}
	return c
}

// A Preview is what a session token would hold.
type Preview struct {
	// Claims are all of the token's, as they are in the token.
	Claims map[string]any
	// Dropped are the claims of the template that are left out, in order of their names.
	Dropped []claims.Problem
}

// Preview renders the token that a person would get now, without how she signed in. A template that is not nil is used in place of the
// tenant's. Nothing is signed or stored.
func (s *Service) Preview(t *tenants.Tenant, u *user.User, template map[string]any) Preview {
	if template == nil {
		template = t.Config.Session.JWTTemplate.Claims
	}
	compiled := claims.Compile(template)
	rendered, dropped := compiled.Render(claimsUser(u))
	issued := now()
	p := Preview{Dropped: sortedProblems(compiled.Problems(), dropped)}
	p.Claims = newClaims(t, u, rendered, uuid.Must(uuid.NewV7()), nil, issued, issued.Add(t.Config.Session.Lifespan.Std()))
	return p
}

func sortedProblems(lists ...[]claims.Problem) []claims.Problem {
	all := slices.Concat(lists...)
	slices.SortFunc(all, func(a, b claims.Problem) int { return strings.Compare(a.Claim, b.Claim) })
	return all
}
