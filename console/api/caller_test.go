package api_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
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

// Both sign as tokens.
func TestRecords_TellAnOperatorsTokenFromABackEndsKey(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		id := uuid.MustParse(c.tenant(t, "shop"))
		kim, session := c.wholePerson(t, id, "kim")
		one := "/v1/tenants/" + id.String() + "/users/" + kim.String()
		token, err := c.operators.Authenticate(t.Context(), c.token)
		require.NoError(t, err)
		by := string(tenants.ByToken(token.ID))

		c.must(t, 204, "DELETE", one+"/sessions/"+session.String(), "")
		record := c.lastRecord(t, id)
		require.Equal(t, event.SessionRevoked, record.Type)
		require.Equal(t, map[string]any{"api": "console", "by": by, "session_id": session.String()}, record.Details)
		require.True(t, record.ByOperator, "the log of the console gets a copy")
		c.must(t, 204, "POST", one+"/block", "")
		record = c.lastRecord(t, id)
		require.Equal(t, event.UserBlocked, record.Type)
		require.Equal(t, map[string]any{"api": "console", "by": by}, record.Details)
		require.True(t, record.ByOperator)

		olga := c.person(t, tenants.SystemID.String(), "olga")
		c.must(t, 204, "POST", "/v1/tenants/"+tenants.SystemID.String()+"/users/"+olga+"/block", "")
		record = c.lastRecord(t, tenants.SystemID)
		require.Equal(t, event.UserBlocked, record.Type)
		require.False(t, record.ByOperator, "it is in the log of the console")
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
