package flows

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/pkg/mergepatch"
)

// maxMetadata is how many characters of compact JSON a kind of metadata may have.
const maxMetadata = 3000

// patchMetadata lets a person change what she may write about herself, by a merge patch (RFC 7386). Spec: flow-profile §7.
func (f *Flows) patchMetadata() action {
	return action{
		Name: "patch_metadata", Description: "Change the account's free data.",
		Inputs: flow.Inputs[Data, *Env](flow.JSON("patch_metadata").Required().Visible()),
		Run: func(t *turn) (flow.Outcome, error) {
			before := t.Env.user.Metadata.Unsafe
			after, err := patched(before, metadataPatch(t))
			if _, ok := errors.AsType[*mergepatch.PatchError](err); ok || utf8.RuneCountInString(after) > maxMetadata {
				return flow.Reject("patch_metadata", flow.InvalidMetadata), nil
			}
			if err != nil {
				return nil, err
			}
			if after != before {
				u := f.change(t)
				t.Env.Work.Do(u.SetUnsafeMetadata(after))
			}
			return flow.Stay(), nil
		},
	}
}

var jsonNull = []byte("null")

// metadataPatch is the patch that was sent, as JSON or inside of a text. Clients can send null in both ways.
func metadataPatch(t *turn) json.RawMessage {
	if raw := t.Raw("patch_metadata"); bytes.Equal(raw, jsonNull) {
		return raw
	}
	return t.JSON("patch_metadata")
}

// patched is the metadata after a patch; null clears them, and a patch without members changes nothing.
func patched(before string, patch json.RawMessage) (string, error) {
	if bytes.Equal(bytes.TrimSpace(patch), jsonNull) {
		return "", nil
	}
	if before == "null" { // as imports have it
		before = ""
	}
	after, err := mergepatch.Apply([]byte(before), patch)
	if err != nil {
		return "", err
	}
	if unchanged, err := mergepatch.Apply([]byte(before), []byte("{}")); err == nil && bytes.Equal(after, unchanged) {
		return before, nil
	}
	return string(after), nil
}
