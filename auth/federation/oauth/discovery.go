package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// metadata is where a provider is spoken to, and what it says of itself.
type metadata struct {
	Endpoints
	// issuer is what the provider calls itself; empty where that is not known, or is many names.
	issuer string
	// algorithms are those that id_tokens may be signed with.
	algorithms []string
	// namesItself says that answers have the parameter iss (RFC 9207 §3).
	namesItself bool
}

// wellKnown is where the document of an issuer is (OpenID Connect Discovery §4).
func wellKnown(issuer string) string {
	return strings.TrimSuffix(issuer, "/") + "/.well-known/openid-configuration"
}

// discover learns about an issuer from a document. The document must be the issuer's own, by its exact name; its endpoints must not be less
// protected than it.
func (r *Room) discover(ctx context.Context, issuer, document string) (metadata, error) {
	m, err := r.discovered.get(ctx, document)
	if err != nil {
		return metadata{}, fmt.Errorf("discovery: %w", err)
	}
	if m.issuer != issuer {
		return metadata{}, errors.New("discovery: the document is another issuer's")
	}
	return m, nil
}

// fetchMetadata reads a document. That it is the right one is for the caller to check, who knows the name.
func (r *Room) fetchMetadata(ctx context.Context, address string) (metadata, time.Duration, error) {
	a, err := r.get(ctx, address, "")
	if err != nil {
		return metadata{}, 0, err
	}
	if a.status != http.StatusOK {
		return metadata{}, 0, fmt.Errorf("it answered %d", a.status)
	}
	var known oidc.ProviderConfig
	var more struct {
		NamesItself bool `json:"authorization_response_iss_parameter_supported"`
	}
	if readJSON(a.body, &known) != nil || readJSON(a.body, &more) != nil {
		return metadata{}, 0, errUnreadable
	}
	m := metadata{
		Endpoints:   Endpoints{Authorization: known.AuthURL, Token: known.TokenURL, UserInfo: known.UserInfoURL, Keys: known.JWKSURL},
		issuer:      known.IssuerURL,
		algorithms:  verifiable(known.Algorithms),
		namesItself: more.NamesItself,
	}
	if len(m.issuer) > maxURL {
		return metadata{}, 0, errUnreadable
	}
	needed := []string{m.Authorization, m.Token, m.UserInfo}
	if m.Keys != "" {
		needed = append(needed, m.Keys)
	}
	for _, endpoint := range needed {
		if err := endpointURL(endpoint); err != nil {
			return metadata{}, 0, err
		}
		if strings.HasPrefix(address, "https:") && !strings.HasPrefix(endpoint, "https:") {
			return metadata{}, 0, errors.New("an endpoint is not protected by TLS, though the issuer is")
		}
	}
	return m, a.keep, nil
}
