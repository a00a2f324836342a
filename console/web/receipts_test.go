package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/operator"
	"github.com/latchkeep/latchkeep/console/web"
	"github.com/latchkeep/latchkeep/tenants"
)

func TestReceipts_AreOfTenantsThatWereErased(t *testing.T) {
	t.Parallel()

	c := newConsole(t)
	owner, support := c.signedIn(t, operator.Grant{Role: operator.Owner}), c.signedIn(t, operator.Grant{Role: operator.Support})
	gone := c.tenant(t, "gone")
	require.NoError(t, c.env.App.Provisioner.Delete(t.Context(), tenants.ByCLI, gone))
	deleted, purge := web.Base+"/tenants/deleted", web.Base+"/tenants/deleted/"+gone.String()+"/purge"
	require.Contains(t, text(t, c.ask(t, owner, "GET", deleted, "").Body), "Erase now")
	require.NotContains(t, text(t, c.ask(t, support, "GET", deleted, "").Body), "Erase now")
	require.Equal(t, http.StatusForbidden, c.ask(t, support, http.MethodPost, purge, "confirm=gone").StatusCode)
	wrong := c.ask(t, owner, http.MethodPost, purge, "confirm=other")
	require.Equal(t, http.StatusUnprocessableEntity, wrong.StatusCode)
	require.Contains(t, text(t, wrong.Body), "Must be the tenant&#39;s slug")

	c.form(t, owner, "/tenants/deleted/"+gone.String()+"/purge", "confirm", "gone")
	for more := 1; more > 0; {
		var err error
		more, err = c.env.App.Provisioner.Purge(t.Context(), 1000)
		require.NoError(t, err)
	}
	require.Contains(t, text(t, c.ask(t, owner, "GET", web.Base+"/receipts", "").Body), gone.String())
	for query, found := range map[string]bool{"gone": true, gone.String(): true, "other": false} {
		page := text(t, c.ask(t, owner, "GET", web.Base+"/receipts?q="+query, "").Body)
		require.Equal(t, !found, strings.Contains(page, "There is none."), query)
	}
	page := text(t, c.ask(t, owner, "GET", web.Base+"/receipts/"+gone.String(), "").Body)
	require.Contains(t, page, "The signature holds")
	require.Contains(t, page, "signing_keys")
	require.Equal(t, http.StatusNotFound, c.ask(t, owner, "GET", web.Base+"/receipts/"+c.tenant(t, "here").String(), "").StatusCode)
}
