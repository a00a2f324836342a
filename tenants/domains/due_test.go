package domains_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/domains"
)

const day = 24 * time.Hour

func TestCheckDue_FindsTheProofOfNewDomains(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, d *deployment) {
		shop, other := d.tenant(t, "shop"), d.tenant(t, "other")
		var all []domains.Domain
		for _, host := range []string{"a.shop.example", "b.shop.example", "c.shop.example", "d.shop.example", "e.shop.example"} {
			all = append(all, d.add(t, shop, host))
		}
		all = append(all, d.add(t, other, "f.shop.example"))
		for _, one := range all[1:] {
			d.prove(one)
		}
		d.work(t)
		require.Equal(t, len(all), d.dns.Asked())
		require.Equal(t, domains.Pending, d.now(t, all[0]).Status)
		for _, one := range all[1:] {
			require.Equal(t, domains.Verified, d.now(t, one).Status, one.Host)
		}
	})
}

func TestCheckDue_LooksLessAndLessOftenAndGivesUpAfterAWeek(t *testing.T) {
	t.Parallel()

	d := on(t, "sqlite3")
	added := d.add(t, d.tenant(t, "shop"), "login.shop.example")
	var first, asked int
	for minutes := range 9 * 24 * 60 / 5 {
		d.work(t)
		if minutes == 12 { // the first hour
			first = d.dns.Asked()
		}
		d.clock.Advance(5 * time.Minute)
	}
	asked = d.dns.Asked()
	require.GreaterOrEqual(t, first, 6)
	require.Less(t, asked, 40)
	given := d.now(t, added)
	require.Equal(t, domains.Expired, given.Status)
	require.Nil(t, given.NextCheckAt)

	d.prove(added)
	d.work(t)
	require.Equal(t, asked, d.dns.Asked())
	require.Equal(t, domains.Verified, d.check(t, added).Status)
}

func TestCheckDue_ADomainWhoseProofIsGoneForDaysIsLost(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, d *deployment) {
		shop := d.tenant(t, "shop")
		mine := d.verified(t, shop, "login.shop.example")
		_, err := d.MakePrimary(t.Context(), tenants.ByCLI, shop, mine.ID)
		require.NoError(t, err)
		d.work(t)
		asked := d.dns.Asked()
		d.clock.Advance(day)
		d.work(t)
		require.Equal(t, asked+1, d.dns.Asked(), "verified domains are looked at daily")

		d.dns.Text(mine.RecordName)
		d.clock.Advance(day)
		d.work(t)
		missing := d.now(t, mine)
		require.Equal(t, domains.Verified, missing.Status)
		require.Contains(t, missing.Problem, "there is no TXT record")
		require.True(t, missing.LostAt.Equal(d.clock.Now().Add(3*day)))
		require.Contains(t, d.log.String(), "the proof of a domain is missing")

		d.prove(mine) // in time
		d.clock.Advance(day)
		d.work(t)
		require.Empty(t, d.now(t, mine).Problem)
		require.Nil(t, d.now(t, mine).LostAt)

		d.dns.Text(mine.RecordName, "something else")
		for range 3 {
			d.clock.Advance(day)
			d.work(t)
			require.Equal(t, domains.Verified, d.now(t, mine).Status)
		}
		_, err = d.registry.ByHost(t.Context(), mine.Host)
		require.NoError(t, err)
		d.clock.Advance(day)
		d.work(t)
		require.Equal(t, domains.Pending, d.now(t, mine).Status)
		_, err = d.registry.ByHost(t.Context(), mine.Host)
		require.ErrorIs(t, err, tenants.ErrNotFound)
		after, err := d.registry.ByID(t.Context(), shop)
		require.NoError(t, err)
		require.Equal(t, "https://shop.auth.example.net", after.PublicURL)
		require.Empty(t, after.Config.Service.PrimaryDomain)
		require.Contains(t, d.records(t, shop), "domain_lost login.shop.example")
		require.Contains(t, d.log.String(), "a domain is no longer its tenant's")

		other := d.tenant(t, "other")
		d.verified(t, other, "login.shop.example")
	})
}

func TestCheckDue_OneLookAfterALongPauseLosesNothing(t *testing.T) {
	t.Parallel()

	d := on(t, "sqlite3")
	mine := d.verified(t, d.tenant(t, "shop"), "login.shop.example")
	d.dns.Text(mine.RecordName)
	d.clock.Advance(30 * day) // no worker ran
	d.work(t)
	require.Equal(t, domains.Verified, d.now(t, mine).Status)
}
