package management

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/tenants"
)

// Metadata reads what is said about a person. Error: user_not_found.
func (s *Service) Metadata(ctx context.Context, t *tenants.Tenant, userID uuid.UUID) (user.Metadata, error) {
	u, err := s.n.Users.Brief(ctx, t, userID)
	if err != nil {
		return user.Metadata{}, err
	}
	return u.Metadata, nil
}

// PatchMetadata changes what is said about a person by a merge patch and returns what it is by then. A patch that changes nothing writes
// nothing. Errors: user_not_found, and those of user.Metadata.MergeAll. Spec: rest-admin §4.2.
func (s *Service) PatchMetadata(
	ctx context.Context, t *tenants.Tenant, by Caller, userID uuid.UUID, patch json.RawMessage,
) (user.Metadata, error) {
	var after user.Metadata
	err := s.revise(ctx, t, by, userID, "change metadata", func(c *revision) (err error) {
		before := c.user.Metadata
		if after, err = before.MergeAll(patch); err != nil || after == before {
			return err
		}
		var changed []string
		for _, kind := range []struct{ name, before, after string }{
			{"public_metadata", before.Public, after.Public},
			{"private_metadata", before.Private, after.Private},
			{"unsafe_metadata", before.Unsafe, after.Unsafe},
		} {
			if kind.before != kind.after {
				changed = append(changed, kind.name)
			}
		}
		c.work.Do(c.user.SetMetadata(after))
		c.record(event.MetadataChanged, map[string]any{"changed": changed})
		return nil
	})
	return after, err
}
