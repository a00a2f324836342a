package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/contract"
	"github.com/latchkeep/latchkeep/tenants"
)

// form is a form with a bundle, and its media type.
func form(t testing.TB, file []byte, fields ...string) (body, media string) {
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
	return b.String(), w.FormDataContentType()
}

// identity is a new one, with its public key.
func identity(t testing.TB) (string, string) {
	t.Helper()
	i, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	return i.String(), i.Recipient().String()
}

// bundleOf is a tenant as a bundle, by the API.
func (c *console) bundleOf(t testing.TB, id, recipient string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.url+"/v1/tenants/"+id+"/export",
		strings.NewReader(`{"recipients":["`+recipient+`"]}`))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	file, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode, string(file))
	require.Equal(t, "application/vnd.latchkeep.tenant+age", resp.Header.Get("Content-Type"))
	return file
}

func (c *console) importForm(t testing.TB, file []byte, fields ...string) contract.Answer {
	t.Helper()
	body, media := form(t, file, fields...)
	r := contract.Request{Method: http.MethodPost, Body: contract.Raw(body), Media: media}
	return c.send(t, c.token, "/v1/tenants/import", r)
}

func TestBundle_MovesThroughTheAPI(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, to *console) {
		from := onSQLite(t)
		id := from.tenant(t, "shop")
		secret, public := identity(t)
		file := from.bundleOf(t, id, public)

		a := to.importForm(t, file, "identity", "# mine\n"+secret, "slug", "moved", "keep_relying_party", "true")
		require.Equal(t, 200, a.Status, string(a.Body))
		require.Equal(t, "/v1/tenants/"+id, a.Header.Get("Location"))
		var done struct {
			Created bool
			Tenant  struct{ ID, Slug, Status string }
		}
		require.NoError(t, json.Unmarshal(a.Body, &done))
		require.True(t, done.Created)
		require.Equal(t, "moved", done.Tenant.Slug)
		to.must(t, 200, "GET", "/v1/tenants/"+id, "")
		a = to.importForm(t, file, "identity", secret)
		require.Equal(t, 200, a.Status, string(a.Body))
		require.NoError(t, json.Unmarshal(a.Body, &done))
		require.False(t, done.Created)
	})
}

func TestBundle_IsLockedWithAPassphraseThatIsWrittenNowhere(t *testing.T) {
	t.Parallel()

	from, to := onSQLite(t), onSQLite(t)
	id := from.tenant(t, "shop")
	const passphrase = "a long passphrase for one bundle"
	a := from.do(t, "POST", "/v1/tenants/"+id+"/export", `{"passphrase":"`+passphrase+`","without_audit":true}`)
	require.Equal(t, 200, a.Status)
	answer := to.importForm(t, []byte(a.Text), "passphrase", "another long passphrase")
	require.Equal(t, 400, answer.Status)
	require.Contains(t, string(answer.Body), "bundle_locked")
	require.Equal(t, 200, to.importForm(t, []byte(a.Text), "passphrase", passphrase).Status)
	require.NotContains(t, from.log.String()+to.log.String(), "passphrase for one")
}

func TestBundle_FormsThatAreWrongAreRefused(t *testing.T) {
	t.Parallel()

	c := onSQLite(t)
	secret, _ := identity(t)
	for name, fields := range map[string][]string{
		"no key": {}, "both": {"identity", secret, "passphrase", "a long passphrase"}, "no identity": {"identity", "hunter2hunter2"},
		"a long field": {"slug", strings.Repeat("x", 70_000)}, "an unknown field": {"hunter2hunter2", "x"}, "no bool": {"keep_relying_party", "perhaps"},
		"no bundle": {"identity", secret},
	} {
		a := c.importForm(t, []byte("not a bundle"), fields...)
		require.Equal(t, 400, a.Status, "%s: %s", name, a.Body)
		require.NotContains(t, string(a.Body), "hunter2", name)
	}
	a := c.importForm(t, make([]byte, 2<<20), "identity", secret)
	require.Equal(t, 413, a.Status)
	require.Equal(t, 415, c.do(t, "POST", "/v1/tenants/import", "{}").Status)
	for body, want := range map[string]string{
		`{}`: "recipient", `{"recipients":["` + secret + `"]}`: "secret", `{"passphrase":"too short"}`: "16 bytes", `{"recipients":["age1x"]}`: "age1",
	} {
		a := c.do(t, "POST", "/v1/tenants/"+c.tenant(t, "shop-"+newID()[:8])+"/export", body)
		require.Equal(t, 400, a.Status, a.Text)
		require.Contains(t, a.Text, want)
		require.NotContains(t, a.Text, secret)
	}
}

// completeBundle makes valid requests that move tenants. What is imported comes from a deployment of its own.
func (c *console) completeBundle(t *testing.T, o *contract.Operation, r *contract.Request) {
	switch o.ID {
	case "export-tenant":
		_, public := identity(t)
		r.Body = map[string]any{"recipients": []any{public}}
	case "import-tenant":
		secret, public := identity(t)
		from := onSQLite(t)
		body, media := form(t, from.bundleOf(t, from.tenant(t, "from-"+newID()[:8]), public), "identity", secret)
		r.Body, r.Media = contract.Raw(body), media
	}
}

// importOriginal imports a bundle beside its original.
func (c *console) importOriginal(send func(testing.TB, contract.Request) contract.Answer) func(testing.TB, contract.Request) contract.Answer {
	return func(tb testing.TB, r contract.Request) contract.Answer {
		secret, public := identity(tb)
		made, err := c.tenants.Create(tb.Context(), tenants.ByCLI, tenants.NewTenant{Slug: "original-" + newID()[:8]})
		require.NoError(tb, err)
		body, media := form(tb, c.bundleOf(tb, made.ID.String(), public), "identity", secret)
		r.Body, r.Media = contract.Raw(body), media
		return send(tb, r)
	}
}
