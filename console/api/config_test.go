package api_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/scope"
)

const smtpSecret = "hunter2-of-the-mail-host"

func TestConfig_ReplaceSetsBackWhatIsNotSentAndPatchKeepsIt(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		config := "/v1/tenants/" + c.tenant(t, "acme") + "/config"

		put := c.must(t, 200, "PUT", config, `{"service":{"name":"One"},"session":{"limit":7}}`)
		require.Equal(t, `"2"`, put.Header.Get("ETag"))
		require.EqualValues(t, 2, put.get("version"))
		require.Equal(t, "One", put.str("config.service.name"))

		patched := c.must(t, 200, "PATCH", config, `{"service":{"name":"Two"}}`)
		require.Equal(t, "Two", patched.str("config.service.name"))
		require.EqualValues(t, 7, patched.get("config.session.limit"))
		require.Len(t, patched.get("changes"), 1)

		merged := c.must(t, 200, "PATCH", config, `{"session":{"limit":null}}`, "Content-Type", "application/merge-patch+json")
		require.EqualValues(t, 5, merged.get("config.session.limit"))

		put = c.must(t, 200, "PUT", config, `{"session":{"limit":9}}`)
		require.NotEqual(t, "Two", put.str("config.service.name"))
		require.EqualValues(t, 9, c.must(t, 200, "GET", config, "").get("session.limit"))
	})
}

func TestConfig_AChangeThatChangesNothingMakesNoVersion(t *testing.T) {
	t.Parallel()

	c := onSQLite(t)
	config := "/v1/tenants/" + c.tenant(t, "acme") + "/config"
	whole := c.must(t, 200, "GET", config, "")
	same := c.must(t, 200, "PUT", config, whole.Text)
	require.Equal(t, `"1"`, same.Header.Get("ETag"))
	require.Empty(t, same.get("changes"))
	require.Equal(t, `"1"`, c.must(t, 200, "PATCH", config, `{}`).Header.Get("ETag"))
}

func TestConfig_EveryProblemIsToldAtOnce(t *testing.T) {
	t.Parallel()

	c := onSQLite(t)
	id := c.tenant(t, "acme")
	const bad = `{"service":{"name":" "},"session":{"limit":0}}`
	for _, a := range []answer{
		c.do(t, "PUT", "/v1/tenants/"+id+"/config", bad),
		c.do(t, "PATCH", "/v1/tenants/"+id+"/config", bad),
		c.do(t, "POST", "/v1/tenants", `{"slug":"other","config":`+bad+`}`),
	} {
		a.problem(t, 400, "invalid_config")
		require.Contains(t, a.Text, `"path":"service.name"`)
		require.Contains(t, a.Text, `"path":"session.limit"`)
	}
	for _, body := range []string{`[]`, `null`, `"x"`, `7`} {
		c.do(t, "PATCH", "/v1/tenants/"+id+"/config", body).problem(t, 400, "invalid_config")
	}
	require.Equal(t, `"1"`, c.must(t, 200, "GET", "/v1/tenants/"+id+"/config", "").Header.Get("ETag"))
}

func TestConfig_ADryRunChecksAndChangesNothing(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		config := "/v1/tenants/" + c.tenant(t, "acme") + "/config"
		dry := c.must(t, 200, "PATCH", config+"?dry_run=true", `{"session":{"limit":7}}`)
		require.Equal(t, true, dry.get("dry_run"))
		require.EqualValues(t, 7, dry.get("config.session.limit"))
		require.Len(t, dry.get("changes"), 1)
		c.do(t, "PUT", config+"?dry_run=true", `{"session":{"limit":0}}`).problem(t, 400, "invalid_config")
		now := c.must(t, 200, "GET", config, "")
		require.Equal(t, `"1"`, now.Header.Get("ETag"))
		require.EqualValues(t, 5, now.get("session.limit"))
		require.EqualValues(t, 1, c.must(t, 200, "GET", config+"/versions", "").get("total"))
	})
}

