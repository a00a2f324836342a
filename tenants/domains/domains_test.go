package domains_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/domains"
)

func TestAdd_RefusesWhatCannotBeATenantsHost(t *testing.T) {
	t.Parallel()

	d := on(t, "sqlite3")
	shop := d.tenant(t, "shop")
	for host, why := range map[string]string{
		"":                                    "must not be empty",
		"shop":                                "with a dot",
		"https://login.shop.example":          "without scheme",
		"login.shop.example/sign-in":          "without scheme and path",
		"login.shop.example:8443":             "without port",
		"*.shop.example":                      "without *",
		"192.0.2.1":                           "not an IP address",
		"[2001:db8::1]":                       "not an IP address",
		"1.2.3.0x7f":                          "not an IP address",
		"１９２.0.2.1":                           "not an IP address",
		"_dmarc.shop.example":                 "must be a host name",
		"-shop.example":                       "must be a host name",
		"a..example":                          "must be a host name",
		"shop example.com":                    "must be a host name",
		"co.uk":                               "belong to many people",
		"github.io":                           "belong to many people",
		"shop.localhost":                      "every machine's own",
		"auth.example.net":                    "by their slug",
		"other.auth.example.net":              "by their slug",
		"console.example.org":                 "of the console",
		"Admin.Example.ORG.":                  "of the console or the admin API",
		strings.Repeat("a.", 117) + "example": "longer",
		strings.Repeat("x", 100_000):          "longer",
	} {
		_, err := d.Add(t.Context(), tenants.ByCLI, shop, host)
		var refused *problem.Error
		require.ErrorAs(t, err, &refused, "%.80s", host)
		require.Equal(t, "invalid_domain", refused.Code)
		require.Contains(t, refused.Fields[0].Reason, why, "%.80s", host)
		require.Equal(t, "host", refused.Fields[0].Path)
	}
	require.Zero(t, d.dns.Asked())
}

func TestAdd_TakesHostsInTheFormOfTheDNS(t *testing.T) {
	t.Parallel()

	d := on(t, "sqlite3")
	shop := d.tenant(t, "shop")
	for host, want := range map[string]string{
		" Login.Shop.Example. ": "login.shop.example",
		"bücher.example":        "xn--bcher-kva.example",
		"日本語。example":           "xn--wgv71a119e.example",
		"example.org":           "example.org",
	} {
		require.Equal(t, want, d.add(t, shop, host).Host)
	}
	_, err := d.Add(t.Context(), tenants.ByCLI, shop, "LOGIN.shop.example")
	require.ErrorIs(t, err, domains.ErrExists)
	found, err := d.Find(t.Context(), shop, "BÜCHER.example")
	require.NoError(t, err)
	require.Equal(t, "xn--bcher-kva.example", found.Host)
}

func TestAdd_ATenantHasSoManyAndNotMore(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, d *deployment) {
		shop, other := d.tenant(t, "shop"), d.tenant(t, "other")
		failed := make(chan error, domains.MaxPerTenant+5)
		for i := range domains.MaxPerTenant + 5 {
			go func() {
				_, err := d.Add(t.Context(), tenants.ByCLI, shop, fmt.Sprintf("h%d.shop.example", i))
				failed <- err
			}()
		}
		refused := 0
		for range domains.MaxPerTenant + 5 {
			if err := <-failed; err != nil {
				require.ErrorIs(t, err, domains.ErrTooMany)
				refused++
			}
		}
		require.Equal(t, 5, refused)
		d.add(t, other, "h1.shop.example")
	})
}

func TestAdd_IsNotForTheOperatorsOwnTenant(t *testing.T) {
	t.Parallel()

	d := on(t, "sqlite3")
	require.NoError(t, d.tenants.EnsureSystem(t.Context()))
	_, err := d.Add(t.Context(), tenants.ByCLI, tenants.SystemID, "login.shop.example")
	require.ErrorIs(t, err, domains.ErrNone)
	_, err = d.Add(t.Context(), tenants.ByCLI, uuid.New(), "login.shop.example")
	require.ErrorIs(t, err, tenants.ErrNotFound)
}

