package passkey

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/latchkeep/latchkeep/tenants"
)

// RelatedOriginsMaxAge is how long the document of related origins may be cached: a page that was added works at the latest then.
const RelatedOriginsMaxAge = 10 * time.Minute

// RelatedOrigins is the document that tells browsers which pages may use the passkeys of a relying party (Web Authentication Level 3, §5.11).
// Browsers fetch it from https://{relying party id}/.well-known/webauthn, for pages outside of that domain only.
type RelatedOrigins struct {
	body []byte
	etag string
}

// JSON is the document: {"origins": […]}. It must not be changed.
func (o *RelatedOrigins) JSON() []byte { return o.body }

// ETag is its entity tag.
func (o *RelatedOrigins) ETag() string { return o.etag }

type relatedOriginsKey struct{}

// RelatedOriginsOf is the document of a tenant: its origins of the web, as browsers write them. It is made once for each snapshot.
func RelatedOriginsOf(t *tenants.Tenant) *RelatedOrigins {
	made, _ := tenants.Memo(t, relatedOriginsKey{}, func() (*RelatedOrigins, error) {
		document := struct {
			Origins []string `json:"origins"`
		}{[]string{}}
		for _, configured := range t.Config.WebAuthn.RelyingParty.Origins {
			if origin, ok := webOrigin(configured); ok && !slices.Contains(document.Origins, origin) {
				document.Origins = append(document.Origins, origin)
			}
		}
		body, _ := json.Marshal(document) // strings only: cannot fail
		sum := sha256.Sum256(body)
		return &RelatedOrigins{body: body, etag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}, nil
	})
	return made
}

// webOrigin writes an origin of the web as browsers do (RFC 6454 §6.1): in lower case, without path and default port. Apps have none.
func webOrigin(configured string) (string, bool) {
	u, err := url.Parse(configured)
	if err != nil || u.Host == "" {
		return "", false
	}
	host := strings.ToLower(u.Host)
	switch u.Scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	default:
		return "", false
	}
	return u.Scheme + "://" + host, true
}