func TestConfig_OfTwoWritersWhoReadTheSameOneIsRefused(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		config := "/v1/tenants/" + c.tenant(t, "acme") + "/config"
		tag := c.must(t, 200, "GET", config, "").Header.Get("ETag")
		answers := make([]answer, 8)
		var writers sync.WaitGroup
		for i := range answers {
			writers.Go(func() {
				answers[i] = c.do(t, "PATCH", config, fmt.Sprintf(`{"session":{"limit":%d}}`, 10+i), "If-Match", tag)
			})
		}
		writers.Wait()
		won := 0
		for _, a := range answers {
			if a.Status == http.StatusOK {
				won++
				require.Equal(t, c.must(t, 200, "GET", config, "").get("session.limit"), a.get("config.session.limit"))
				continue
			}
			a.problem(t, 412, "version_mismatch")
		}
		require.Equal(t, 1, won)
		for _, tag := range []string{`"1"`, `"9"`, `W/"2"`, `2`, `"x"`} {
			c.do(t, "PUT", config, `{}`, "If-Match", tag).problem(t, 412, "version_mismatch")
		}
		c.do(t, "PUT", config, `{}`, "If-Match", `"1", "2"`).problem(t, 400, "invalid_if_match")
		c.must(t, 200, "PUT", config, `{}`, "If-Match", "*")
	})
}

func TestConfig_EarlierVersionsAreListedReadAndRestored(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		id := c.tenant(t, "acme")
		config := "/v1/tenants/" + id + "/config"
		c.must(t, 200, "PATCH", config, `{"session":{"limit":7},"email_delivery":{"smtp":{"host":"a.example","port":"587","password":"`+smtpSecret+`"}}}`)
		c.must(t, 200, "PATCH", config, `{"session":{"limit":8},"email_delivery":{"smtp":{"password":"another"}}}`)

		list := c.must(t, 200, "GET", config+"/versions?per_page=2", "")
		require.EqualValues(t, 3, list.get("total"))
		require.Equal(t, "3", list.Header.Get("X-Total-Count"))
		versions := list.get("versions").([]any)
		require.Len(t, versions, 2)
		newest := versions[0].(map[string]any)
		require.EqualValues(t, 3, newest["version"])
		require.Contains(t, newest["actor"], "token:")
		require.NotContains(t, list.Text, smtpSecret)
		require.NotContains(t, list.Text, "another")

		second := c.must(t, 200, "GET", config+"/versions/2", "")
		require.EqualValues(t, 7, second.get("config.session.limit"))
		require.NotContains(t, second.Text, smtpSecret)

		c.do(t, "POST", config+"/versions/2/rollback", "", "If-Match", `"2"`).problem(t, 412, "version_mismatch")
		back := c.must(t, 200, "POST", config+"/versions/2/rollback", "", "If-Match", `"3"`)
		require.EqualValues(t, 4, back.get("version"))
		require.EqualValues(t, 7, back.get("config.session.limit"))

		tenant, err := c.registry.ByID(t.Context(), uuid.MustParse(id))
		require.NoError(t, err)
		require.Equal(t, smtpSecret, tenant.Config.EmailDelivery.SMTP.Password, "the secret of that version is back, too")
	})
}

