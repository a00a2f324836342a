package web_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/operator"
	"github.com/latchkeep/latchkeep/auth/transfer"
	"github.com/latchkeep/latchkeep/console/web"
	"github.com/latchkeep/latchkeep/internal/samlpeer"
	"github.com/latchkeep/latchkeep/tenants"
)

func TestSAMLPages_LookAfterProviders(t *testing.T) {
	t.Parallel()

	c := newConsole(t)
	owner := c.signedIn(t, operator.Grant{Role: operator.Owner})
	mine := c.tenant(t, "mine")
	base := "/t/" + mine.String() + "/saml"
	see := func(path string) string { return text(t, c.ask(t, owner, "GET", web.Base+path, "").Body) }
	require.Contains(t, see(base), "SAML is switched off")
	_, err := c.env.App.Provisioner.PatchConfig(t.Context(), mine,
		[]byte(`{"saml": {"enabled": true, "audience_uri": "https://shop.example", "endpoint_url": "https://shop.example"}}`), tenants.How{By: tenants.ByCLI})
	require.NoError(t, err)
	require.Contains(t, see(base), "There is no provider yet")

	metadata := metadataOf(t, samlpeer.New(t))
	refused := c.ask(t, owner, "POST", web.Base+base, "name=&domain=no+domain&metadata_xml=x")
	require.Equal(t, http.StatusUnprocessableEntity, refused.StatusCode)
	page := text(t, refused.Body)
	require.Contains(t, page, "Must be a domain such as shop.example.")
	require.Contains(t, page, `value="no domain"`, "what was typed is kept")

	c.form(t, owner, base, "name", "Staff", "domain", "staff.example", "metadata_xml", metadata)
	all, err := c.env.App.SAML.Providers(t.Context(), mine)
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.False(t, all[0].Enabled)
	one := base + "/" + all[0].ID.String()
	require.Contains(t, see(base), "/saml/metadata?domain=staff.example")
	require.Contains(t, see(one), all[0].EntityID)

	c.form(t, owner, one+"/enable")
	require.True(t, c.provider(t, mine.String()).Enabled)
	c.form(t, owner, one, "name", "All staff", "domain", "staff.example", "skip_email_verification", "true")
	changed := c.provider(t, mine.String())
	require.Equal(t, "All staff", changed.Name)
	require.True(t, changed.SkipEmailVerification)
	require.True(t, changed.Enabled, "whether it is enabled is not on the form")
	require.Equal(t, all[0].EntityID, changed.EntityID, "the metadata that was given by hand is kept")
	c.form(t, owner, one+"/refresh")
	c.form(t, owner, one+"/disable")
	require.False(t, c.provider(t, mine.String()).Enabled)
	c.form(t, owner, "/t/"+mine.String()+"/saml-certificates/rotate")
	require.Contains(t, see(base), "active")
	c.form(t, owner, one+"/delete")
	require.Contains(t, see(base), "There is no provider yet")
}

func metadataOf(t *testing.T, peer *samlpeer.Peer) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, peer.MetadataURL(), nil)
	require.NoError(t, err)
	a, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	require.NoError(t, err)
	return string(body)
}

func TestJobsPage_ShowsAndEndsJobs(t *testing.T) {
	t.Parallel()

	c := newConsole(t)
	owner := c.signedIn(t, operator.Grant{Role: operator.Owner})
	mine := c.tenant(t, "mine")
	base := "/t/" + mine.String() + "/jobs"
	see := func() string { return text(t, c.ask(t, owner, "GET", web.Base+base, "").Body) }
	require.Contains(t, see(), "There is none")
	snapshot, err := c.env.App.Registry.ByID(t.Context(), mine)
	require.NoError(t, err)
	job, err := c.env.App.Jobs.StartExport(t.Context(), snapshot, transfer.With{}, "token:kim")
	require.NoError(t, err)
	require.Contains(t, see(), "export")
	require.Contains(t, see(), job.ID.String())
	c.form(t, owner, base+"/"+job.ID.String()+"/cancel")
	_, err = c.env.App.Jobs.Get(t.Context(), snapshot, job.ID)
	if err == nil { // it was under way still
		c.form(t, owner, base+"/"+job.ID.String()+"/cancel")
	}
	require.Contains(t, see(), "There is none")
	require.Equal(t, http.StatusNotFound, c.ask(t, owner, "POST", web.Base+base+"/"+job.ID.String()+"/cancel", "").StatusCode)
}
