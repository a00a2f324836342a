package tenants

import (
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/tenants/config"
)

// RewriteSealed returns a stored configuration of a tenant with every sealed secret replaced by what a function makes of it and of what it is
// bound to. Nothing else changes.
func RewriteSealed(tenantID uuid.UUID, stored []byte, with func(sealed string, aad []byte) string) (json.RawMessage, error) {
	rewritten, err := config.RewriteStored(stored, func(path, sealed string) (string, error) {
		return with(sealed, secretAAD(tenantID, path)), nil
	})
	if err != nil {
		return nil, fmt.Errorf("rewrite the configuration of tenant %s: %w", tenantID, err)
	}
	return rewritten, nil
}
