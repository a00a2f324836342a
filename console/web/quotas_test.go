package web_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/operator"
	"github.com/latchkeep/latchkeep/console/web"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/quota"
)

func TestQuotas_AreSetOnThePageAndItSaysWhereATenantIsOver(t *testing.T) {
	t.Parallel()

	c := newConsole(t)
	owner := c.signedIn(t, operator.Grant{Role: operator.Owner})
	shop := c.env.Tenant(t, "shop")
	own := c.signedIn(t, operator.Grant{Role: operator.Admin, Tenants: []uuid.UUID{shop.ID}})
	path := "/t/" + shop.ID.String()
	shop.SignUp(t, "kim@shop.example", testenv.Password)
	require.NotContains(t, text(t, c.ask(t, owner, "GET", web.Base+path, "").Body), "Over quota")

	wrong := c.ask(t, owner, http.MethodPost, web.Base+path+"/quotas", "users.hard=many&mails_per_day.soft=5&mails_per_day.hard=4")
	require.Equal(t, http.StatusUnprocessableEntity, wrong.StatusCode)
	require.Contains(t, text(t, wrong.Body), "Must be a number, or none.")
	c.form(t, owner, path+"/quotas", "users.soft", "1", "users.hard", "1", "api_calls_per_day.hard", "none")
	q, err := c.env.App.Provisioner.Quotas(t.Context(), shop.ID)
	require.NoError(t, err)
	require.Equal(t, quota.Limits{quota.Users: {Soft: 1, Hard: 1}, quota.APICalls: {}}, q.Own)
	require.NoError(t, c.env.App.Allowance.Look(t.Context(), shop.ID, true))
	require.Contains(t, text(t, c.ask(t, owner, "GET", web.Base+path, "").Body), "Over quota: users.")
	page := text(t, c.ask(t, owner, "GET", web.Base+path+"/usage", "").Body)
	require.Contains(t, page, "1 of 1")
	require.Contains(t, page, "<meter")

	require.Equal(t, http.StatusForbidden, c.ask(t, own, http.MethodPost, web.Base+path+"/quotas", "users.hard=none").StatusCode)
	require.NotContains(t, text(t, c.ask(t, own, "GET", web.Base+path+"/usage", "").Body), "Set the limits")
	require.NotContains(t, text(t, c.ask(t, owner, "GET", web.Base+"/t/"+tenants.SystemID.String()+"/usage", "").Body), "Set the limits")
}

func TestMails_AreShownWithWhatBecameOfThem(t *testing.T) {
	t.Parallel()

	c := newConsole(t)
	owner, shop := c.signedIn(t, operator.Grant{Role: operator.Owner}), c.env.Tenant(t, "shop")
	shop.Mail(t, event.MailPayload{Template: "password_update", To: "lou@shop.example"})
	page := text(t, c.ask(t, owner, "GET", web.Base+"/t/"+shop.ID.String()+"/mails?template=password_update", "").Body)
	require.Contains(t, page, "l*****@shop.example")
	require.Contains(t, text(t, c.ask(t, owner, "GET", web.Base+"/t/"+shop.ID.String()+"/mails?template=login", "").Body), "There are none.")
}
