package api_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/contract"
	"github.com/latchkeep/latchkeep/tenants"
)

// thingsDeleted makes what operations on deleted tenants are about.
func (c *console) thingsDeleted(tb testing.TB, id uuid.UUID, o *contract.Operation, found map[string]string) {
	tb.Helper()
	purged := strings.Contains(o.Path, "{tenant_id}")
	if o.ID != "purge-tenant" && !purged {
		return
	}
	record, err := c.tenants.DeleteFor(tb.Context(), tenants.ByCLI, id, nil)
	require.NoError(tb, err)
	if purged {
		found["tenant_id"] = id.String()
		_, err := c.tenants.PurgeNow(tb.Context(), tenants.ByCLI, id, record.Slug)
		require.NoError(tb, err)
		_, err = c.tenants.PurgeSome(tb.Context(), id, 1000)
		require.NoError(tb, err)
	}
}

// partlyPurged makes a deleted tenant of which something has gone.
func (c *console) partlyPurged(tb testing.TB, id uuid.UUID) {
	tb.Helper()
	record, err := c.tenants.DeleteFor(tb.Context(), tenants.ByCLI, id, nil)
	require.NoError(tb, err)
	_, err = c.tenants.PurgeNow(tb.Context(), tenants.ByCLI, id, record.Slug)
	require.NoError(tb, err)
	_, err = c.tenants.PurgeSome(tb.Context(), id, 1)
	require.NoError(tb, err)
}

func TestDeletion_ATenantIsRestoredOrPurgedWithAReceipt(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		id := c.tenant(t, "acme")
		c.must(t, 200, "PATCH", "/v1/tenants/"+id, `{"status":"suspended"}`)
		c.do(t, "POST", "/v1/tenants/"+id+"/purge", `{"confirm":"acme"}`).problem(t, 409, "not_deleted")
		c.do(t, "DELETE", "/v1/tenants/"+id+"?grace=8760h", "").problem(t, 400, "invalid_grace")
		c.do(t, "DELETE", "/v1/tenants/"+id+"?grace=soon", "").problem(t, 400, "invalid_grace")
		c.must(t, 204, "DELETE", "/v1/tenants/"+id+"?grace=72h", "")
		c.must(t, 204, "DELETE", "/v1/tenants/"+id, "")
		require.NotContains(t, c.must(t, 200, "GET", "/v1/tenants", "").Text, id)
		listed := c.must(t, 200, "GET", "/v1/tenants?status=deleting", "")
		require.Contains(t, listed.Text, id)
		require.Contains(t, listed.Text, `"status_before":"suspended"`)

		restored := c.must(t, 200, "POST", "/v1/tenants/"+id+"/restore", "")
		require.Equal(t, "suspended", restored.str("status"))
		require.Nil(t, restored.get("deletion"))
		c.must(t, 200, "POST", "/v1/tenants/"+id+"/restore", "")

		c.must(t, 204, "DELETE", "/v1/tenants/"+id, "")
		c.do(t, "POST", "/v1/tenants/"+id+"/purge", `{"confirm":"other"}`).problem(t, 400, "wrong_confirmation")
		c.must(t, 202, "POST", "/v1/tenants/"+id+"/purge", `{"confirm":"acme"}`)
		for {
			n, err := c.tenants.Purge(t.Context(), 100)
			require.NoError(t, err)
			if n == 0 {
				break
			}
		}
		c.do(t, "POST", "/v1/tenants/"+id+"/restore", "").problem(t, 404, "tenant_not_found")
		c.do(t, "DELETE", "/v1/tenants/"+id, "").problem(t, 404, "tenant_not_found")
		receipt := c.must(t, 200, "GET", "/v1/purge-receipts/"+id, "")
		require.Equal(t, "acme", receipt.str("statement.slug"))
		require.Contains(t, receipt.str("statement.deleted_by"), "token:")
		require.NotEmpty(t, receipt.str("signature"))
		require.Contains(t, c.must(t, 200, "GET", "/v1/purge-receipts", "").Text, receipt.str("signature"))
		c.do(t, "GET", "/v1/purge-receipts/"+newID(), "").problem(t, 404, "receipt_not_found")
	})
}
