package admin

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/latchkeep/latchkeep/api/etag"
	"github.com/latchkeep/latchkeep/auth/management"
)

// matcher reads an If-Match or If-None-Match header: see etag.Matcher.
func matcher(header []string, weak bool) management.Match { return etag.Matcher(header, weak) }

// notModified is the answer 304 with the entity tag that it is about.
func notModified(etag string) error {
	return huma.ErrorWithHeaders(huma.Status304NotModified(), http.Header{"Etag": {etag}})
}
