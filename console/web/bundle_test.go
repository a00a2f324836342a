package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"testing"

	"filippo.io/age"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/operator"
	"github.com/latchkeep/latchkeep/console/web"
)

// importing sends the form of the import page.
func (c *console) importing(t *testing.T, who *http.Cookie, file []byte, fields ...string) *http.Response {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(fields); i += 2 {
		require.NoError(t, w.WriteField(fields[i], fields[i+1]))
	}
	part, err := w.CreateFormFile("bundle", "shop.lktenant")
	require.NoError(t, err)
	_, err = part.Write(file)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return c.ask(t, who, http.MethodPost, web.Base+"/tenants/import", b.String(), "Content-Type", w.FormDataContentType())
}

func TestBundle_MovesATenantThroughThePages(t *testing.T) {
	t.Parallel()

	from, to := newConsole(t), newConsole(t)
	id := from.tenant(t, "shop")
	boss, other := from.signedIn(t, operator.Grant{Role: operator.Owner}), to.signedIn(t, operator.Grant{Role: operator.Owner})
	identity, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	export := web.Base + "/t/" + id.String() + "/export"
	require.Contains(t, text(t, from.ask(t, boss, http.MethodGet, web.Base+"/t/"+id.String(), "").Body), `href="`+export+`"`)

	a := from.ask(t, boss, http.MethodPost, export, "passphrase=hunter2")
	require.Equal(t, http.StatusUnprocessableEntity, a.StatusCode)
	page := text(t, a.Body)
	require.Contains(t, page, "at least 16 bytes")
	require.NotContains(t, page, "hunter2")
	a = from.ask(t, boss, http.MethodPost, export, "recipient="+identity.Recipient().String())
	require.Equal(t, http.StatusOK, a.StatusCode)
	require.Equal(t, `attachment; filename="shop.lktenant"`, a.Header.Get("Content-Disposition"))
	file := []byte(text(t, a.Body))

	a = to.importing(t, other, file, "identity", "AGE-SECRET-KEY-1X", "slug", "<moved>")
	require.Equal(t, http.StatusUnprocessableEntity, a.StatusCode)
	page = text(t, a.Body)
	require.Contains(t, page, "secret key of age")
	require.NotContains(t, page, "AGE-SECRET-KEY-1X")
	require.NotContains(t, page, "<moved>")
	require.Equal(t, http.StatusUnprocessableEntity, to.importing(t, other, file[:len(file)-1], "identity", identity.String()).StatusCode)

	a = to.importing(t, other, file, "identity", identity.String(), "passphrase", "", "slug", "moved")
	require.Equal(t, http.StatusSeeOther, a.StatusCode, text(t, a.Body))
	require.Equal(t, web.Base+"/t/"+id.String(), a.Header.Get("Location"))
	record, err := to.env.App.Provisioner.Get(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, "moved", record.Slug)
	a = from.importing(t, boss, file, "identity", identity.String())
	require.Equal(t, http.StatusUnprocessableEntity, a.StatusCode)
	require.Contains(t, text(t, a.Body), "here already")
}

// Who is an admin runs tenants, but does not take out what their people sign in with; who is confined to a tenant imports none.
func TestBundle_IsTakenOutByOwnersOnly(t *testing.T) {
	t.Parallel()

	c := newConsole(t)
	id := c.tenant(t, "shop")
	export := web.Base + "/t/" + id.String() + "/export"
	admin := c.signedIn(t, operator.Grant{Role: operator.Admin})
	require.NotContains(t, text(t, c.ask(t, admin, http.MethodGet, web.Base+"/t/"+id.String(), "").Body), export)
	require.Equal(t, http.StatusForbidden, c.ask(t, admin, http.MethodPost, export, "passphrase=a+long+passphrase+of+mine").StatusCode)
	mine := c.signedIn(t, operator.Grant{Role: operator.Owner, Tenants: []uuid.UUID{id}})
	require.Equal(t, http.StatusOK, c.ask(t, mine, http.MethodPost, export, "passphrase=a+long+passphrase+of+mine").StatusCode)
	require.Equal(t, http.StatusForbidden, c.importing(t, mine, nil).StatusCode)
}
