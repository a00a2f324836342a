package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// custom is a provider that somebody described. It is read from its user-info endpoint, be it OAuth or OpenID Connect. Spec: third-party §5.
type custom struct {
	room   *Room
	config config.CustomProvider
}

// customClient makes the client of a custom provider.
func (r *Room) customClient(id string, p config.CustomProvider, redirectURL string) *client {
	return r.client(registration{
		id: id, clientID: p.ClientID, secret: constant(p.Secret), redirectURL: redirectURL, scopes: p.Scopes, allowLinking: p.AllowLinking,
		params: map[string]string{"prompt": p.Prompt, "acr_values": strings.Join(p.ACRValues, " ")},
	}, custom{r, p})
}

func (c custom) metadata(ctx context.Context) (metadata, error) {
	if c.config.UseDiscovery {
		return c.room.discover(ctx, c.config.Issuer, wellKnown(c.config.Issuer))
	}
	return metadata{Endpoints: Endpoints{
		Authorization: c.config.AuthorizationEndpoint, Token: c.config.TokenEndpoint, UserInfo: c.config.UserinfoEndpoint,
	}}, nil
}

func (c custom) claims(ctx context.Context, g *grant) (federation.Claims, error) {
	told, err := c.told(ctx, g)
	if err != nil {
		return federation.Claims{}, err
	}
	if err := c.sameSubject(ctx, g, told); err != nil {
		return federation.Claims{}, err
	}
	return decodeClaims(mapAttributes(told, c.config.AttributeMapping), g.clientID)
}

// told is what the user-info endpoint says: JSON, or a JWT that the provider signed (OpenID Connect Core §5.3.2).
func (c custom) told(ctx context.Context, g *grant) (object, error) {
	a, err := c.room.get(ctx, g.UserInfo, g.accessToken)
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, fmt.Errorf("the user-info endpoint answered %d", a.status)
	}
	if a.media != "application/jwt" {
		return readObject(a.body)
	}
	if g.Keys == "" {
		return nil, errors.New("the user-info is signed, but the provider's keys are not known: it needs discovery")
	}
	payload, err := keySet{c.room, g.Keys}.VerifySignature(ctx, strings.TrimSpace(string(a.body)))
	if err != nil {
		return nil, err
	}
	signed, err := readObject(payload)
	if err != nil {
		return nil, err
	}
	return signed, c.forUs(g, signed)
}

// forUs checks what a signed answer says of where it is from and for whom, as far as it does.
func (c custom) forUs(g *grant, signed object) error {
	if issuer, ok := signed["iss"]; ok && issuer != g.issuer {
		return errors.New("the user-info is another issuer's")
	}
	audience, err := audienceOf(signed["aud"], g.clientID)
	if err != nil {
		return err
	}
	if audience != "" && audience != g.clientID {
		return errors.New("the user-info is for another client")
	}
	if expires, err := numberOf("exp", signed["exp"]); err != nil || expires != 0 && float64(c.room.needs.Now().Unix()) >= expires {
		return errors.New("the user-info has expired")
	}
	return nil
}

// sameSubject checks that an OpenID Connect provider tells of the person who signed in, not of another: the sub of its id_token and the sub of the
// user-info must be one (OpenID Connect Core §5.3.2). Where an id_token was not asked for, or its keys are not known, there is nothing to compare.
func (c custom) sameSubject(ctx context.Context, g *grant, told object) error {
	if g.idToken == "" || g.Keys == "" || !slices.Contains(c.config.Scopes, oidc.ScopeOpenID) {
		return nil
	}
	token, err := g.identity(ctx, expectation{issuer: g.issuer})
	if err != nil {
		return err
	}
	signedIn, err := textOrNumber("sub", token["sub"])
	if err != nil {
		return err
	}
	toldOf, err := textOrNumber("sub", told["sub"])
	if err != nil {
		return err
	}
	if told["sub"] != nil && toldOf != signedIn {
		return errors.New("the user-info is of another person than the id_token")
	}
	return nil
}
