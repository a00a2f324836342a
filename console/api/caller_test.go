package api_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/tenants"
)

func TestRecords_TellWhereTheOperatorsRequestCameFrom(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		id := uuid.MustParse(c.tenant(t, "shop"))
		c.must(t, 200, "PATCH", "/v1/tenants/"+id.String(), `{"name": "Corner Shop"}`, "User-Agent", "somebody's script", "X-Request-Id", "the-request")
		record := c.lastRecord(t, id)
		require.Equal(t, tenants.AuditTenantUpdated, record.Type)
		require.Equal(t, "127.0.0.1", record.SourceIP)
		require.Equal(t, "somebody's script", record.UserAgent)
		require.Equal(t, "the-request", record.RequestID)
	})
}

// lastRecord is the latest audit record of a tenant that waits to be carried out.
func (c *console) lastRecord(t *testing.T, id uuid.UUID) outbox.AuditRecord {
	t.Helper()
	rows, err := c.store.Reader().Intent.Query().All(scope.With(t.Context(), scope.Tenant(id)))
	require.NoError(t, err)
	row := rows[0]
	for _, other := range rows {
		if bytes.Compare(other.ID[:], row.ID[:]) > 0 {
			row = other
		}
	}
	plain, err := outbox.Open(c.keyring, id, row.Kind, row.ID, row.Payload)
	require.NoError(t, err)
	var record outbox.AuditRecord
	require.NoError(t, json.Unmarshal(plain, &record))
	return record
}