func TestCheck_AProvenDomainIsServedAtOnce(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, d *deployment) {
		shop := d.tenant(t, "shop")
		added := d.add(t, shop, "login.shop.example")
		require.Equal(t, "_latchkeep-challenge.login.shop.example", added.RecordName)
		require.Regexp(t, `^latchkeep-domain-verification=[a-z2-7]{26}$`, added.RecordValue)
		for _, registry := range []*tenants.Registry{d.registry, d.other} {
			_, err := registry.ByHost(t.Context(), "login.shop.example")
			require.ErrorIs(t, err, tenants.ErrNotFound)
		}

		checked := d.check(t, added)
		require.Equal(t, domains.Pending, checked.Status)
		require.Equal(t, "there is no TXT record at _latchkeep-challenge.login.shop.example", checked.Problem)
		d.dns.Text(added.RecordName, "latchkeep-domain-verification=somebody-elses", "\x1b[31m"+strings.Repeat("é", 500))
		checked = d.check(t, added)
		require.Contains(t, checked.Problem, `the TXT record has something else: "latchkeep-domain-verification=somebody-elses", "\x1b[31m`)
		require.LessOrEqual(t, len(checked.Problem), 255)
		d.dns.Text(strings.TrimPrefix(added.RecordName, "_latchkeep-challenge."), added.RecordValue) // at the host itself it proves nothing
		require.Equal(t, domains.Pending, d.check(t, added).Status)

		d.prove(added)
		checked = d.check(t, added)
		require.Equal(t, domains.Verified, checked.Status)
		require.Empty(t, checked.Problem)
		require.True(t, d.clock.Now().Equal(*checked.VerifiedAt))
		found, err := d.registry.ByHost(t.Context(), "LOGIN.shop.example:443")
		require.NoError(t, err)
		require.Equal(t, shop, found.ID)
		require.Eventually(t, func() bool { // what another process remembers of unknown hosts is soon forgotten
			found, err := d.other.ByHost(t.Context(), "login.shop.example")
			return err == nil && found.ID == shop
		}, 30*time.Second, 20*time.Millisecond)
		require.Equal(t, []string{"domain_added login.shop.example", "domain_verified login.shop.example"}, d.records(t, shop))
	})
}

func TestCheck_OneOfSeveralTenantsHasAHost(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, d *deployment) {
		shop, thief := d.tenant(t, "shop"), d.tenant(t, "thief")
		mine, theirs := d.add(t, shop, "login.shop.example"), d.add(t, thief, "login.shop.example")
		require.NotEqual(t, mine.RecordValue, theirs.RecordValue)
		d.prove(mine)
		require.Equal(t, domains.Pending, d.check(t, theirs).Status)
		require.Equal(t, domains.Verified, d.check(t, mine).Status)

		d.dns.Text(mine.RecordName, mine.RecordValue, theirs.RecordValue)
		checked := d.check(t, theirs)
		require.Equal(t, domains.Pending, checked.Status)
		require.Contains(t, checked.Problem, "another tenant of this deployment has this domain")
		require.NotContains(t, checked.Problem, "shop.example")
		found, err := d.registry.ByHost(t.Context(), "login.shop.example")
		require.NoError(t, err)
		require.Equal(t, shop, found.ID)

		require.NoError(t, d.Remove(t.Context(), tenants.ByCLI, shop, mine.ID))
		_, err = d.registry.ByHost(t.Context(), "login.shop.example")
		require.ErrorIs(t, err, tenants.ErrNotFound)
		require.Equal(t, domains.Verified, d.check(t, theirs).Status)
		found, err = d.registry.ByHost(t.Context(), "login.shop.example")
		require.NoError(t, err)
		require.Equal(t, thief, found.ID)
	})
}

