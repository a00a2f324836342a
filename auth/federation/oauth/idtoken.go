package oauth

import (
	"context"
	"crypto/subtle"
	"errors"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// clockSkew is how far a provider's clock may be ahead of ours.
const clockSkew = 5 * time.Minute

// An expectation is what an id_token must be.
type expectation struct {
	clientID string
	// issuer is who must have issued it, exactly; or issuers decides.
	issuer  string
	issuers func(issuer string) bool
	// nonce must be in it where needNonce is set.
	nonce     string
	needNonce bool
	// accessToken is the one that came with it: at_hash must be of it, if there is one.
	accessToken string
	algorithms  []string
}

// verify checks an id_token (OpenID Connect Core §3.1.3.7): its signature by a key of the provider, and what is expected of it. It gives the claims.
func (r *Room) verify(ctx context.Context, keysURL, token string, e expectation) (object, error) {
	verifier := oidc.NewVerifier(e.issuer, keySet{r, keysURL}, &oidc.Config{
		ClientID: e.clientID, SupportedSigningAlgs: e.algorithms, SkipIssuerCheck: e.issuers != nil, Now: r.needs.Now,
	})
	verified, err := verifier.Verify(ctx, token)
	if err != nil {
		return nil, unquoted(err)
	}
	if verified.AccessTokenHash != "" && e.accessToken != "" {
		if err := verified.VerifyAccessToken(e.accessToken); err != nil {
			return nil, unquoted(err)
		}
	}
	var raw rawClaims
	if err := verified.Claims(&raw); err != nil {
		return nil, errUnreadable
	}
	claims, err := readObject(raw)
	if err != nil {
		return nil, err
	}
	switch party, partyErr := claims.text("azp"); {
	case e.issuers != nil && !e.issuers(verified.Issuer):
		return nil, errors.New("the id_token is another issuer's")
	case verified.IssuedAt.After(r.needs.Now().Add(clockSkew)):
		return nil, errors.New("the id_token was issued in the future")
	case partyErr != nil, party != "" && party != e.clientID, party == "" && len(verified.Audience) > 1:
		return nil, errors.New("the id_token was issued to another party")
	case e.needNonce && (e.nonce == "" || subtle.ConstantTimeCompare([]byte(verified.Nonce), []byte(e.nonce)) != 1):
		return nil, errors.New("the nonce of the id_token is not that of the request")
	}
	return claims, nil
}

// rawClaims takes the payload as it is.
type rawClaims []byte

// UnmarshalJSON implements json.Unmarshaler.
func (r *rawClaims) UnmarshalJSON(raw []byte) error {
	*r = append((*r)[:0], raw...)
	return nil
}
