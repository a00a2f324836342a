package admin

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/latchkeep/latchkeep/auth/management"
)

// matcher reads an If-Match or If-None-Match header (RFC 9110 §13.1). Without one it is nil. A weak tag matches where weak says so: it
// does for If-None-Match, never for If-Match.
func matcher(header []string, weak bool) management.Match {
	var tags []string
	for _, value := range header {
		for tag := range strings.SplitSeq(value, ",") {
			tag = strings.TrimSpace(tag)
			if weak {
				tag = strings.TrimPrefix(tag, "W/")
			}
			if tag != "" {
				tags = append(tags, tag)
			}
		}
	}
	if len(tags) == 0 {
		return nil
	}
	return func(etag string) bool {
		for _, tag := range tags {
			if tag == "*" || tag == etag {
				return true
			}
		}
		return false
	}
}

// notModified is the answer 304 with the entity tag that it is about.
func notModified(etag string) error {
	return huma.ErrorWithHeaders(huma.Status304NotModified(), http.Header{"Etag": {etag}})
}
