package user

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/latchkeep/latchkeep/pkg/mergepatch"
	"github.com/latchkeep/latchkeep/pkg/problem"
)

// MaxMetadata is how many characters (code points) of compact JSON a kind of metadata may have.
const MaxMetadata = 3000

// The faults of a change of metadata.
var (
	ErrBadMetadata     = problem.Invalid("invalid_metadata", "metadata must be a JSON object or null")
	ErrMetadataTooLong = problem.Invalid("metadata_too_long", fmt.Sprintf("a kind of metadata has at most %d characters of compact JSON", MaxMetadata))
)

// MergeMetadata is a kind of metadata after a merge patch (RFC 7386). null clears it; a patch that changes nothing leaves the text as it is.
// Errors: ErrBadMetadata where the patch is neither an object nor null, ErrMetadataTooLong.
func MergeMetadata(before string, patch json.RawMessage) (string, error) {
	if bytes.Equal(bytes.TrimSpace(patch), []byte("null")) {
		return "", nil
	}
	if before == "null" { // as imports have it
		before = ""
	}
	after, err := mergepatch.Apply([]byte(before), patch)
	if fault, ok := errors.AsType[*mergepatch.PatchError](err); ok {
		return "", ErrBadMetadata.Wrap(fault)
	}
	if err != nil {
		return "", err
	}
	if unchanged, err := mergepatch.Apply([]byte(before), []byte("{}")); err == nil && bytes.Equal(after, unchanged) {
		return before, nil
	}
	if utf8.RuneCount(after) > MaxMetadata {
		return "", ErrMetadataTooLong
	}
	return string(after), nil
}

// MergeAll is all metadata after a merge patch of {public_metadata, private_metadata, unsafe_metadata}; other members do not count. null
// clears all. Errors: those of MergeMetadata. Spec: rest-admin §4.2.
func (m Metadata) MergeAll(patch json.RawMessage) (Metadata, error) {
	if bytes.Equal(bytes.TrimSpace(patch), []byte("null")) {
		return Metadata{}, nil
	}
	var kinds map[string]json.RawMessage
	if err := json.Unmarshal(patch, &kinds); err != nil {
		return m, ErrBadMetadata.Wrap(err)
	}
	for name, kind := range map[string]*string{"public_metadata": &m.Public, "private_metadata": &m.Private, "unsafe_metadata": &m.Unsafe} {
		change, given := kinds[name]
		if !given {
			continue
		}
		after, err := MergeMetadata(*kind, change)
		if err != nil {
			return m, err
		}
		*kind = after
	}
	return m, nil
}
