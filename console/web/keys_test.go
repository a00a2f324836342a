package web_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/operator"
	"github.com/latchkeep/latchkeep/console/web"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
)

func TestKeys_AreRotatedAtATimeAndByThemselves(t *testing.T) {
	t.Parallel()

	c := newConsole(t)
	owner, mine := c.signedIn(t, operator.Grant{Role: operator.Owner}), c.tenant(t, "mine")
	path := "/t/" + mine.String() + "/keys"
	later := time.Now().UTC().Add(48 * time.Hour).Truncate(time.Minute)
	c.form(t, owner, path+"/rotate", "activate_at", later.Format("2006-01-02T15:04"))
	keys, err := c.env.App.Provisioner.SigningKeys(t.Context(), mine)
	require.NoError(t, err)
	require.Len(t, keys, 2)
	require.Equal(t, later, keys[1].ActivatedAt.UTC())
	for form, why := range map[string]string{"activate_at=tomorrow": "Is no time.", "activate_at=": "a published key waits for its activation"} {
		a := c.ask(t, owner, http.MethodPost, web.Base+path+"/rotate", form)
		require.Equal(t, http.StatusUnprocessableEntity, a.StatusCode, form)
		require.Contains(t, text(t, a.Body), why[1:], form)
	}

	c.form(t, owner, path+"/schedule", "rotate_every", "2160h")
	require.Contains(t, text(t, c.ask(t, owner, "GET", web.Base+path, "").Body), "The next key is published by itself about ")
	a := c.ask(t, owner, http.MethodPost, web.Base+path+"/schedule", "rotate_every=1h")
	require.Equal(t, http.StatusUnprocessableEntity, a.StatusCode)
	require.Contains(t, text(t, a.Body), "at least 24h")
}

func TestKeys_AreRevokedByWhoHasSeenWhatFollows(t *testing.T) {
	t.Parallel()

	c := newConsole(t)
	owner := c.signedIn(t, operator.Grant{Role: operator.Owner})
	shop := c.env.Tenant(t, "shop")
	kim := shop.SignUp(t, "kim@shop.example", testenv.Password)
	kim.SignIn(t)
	keys, err := c.env.App.Provisioner.SigningKeys(t.Context(), shop.ID)
	require.NoError(t, err)
	path := web.Base + "/t/" + shop.ID.String() + "/keys"
	kid := keys[0].ID
	page := text(t, c.ask(t, owner, "GET", path+"/revoke?"+url.Values{"kid": {kid}}.Encode(), "").Body)
	require.Contains(t, page, "2 sessions end")
	require.Contains(t, page, "a new key takes its place at once")
	require.Equal(t, http.StatusNotFound, c.ask(t, owner, "GET", path+"/revoke?kid=other", "").StatusCode)
	require.Equal(t, http.StatusUnprocessableEntity, c.ask(t, owner, http.MethodPost, path+"/revoke", "kid="+kid+"&confirm=other").StatusCode)
	require.True(t, kim.Session.Valid(t))

	c.form(t, owner, "/t/"+shop.ID.String()+"/keys/revoke", "kid", kid, "confirm", "shop")
	keys, err = c.env.App.Provisioner.SigningKeys(t.Context(), shop.ID)
	require.NoError(t, err)
	require.Equal(t, tenants.KeyGone, keys[0].State)
	require.Eventually(t, func() bool { return !kim.Session.Valid(t) }, 30*time.Second, 50*time.Millisecond)
}

func TestKeys_OfTheAPIDoNoMoreThanTheirMaker(t *testing.T) {
	t.Parallel()

	c := newConsole(t)
	mine := c.tenant(t, "mine")
	page := web.Base + "/t/" + mine.String() + "/keys/api"
	form := url.Values{"name": {"exports"}, "scopes": {"users:read, credentials:export"}}.Encode()
	a := c.ask(t, c.signedIn(t, operator.Grant{Role: operator.Admin}), http.MethodPost, page, form)
	require.Equal(t, http.StatusUnprocessableEntity, a.StatusCode)
	require.Contains(t, text(t, a.Body), "Nobody makes a key that may do more than its maker.")
	require.Equal(t, http.StatusOK, c.ask(t, c.signedIn(t, operator.Grant{Role: operator.Owner}), http.MethodPost, page, form).StatusCode)
}

func TestKeys_OfTheAPIAreNotOfferedToTheOperatorsTenant(t *testing.T) {
	t.Parallel()

	c := newConsole(t)
	owner, mine := c.signedIn(t, operator.Grant{Role: operator.Owner}), c.tenant(t, "mine")
	require.Contains(t, text(t, c.ask(t, owner, "GET", web.Base+"/t/"+mine.String()+"/keys", "").Body), "Make an API key")
	system := text(t, c.ask(t, owner, "GET", web.Base+"/t/"+tenants.SystemID.String()+"/keys", "").Body)
	require.Contains(t, system, "Signing keys")
	require.NotContains(t, system, "API key")
}