func TestDomains_AreTheirTenantsAlone(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, d *deployment) {
		shop, thief := d.tenant(t, "shop"), d.tenant(t, "thief")
		mine := d.verified(t, shop, "login.shop.example")
		_, err := d.Check(t.Context(), tenants.ByCLI, thief, mine.ID)
		require.ErrorIs(t, err, domains.ErrNotFound)
		_, err = d.MakePrimary(t.Context(), tenants.ByCLI, thief, mine.ID)
		require.ErrorIs(t, err, domains.ErrNotFound)
		require.ErrorIs(t, d.Remove(t.Context(), tenants.ByCLI, thief, mine.ID), domains.ErrNotFound)
		all, err := d.List(t.Context(), thief)
		require.NoError(t, err)
		require.Empty(t, all)
		_, err = d.Find(t.Context(), thief, mine.Host)
		require.ErrorIs(t, err, domains.ErrNotFound)
	})
}

func TestCheck_ADNSThatDoesNotAnswerProvesNothing(t *testing.T) {
	t.Parallel()

	d := waiting(t, "sqlite3", time.Second)
	shop := d.tenant(t, "shop")
	added, verified := d.add(t, shop, "new.shop.example"), d.verified(t, shop, "login.shop.example")
	d.dns.Break(added.RecordName)
	require.Contains(t, d.check(t, added).Problem, "could not be asked")
	d.dns.Mute()
	require.Contains(t, d.check(t, added).Problem, "did not answer in time")
	for range 10 { // days
		d.clock.Advance(24 * time.Hour)
		verified = d.check(t, verified)
	}
	require.Equal(t, domains.Verified, verified.Status)
	require.Empty(t, verified.Problem)
	require.Nil(t, verified.LostAt)
}

func TestPrimary_IsWhereTheTenantIsSaidToBeAndChangesNothingElse(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, d *deployment) {
		shop := d.tenant(t, "shop")
		before, err := d.registry.ByID(t.Context(), shop)
		require.NoError(t, err)
		pending := d.add(t, shop, "new.shop.example")
		_, err = d.MakePrimary(t.Context(), tenants.ByCLI, shop, pending.ID)
		require.ErrorIs(t, err, domains.ErrUnproven)
		_, err = d.tenants.PatchConfig(t.Context(), shop, []byte(`{"service":{"primary_domain":"new.shop.example"}}`), tenants.How{By: tenants.ByCLI})
		require.ErrorContains(t, err, "invalid config")

		mine := d.verified(t, shop, "login.shop.example")
		made, err := d.MakePrimary(t.Context(), tenants.ByCLI, shop, mine.ID)
		require.NoError(t, err)
		require.True(t, made.Primary)
		after, err := d.registry.ByID(t.Context(), shop)
		require.NoError(t, err)
		require.Equal(t, "https://login.shop.example", after.PublicURL)
		record, err := d.tenants.Get(t.Context(), shop)
		require.NoError(t, err)
		require.Equal(t, "https://login.shop.example", record.PublicURL)
		require.Equal(t, before.Config.WebAuthn, after.Config.WebAuthn)
		require.Equal(t, before.Config.CORS, after.Config.CORS)
		require.Equal(t, before.Config.ThirdParty, after.Config.ThirdParty)

		require.ErrorIs(t, d.Remove(t.Context(), tenants.ByCLI, shop, mine.ID), domains.ErrPrimary)
		require.NoError(t, d.NoPrimary(t.Context(), tenants.ByCLI, shop))
		require.NoError(t, d.Remove(t.Context(), tenants.ByCLI, shop, mine.ID))
		after, err = d.registry.ByID(t.Context(), shop)
		require.NoError(t, err)
		require.Equal(t, "https://shop.auth.example.net", after.PublicURL)
		_, err = d.tenants.Create(t.Context(), tenants.ByCLI, tenants.NewTenant{
			Slug: "two", Config: []byte(`{"service":{"primary_domain":"login.shop.example"}}`),
		})
		require.ErrorContains(t, err, "invalid config")
	})
}
