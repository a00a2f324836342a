// Package etag reads conditions of requests (RFC 9110 §13.1), for all APIs alike.
package etag

import "strings"

// Matcher reads the values of an If-Match or If-None-Match header. Without any tag it is nil; else it reports whether one of the tags is the one it is
// given. A weak tag matches where weak says so: it does for If-None-Match, never for If-Match.
func Matcher(header []string, weak bool) func(etag string) bool {
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
