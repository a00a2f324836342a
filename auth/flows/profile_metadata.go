package flows

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/flow"
)

// patchMetadata lets a person change what she may write about herself, by a merge patch (RFC 7386). Spec: flow-profile §7.
func (f *Flows) patchMetadata() action {
	return action{
		Name: "patch_metadata", Description: "Change the account's free data.",
		Inputs: flow.Inputs[Data, *Env](flow.JSON("patch_metadata").Required().Visible()),
		Run: func(t *turn) (flow.Outcome, error) {
			before := t.Env.user.Metadata.Unsafe
			after, err := user.MergeMetadata(before, metadataPatch(t))
			if errors.Is(err, user.ErrBadMetadata) || errors.Is(err, user.ErrMetadataTooLong) {
				return flow.Reject("patch_metadata", flow.InvalidMetadata), nil
			}
			if err != nil {
				return nil, err
			}
			if after != before {
				u := f.change(t)
				t.Env.Work.Do(u.SetUnsafeMetadata(after))
				f.audit(t, event.MetadataChanged, t.Data.actor(), map[string]any{"changed": []string{"unsafe_metadata"}}, "")
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
