package oauth

import (
	"maps"
	"strings"
)

// mapAttributes gives a provider's claims our names: mapping has the provider's name by ours. What is mapped leaves its place, and a claim whose
// source is absent is empty. All are read before any is written, so that two may change places; a name mapped to itself stays. Spec:
// third-party §5.
func mapAttributes(told object, mapping map[string]string) object {
	claims := maps.Clone(told)
	for ours, theirs := range mapping {
		if ours != theirs {
			delete(claims, theirs)
		}
	}
	for ours, theirs := range mapping {
		if ours != theirs {
			maps.DeleteFunc(claims, func(name string, _ any) bool { return strings.EqualFold(name, ours) }) // as they are read
		}
	}
	for ours, theirs := range mapping {
		if value, ok := told[theirs]; ok && ours != theirs {
			claims[ours] = value
		}
	}
	return claims
}
