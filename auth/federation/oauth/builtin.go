package oauth

import (
	"context"

	"github.com/latchkeep/latchkeep/tenants/config"
)

// metadataOf is what is known of a provider without asking.
type metadataOf metadata

func (m metadataOf) metadata(context.Context) (metadata, error) { return metadata(m), nil }

// builtIn makes the client of a built-in provider. Spec: third-party §3, §4.
func (r *Room) builtIn(b config.BuiltIn, t config.ThirdParty) *client {
	g := registration{
		id: b.ID, clientID: b.Provider.ClientID, secret: constant(b.Provider.Secret), redirectURL: t.RedirectURL,
		allowLinking: b.Provider.AllowLinking, params: map[string]string{"prompt": b.Provider.Prompt},
	}
	m := metadataOf{Endpoints: r.needs.Endpoints[b.ID]}
	var c connector
	switch b.ID {
	case "apple":
		g.scopes, g.nonce, g.percentSpace = []string{"name", "email"}, true, true
		g.params["response_mode"], g.secret = "form_post", appleSecrets(t.Providers.Apple)
		m.issuer, m.algorithms = appleIssuer, verifiable(nil)
		c = apple{m}
	case "discord":
		g.scopes = []string{"identify", "email"}
		c = discord{m}
	case "facebook":
		g.scopes = []string{"email", "public_profile"}
		c = facebook{m}
	case "github":
		g.scopes = []string{"user:email", "user:read"}
		c = github{m}
	case "google":
		g.scopes = []string{"email", "profile"}
		m.issuer = googleIssuer
		c = google{m}
	case "linkedin":
		g.scopes, g.noVerifier = []string{"openid", "profile", "email"}, true
		c = linkedin{r, m.Discovery}
	case "microsoft":
		g.scopes, g.nonce = []string{"openid", "profile", "email"}, true
		m.algorithms = verifiable(nil)
		c = microsoft{m}
	}
	return r.client(g, c)
}