func TestConfig_SecretsAreReadableNowhereButInTheSnapshot(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		withSecret := `{"email_delivery":{"smtp":{"host":"a.example","port":"587","password":"` + smtpSecret + `"}}}`
		made := c.must(t, 201, "POST", "/v1/tenants", `{"slug":"acme","config":`+withSecret+`}`)
		id := made.str("id")
		config := "/v1/tenants/" + id + "/config"
		mask := c.must(t, 200, "GET", config, "").str("email_delivery.smtp.password")
		require.NotEmpty(t, mask)

		secretOf := func() string {
			tenant, err := c.registry.ByID(t.Context(), uuid.MustParse(id))
			require.NoError(t, err)
			return tenant.Config.EmailDelivery.SMTP.Password
		}
		require.Equal(t, smtpSecret, secretOf())

		// What was read can be written back, whole or in part: the mask keeps the secret.
		whole := c.must(t, 200, "GET", config, "")
		require.Empty(t, c.must(t, 200, "PUT", config, whole.Text).get("changes"))
		c.must(t, 200, "PATCH", config, `{"session":{"limit":6},"email_delivery":{"smtp":{"password":"`+mask+`"}}}`)
		c.must(t, 200, "PUT", "/tenants/"+id, `{"config":`+whole.Text+`}`)
		require.Equal(t, smtpSecret, secretOf())

		texts := []string{made.Text, whole.Text}
		for _, path := range []string{"/v1/tenants", "/v1/tenants/" + id, config, config + "/versions", config + "/versions/1", "/tenants", "/tenants/" + id} {
			texts = append(texts, c.must(t, 200, "GET", path, "").Text)
		}
		texts = append(texts, c.must(t, 200, "PATCH", config, `{"email_delivery":{"smtp":{"password":"`+smtpSecret+`2"}}}`).Text)
		require.Equal(t, smtpSecret+"2", secretOf())
		texts = append(texts, c.must(t, 200, "PATCH", config, `{"email_delivery":{"smtp":{"password":null}}}`).Text)
		require.Empty(t, secretOf())
		texts = append(texts, c.log.String())
		for _, text := range texts {
			require.NotContains(t, text, smtpSecret)
		}
		require.NotContains(t, dump(t, c), smtpSecret)
		require.NotContains(t, dump(t, c), `"d"`, "private keys are sealed")
	})
}

// dump is everything in the tables that hold configuration and keys.
func dump(t *testing.T, c *console) string {
	t.Helper()
	ctx := scope.With(t.Context(), scope.System("look for secrets in a test"))
	var b strings.Builder
	for _, row := range c.store.Reader().Tenant.Query().AllX(ctx) {
		fmt.Fprintf(&b, "%v %s\n", row, row.Config)
	}
	for _, row := range c.store.Reader().TenantConfigVersion.Query().AllX(ctx) {
		fmt.Fprintf(&b, "%v %s %s\n", row, row.Config, row.Changes)
	}
	for _, row := range c.store.Reader().SigningKey.Query().AllX(ctx) {
		fmt.Fprintf(&b, "%v %s %s\n", row, row.PublicJwk, row.PrivateKey)
	}
	if path, ok := strings.CutPrefix(c.dbURL, "sqlite://"); ok { // also what the entities do not show
		path, _, _ = strings.Cut(path, "?")
		for _, file := range []string{path, path + "-wal"} {
			raw, err := os.ReadFile(file)
			require.NoError(t, err)
			b.Write(raw)
		}
	}
	return b.String()
}

func TestConfig_SchemaAndDefaultsAreServed(t *testing.T) {
	t.Parallel()

	c := onSQLite(t)
	schema := c.must(t, 200, "GET", "/v1/config-schema", "")
	require.Equal(t, "application/schema+json", schema.Header.Get("Content-Type"))
	require.Equal(t, "https://json-schema.org/draft/2020-12/schema", schema.str("$schema"))
	require.Contains(t, schema.Text, `"lifespan"`)
	defaults := c.must(t, 200, "GET", "/v1/config-defaults", "")
	require.Equal(t, "12h", defaults.str("session.lifespan"))
}

func TestConfig_SettingsThatDoNotExistAreToldToNewProgramsAndIgnoredForOldOnes(t *testing.T) {
	t.Parallel()

	c := onSQLite(t)
	const misspelt = `{"session":{"livespan":"1h"}}`
	c.do(t, "POST", "/v1/tenants", `{"slug":"acme","config":`+misspelt+`}`).problem(t, 400, "invalid_config")
	id := newID()
	c.must(t, 201, "POST", "/tenants", `{"id":"`+id+`","config":`+misspelt+`}`)
	for _, method := range []string{"PUT", "PATCH"} {
		a := c.do(t, method, "/v1/tenants/"+id+"/config", misspelt)
		a.problem(t, 400, "invalid_config")
		require.Contains(t, a.Text, "session.livespan")
	}
	c.must(t, 200, "PUT", "/tenants/"+id, `{"config":`+misspelt+`}`)
}
