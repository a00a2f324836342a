package tenants_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants"
)

// slugsFound searches page by page, two tenants on each, and returns all slugs in their order.
func slugsFound(t *testing.T, p *tenants.Provisioner, f tenants.Filter) []string {
	t.Helper()
	slugs := []string{}
	f.PerPage = 2
	for range 20 {
		page, err := p.List(t.Context(), f)
		require.NoError(t, err)
		require.Equal(t, -1, page.Total)
		for _, r := range page.Items {
			slugs = append(slugs, r.Slug)
		}
		if page.Next == uuid.Nil {
			return slugs
		}
		f.After = page.Next
	}
	require.FailNow(t, "the pages have no end", "%v", slugs)
	return nil
}

func TestSearch_FindsByTheBeginningOfSlugAndName(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		made := map[string]uuid.UUID{}
		for slug, name := range map[string]string{
			"acme": "Acme Inc.", "acme-two": "Beta", "ac": "Zeta", "beta": "ACME of the south", "gamma": "acme, the old one",
			"delta": "acme, the old one", "omega": "The acme", "acme-gone": "Acme that is gone", "eta": "Ünlü", "a-c": "%_",
		} {
			made[slug] = create(t, s, tenants.NewTenant{Slug: slug, Name: name}).ID
		}
		require.NoError(t, s.tenants.Delete(t.Context(), tenants.ByCLI, made["acme-gone"]))
		same := []string{"delta", "gamma"}
		if made["gamma"].String() < made["delta"].String() {
			same = []string{"gamma", "delta"}
		}
		for search, want := range map[string][]string{
			"acme":                     append([]string{"acme", "acme-two", "beta"}, same...),
			"ACME":                     append([]string{"acme", "acme-two", "beta"}, same...),
			"ac":                       append([]string{"ac", "acme", "acme-two", "beta"}, same...),
			"acme-":                    {"acme-two"},
			"ünl":                      {"eta"},
			"%":                        {"a-c"},
			"_":                        {},
			"nobody":                   {},
			"the":                      {"omega"},
			made["ac"].String():        {"ac"},
			uuid.NewString():           {},
			made["acme-gone"].String(): {},
		} {
			require.Equal(t, want, slugsFound(t, s.tenants, tenants.Filter{Search: search}), search)
		}
		require.Equal(t, []string{"acme-gone"}, slugsFound(t, s.tenants, tenants.Filter{Search: "acme", Status: tenants.StatusDeleting}))
		require.Equal(t, []string{"acme", "beta"}, slugsFound(t, s.tenants, tenants.Filter{Search: "acme", Only: []uuid.UUID{made["beta"], made["acme"], made["eta"]}}))
		require.Empty(t, slugsFound(t, s.tenants, tenants.Filter{Search: "acme", Only: []uuid.UUID{}}))
		require.Empty(t, slugsFound(t, s.tenants, tenants.Filter{Search: made["ac"].String(), Only: []uuid.UUID{made["acme"]}}))
	})
}

func TestList_GoesThroughAllByTheirCreation(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, s *setup) {
		want := []string{}
		for i := range 7 {
			slug := fmt.Sprintf("shop-%d", i)
			s.clock.Advance(time.Second)
			create(t, s, tenants.NewTenant{Slug: slug})
			want = append([]string{slug}, want...)
		}
		require.Equal(t, want, slugsFound(t, s.tenants, tenants.Filter{Uncounted: true}))
		page, err := s.tenants.List(t.Context(), tenants.Filter{PerPage: 3, Page: 2})
		require.NoError(t, err)
		require.Equal(t, 7, page.Total)
		require.Equal(t, want[3], page.Items[0].Slug)
		_, err = s.tenants.List(t.Context(), tenants.Filter{PerPage: 3, After: uuid.New()})
		require.ErrorIs(t, err, tenants.ErrNotFound)
	})
}

func create(t *testing.T, s *setup, n tenants.NewTenant) *tenants.Record {
	t.Helper()
	r, err := s.tenants.Create(t.Context(), tenants.ByCLI, n)
	require.NoError(t, err)
	return r
}
