package relyingparty_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants/config"
	"github.com/latchkeep/latchkeep/tenants/relyingparty"
)

func party(id string, origins ...string) config.RelyingParty {
	return config.RelyingParty{ID: id, DisplayName: "Shop", Origins: origins}
}

func TestMake_TellsHowEachOriginWorks(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		id, origin string
		how        relyingparty.How
		ids, why   string
	}{
		"the host itself":         {"shop.example", "https://shop.example", relyingparty.Own, "shop.example", ""},
		"below it":                {"shop.example", "https://login.shop.example:8443", relyingparty.Own, "login.shop.example shop.example", ""},
		"two labels below":        {"shop.co.uk", "https://a.b.shop.co.uk", relyingparty.Own, "a.b.shop.co.uk b.shop.co.uk shop.co.uk", ""},
		"above it":                {"login.shop.example", "https://shop.example", relyingparty.Related, "shop.example", ""},
		"beside it":               {"login.shop.example", "https://www.shop.example", relyingparty.Related, "www.shop.example shop.example", ""},
		"another domain":          {"shop.example", "https://shop.de", relyingparty.Related, "shop.de", ""},
		"ends alike":              {"shop.example", "https://myshop.example", relyingparty.Related, "myshop.example", ""},
		"a public suffix":         {"co.uk", "https://shop.co.uk", relyingparty.Refused, "shop.co.uk", "many people"},
		"http":                    {"shop.example", "http://shop.example", relyingparty.Refused, "shop.example", "http://"},
		"localhost":               {"localhost", "http://shop.localhost:8000", relyingparty.Own, "shop.localhost localhost", ""},
		"localhost is not public": {"localhost", "https://shop.example", relyingparty.Refused, "shop.example", "no public domain"},
		"an address":              {"shop.example", "https://192.0.2.1", relyingparty.Refused, "", "address"},
		"an Android app":          {"shop.example", "android:apk-key-hash:abc", relyingparty.App, "", ""},
		"nonsense":                {"shop.example", "shop.example", relyingparty.Refused, "", "no origin"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := relyingparty.Make(party(c.id, c.origin), party(c.id, c.origin), relyingparty.Holders{})
			require.Len(t, p.Origins, 1)
			require.Equal(t, c.how, p.Origins[0].How, p.Origins[0].Why)
			require.Equal(t, c.ids, strings.Join(p.Origins[0].IDs, " "))
			require.Contains(t, p.Origins[0].Why, c.why)
			require.Equal(t, c.how == relyingparty.Related, p.RelatedAt != "")
			require.False(t, p.Breaks)
		})
	}
}

var held = relyingparty.Holders{Passkeys: 7, SecurityKeys: 2, People: 6, OnlyPasskeys: 3, OnlySecurityKeys: 1}

func TestMake_ForetellsWhatAChangeBreaks(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		from, to config.RelyingParty
		held     relyingparty.Holders
		breaks   bool
		lost     []string
		advice   []string // in order, each within one
	}{
		"nothing changes": {
			from: party("shop.example", "https://shop.example"), to: party("shop.example", "https://shop.example"), held: held,
			advice: []string{"Nothing breaks."},
		},
		"an origin more": {
			from: party("shop.example", "https://shop.example"), to: party("shop.example", "https://shop.example", "https://login.shop.example"), held: held,
			advice: []string{"Nothing breaks."},
		},
		"an origin less": {
			from: party("shop.example", "https://shop.example", "https://www.shop.example"), to: party("shop.example", "https://shop.example"), held: held,
			lost: []string{"https://www.shop.example"}, advice: []string{"https://www.shop.example can no longer"},
		},
		"another id": {
			from: party("shop.auth.example.net", "https://shop.auth.example.net"), to: party("shop.example", "https://login.shop.example"), held: held,
			breaks: true, lost: []string{"https://shop.auth.example.net"},
			advice: []string{
				`Keep webauthn.relying_party.id "shop.auth.example.net" and set webauthn.relying_party.origins to https://shop.auth.example.net, https://login.shop.example`,
				"Serve https://shop.auth.example.net/.well-known/webauthn", "have 3 people add another way", "have 1 person add an authenticator app",
				"6 people sign in another way", "https://shop.auth.example.net can no longer",
			},
		},
		"another id nobody depends on": {
			from: party("localhost", "http://localhost:8888"), to: party("shop.example", "https://shop.example"),
			breaks: true, lost: []string{"http://localhost:8888"}, advice: []string{"http://localhost:8888 can no longer"},
		},
		"an id that cannot be kept": {
			from: party("localhost", "http://localhost:8888"), to: party("shop.example", "https://shop.example"), held: relyingparty.Holders{Passkeys: 1, People: 1},
			breaks: true, lost: []string{"http://localhost:8888"},
			advice: []string{"cannot be avoided", "1 person sign in", "can no longer"},
		},
		"a shorter id would do": {
			from: party("login.shop.example", "https://login.shop.example"), to: party("login.shop.example", "https://login.shop.example", "https://www.shop.example"),
			advice: []string{"Serve https://login.shop.example/.well-known/webauthn", `with the id "shop.example"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := relyingparty.Make(c.from, c.to, c.held)
			require.Equal(t, c.breaks, p.Breaks)
			require.Equal(t, c.lost, p.Lost)
			require.Len(t, p.Advice, len(c.advice), "%q", p.Advice)
			for i, part := range c.advice {
				require.Contains(t, p.Advice[i], part)
			}
			if want := (relyingparty.Holders{}); c.breaks {
				require.Equal(t, c.held, p.Broken)
			} else {
				require.Equal(t, want, p.Broken)
			}
		})
	}
}

func TestMake_BrowsersTakeFiveNames(t *testing.T) {
	t.Parallel()

	p := relyingparty.Make(party("a.example", "https://a.example"), party("a.example",
		"https://a.example", "https://a.de", "https://www.b.example", "https://c.co.uk", "https://d.example", "https://e.example", "https://f.example",
	), relyingparty.Holders{})
	require.Equal(t, []string{"a", "b", "c", "d", "e"}, p.Names)
	require.Equal(t, relyingparty.Refused, p.Origins[6].How)
	require.Contains(t, p.Origins[6].Why, "sixth name")
	require.NotEmpty(t, p.Problems)
}
