package oauth_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/internal/idpmock"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// The rows of third-party §4: who somebody is at each provider.
func TestBuiltIn_TellsWhoSignedIn(t *testing.T) {
	t.Parallel()

	kim := federation.Claims{Email: "kim@shop.example", EmailVerified: true}
	with := func(change func(*federation.Claims)) federation.Claims {
		c := kim
		change(&c)
		return c
	}
	for name, want := range map[string]federation.Claims{
		"apple": with(func(c *federation.Claims) {
			c.Issuer, c.Subject = "https://appleid.apple.com", "001473.fe6f83bf4b8e4590aacbabdcb8598bd0.2039"
		}),
		"discord": with(func(c *federation.Claims) {
			c.Issuer, c.Subject, c.Name = "https://discord.com/api", "80351110224678912", "Kim K"
			c.Picture = "https://cdn.discordapp.com/avatars/80351110224678912/8342729096ea3675442027381ff50dfe.png"
		}),
		"facebook": with(func(c *federation.Claims) {
			c.Issuer, c.Subject, c.Name, c.Picture = "https://www.facebook.com", "10158000000000001", "Kim M Kovac", "https://platform-lookaside.example/kim.jpg"
			c.GivenName, c.MiddleName, c.FamilyName = "Kim", "M", "Kovac"
		}),
		"github": with(func(c *federation.Claims) {
			c.Issuer, c.Subject, c.Name, c.Picture = "https://github.com", "583231", "Kim K", "https://avatars.example/u/583231"
			c.PreferredUsername = "kim"
		}),
		"google": with(func(c *federation.Claims) {
			c.Issuer, c.Subject, c.Name, c.Picture = "https://accounts.google.com", "110169484474386276334", "Kim Kovac", "https://lh3.example/kim"
			c.GivenName, c.FamilyName = "Kim", "Kovac"
		}),
		"linkedin": with(func(c *federation.Claims) {
			c.Issuer, c.Subject, c.Name, c.Picture = "https://www.linkedin.com/oauth", "782bbtaQ", "Kim Kovac", "https://media.example/kim"
			c.GivenName, c.FamilyName, c.Locale = "Kim", "Kovac", "US-en"
		}),
		"microsoft": with(func(c *federation.Claims) {
			c.Issuer, c.Subject = "https://login.microsoftonline.com/"+idpmock.Directory+"/v2.0", "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ"
			c.Name, c.PreferredUsername, c.GivenName, c.FamilyName = "Kim Kovac", "kim@shop.example", "Kim", "Kovac"
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			w := setup(t)
			account, err := w.signIn(t, name)
			require.NoError(t, err)
			require.Equal(t, federation.Account{Provider: name, Claims: want, AllowLinking: true}, account)
		})
	}
}

// A change to what a provider tells, and what becomes of it.
type variant struct {
	change func(*idpmock.Provider)
	check  func(*testing.T, federation.Claims) // nil: refused
}

func told(name string, value any) func(*idpmock.Provider) {
	return func(p *idpmock.Provider) {
		claims := p.UserInfo
		if claims == nil {
			claims = p.Claims
		}
		if value == nothing {
			delete(claims, name)
		} else {
			claims[name] = value
		}
	}
}

// nothing is for a member that is not there.
var nothing = new(int)

func verified(want bool) func(*testing.T, federation.Claims) {
	return func(t *testing.T, c federation.Claims) {
		t.Helper()
		require.Equal(t, "kim@shop.example", c.Email)
		require.Equal(t, want, c.EmailVerified)
	}
}

func TestBuiltIn_TakesWhatTheTableSays(t *testing.T) {
	t.Parallel()

	for name, variants := range map[string]map[string]variant{
		"apple": {
			"verified as bool":    {told("email_verified", true), verified(true)},
			"verified as 1":       {told("email_verified", "1"), verified(true)},
			"unverified as bool":  {told("email_verified", false), verified(false)},
			"unverified as text":  {told("email_verified", "false"), verified(false)},
			"unverified as maybe": {told("email_verified", "maybe"), verified(false)},
			"unverified as 7":     {told("email_verified", 7), verified(false)},
			"unverified unsaid":   {told("email_verified", nothing), verified(false)},
			"no email":            {told("email", nothing), nil},
			"email as number":     {told("email", 7), nil},
			"email as null":       {told("email", nil), nil},
			"no id_token":         {func(p *idpmock.Provider) { p.WithIDToken = false }, nil},
		},
		"discord": {
			"unverified": {told("verified", false), verified(false)},
			"unsaid":     {told("verified", nothing), verified(false)},
			"no avatar": {told("avatar", nil), func(t *testing.T, c federation.Claims) {
				t.Helper()
				require.Empty(t, c.Picture)
			}},
			"no name":         {told("global_name", nil), verified(true)},
			"no email":        {told("email", nothing), nil},
			"email as null":   {told("email", nil), nil},
			"no id":           {told("id", nothing), nil},
			"id as a number":  {told("id", 7), nil},
			"name as a list":  {told("global_name", []string{"Kim"}), nil},
			"verified is odd": {told("verified", "maybe"), nil},
		},
		"facebook": {
			"no email": {told("email", nothing), nil},
			"no id":    {told("id", nothing), nil},
			"no picture": {told("picture", nothing), func(t *testing.T, c federation.Claims) {
				t.Helper()
				require.Empty(t, c.Picture)
				require.True(t, c.EmailVerified)
			}},
		},
		"github": {
			"unverified": {func(p *idpmock.Provider) { p.Emails[1]["verified"] = false }, verified(false)},
			"no primary": {func(p *idpmock.Provider) { p.Emails = p.Emails[:1] }, func(t *testing.T, c federation.Claims) {
				t.Helper()
				require.Empty(t, c.Email)
				require.False(t, c.EmailVerified)
			}},
			"no addresses":   {func(p *idpmock.Provider) { p.Emails = nil }, nil},
			"empty list":     {func(p *idpmock.Provider) { p.Emails = []map[string]any{} }, nil},
			"empty address":  {func(p *idpmock.Provider) { p.Emails = []map[string]any{{"email": "", "primary": true}} }, nil},
			"no id":          {told("id", nothing), nil},
			"id as a text":   {told("id", "583231"), nil},
			"id as fraction": {told("id", 1.5), nil},
			"id is zero":     {told("id", 0), nil},
			"large id": {told("id", int64(9007199254740993)), func(t *testing.T, c federation.Claims) {
				t.Helper()
				require.Equal(t, "9007199254740993", c.Subject)
			}},
			"no name": {told("name", nil), verified(true)},
		},
		"google": {
			"unverified":          {told("email_verified", false), verified(false)},
			"unverified unsaid":   {told("email_verified", nothing), verified(false)},
			"verified as text":    {told("email_verified", "true"), verified(true)},
			"no email":            {told("email", nothing), nil},
			"no sub":              {told("sub", nothing), nil},
			"email as an object":  {told("email", map[string]any{}), nil},
			"sub that is no text": {told("sub", true), nil},
		},
		"linkedin": {
			"unverified": {told("email_verified", false), verified(false)},
			"no email":   {told("email", nothing), nil},
			"no sub":     {told("sub", nothing), nil},
			"locale as text": {told("locale", "en-US"), func(t *testing.T, c federation.Claims) {
				t.Helper()
				require.Equal(t, "en-US", c.Locale)
			}},
			"no locale": {told("locale", nothing), func(t *testing.T, c federation.Claims) {
				t.Helper()
				require.Empty(t, c.Locale)
			}},
			"no discovery": {func(p *idpmock.Provider) { p.Instead["discovery"] = http.NotFound }, nil},
		},
		"microsoft": {
			"upn wins": {func(p *idpmock.Provider) {
				p.Claims["upn"], p.Claims["email"] = "kim@shop.example", "evil@elsewhere.example"
			}, verified(true)},
			"upn is no address, email is": {told("upn", "kim"), nil},
			"upn is empty":                {told("upn", ""), verified(true)},
			"upn with a name":             {told("upn", "Kim <kim@shop.example>"), verified(true)},
			"no email":                    {told("email", nothing), nil},
			"email is no address":         {told("email", "kim"), nil},
			"edov true":                   {told("xms_edov", true), verified(true)},
			"edov false":                  {told("xms_edov", false), verified(false)},
			"edov 1":                      {told("xms_edov", "1"), verified(true)},
			"edov true as text":           {told("xms_edov", "true"), verified(true)},
			"edov TRUE as text":           {told("xms_edov", "TRUE"), verified(false)},
			"edov 0":                      {told("xms_edov", "0"), verified(false)},
			"edov as number":              {told("xms_edov", 1), verified(false)},
			"edov as null":                {told("xms_edov", nil), verified(false)},
			"no sub":                      {told("sub", nothing), nil},
			"no id_token":                 {func(p *idpmock.Provider) { p.WithIDToken = false }, nil},
			"issuer with a slash":         {told("iss", "https://login.microsoftonline.com/"+idpmock.Directory+"/v2.0/"), verified(true)},
			"issuer of another directory": {told("iss", "https://login.microsoftonline.com/other/v2.0"), nil},
			"issuer of no directory":      {told("iss", "https://login.microsoftonline.com/v2.0"), nil},
			"issuer of two segments":      {told("iss", "https://login.microsoftonline.com/a/b/v2.0"), nil},
			"issuer elsewhere":            {told("iss", "https://login.microsoftonline.com.evil.example/"+idpmock.Directory+"/v2.0"), nil},
			"issuer elsewhere, no directory": {func(p *idpmock.Provider) {
				p.Claims["iss"] = "https://evil.example/" + idpmock.Directory + "/v2.0"
				delete(p.Claims, "tid")
			}, nil},
			"issuer before it":            {told("iss", "https://evil.example/?https://login.microsoftonline.com/x/v2.0"), nil},
			"issuer with a dot for a dot": {told("iss", "https://loginXmicrosoftonline.com/"+idpmock.Directory+"/v2.0"), nil},
			"keys of another directory": {func(p *idpmock.Provider) {
				key := p.Key.Public(true)
				key["issuer"] = "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"
				p.Replace("keys", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, map[string]any{"keys": []any{key}}) })
			}, nil},
			"keys of any directory": {func(p *idpmock.Provider) {
				key := p.Key.Public(true)
				key["issuer"] = "https://login.microsoftonline.com/{tenantid}/v2.0"
				p.Replace("keys", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, map[string]any{"keys": []any{key}}) })
			}, verified(true)},
		},
	} {
		for how, v := range variants {
			t.Run(name+"/"+how, func(t *testing.T) {
				t.Parallel()

				w := setup(t)
				v.change(w.Get(name))
				if how == "no discovery" {
					_, err := w.provider(t, name).AuthorizationURL(t.Context(), request())
					refused(t, federation.InvalidRequest, err, "discovery: it answered 404")
					return
				}
				account, err := w.signIn(t, name)
				if v.check == nil {
					refused(t, federation.InvalidRequest, err, name+": ")
					require.Zero(t, account)
					return
				}
				require.NoError(t, err)
				v.check(t, account.Claims)
			})
		}
	}
}

func TestBuiltIn_FailsWhereItsEndpointsDo(t *testing.T) {
	t.Parallel()

	for name, endpoints := range map[string][]string{
		"apple": {"token", "keys"}, "discord": {"token", "userinfo"}, "facebook": {"token", "userinfo"}, "github": {"token", "userinfo", "emails"},
		"google": {"token", "userinfo"}, "linkedin": {"token", "userinfo"}, "microsoft": {"token", "keys"}, "acme": {"token", "userinfo", "keys"},
		"other": {"token", "userinfo"},
	} {
		for _, endpoint := range endpoints {
			for how, handler := range map[string]http.HandlerFunc{
				"500":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
				"401":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
				"nothing": func(http.ResponseWriter, *http.Request) {},
				"page":    func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>secret-google</html>")) },
				"list":    func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, []int{1}) },
				"null":    func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, nil) },
				"two":     func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"sub":"x"}{"sub":"y"}`)) },
				"cut":     func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"sub":"x`)) },
			} {
				t.Run(name+"/"+endpoint+"/"+how, func(t *testing.T) {
					t.Parallel()

					w := setup(t)
					w.Get(name).Replace(endpoint, handler)
					_, err := w.signIn(t, name)
					refused(t, federation.InvalidRequest, err, idOf(name)+": ")
				})
			}
		}
	}
}

func TestProviders_AreListedInTheirOrder(t *testing.T) {
	t.Parallel()

	w := setup(t, func(tp *config.ThirdParty) {
		tp.Providers.GitHub.Enabled = false
		acme := tp.CustomProviders["acme"]
		acme.DisplayName = "Zeta"
		tp.CustomProviders["acme"] = acme
		tp.CustomProviders["off"] = config.CustomProvider{DisplayName: "Off"}
	})
	all, err := w.room.Providers(w.tenant)
	require.NoError(t, err)
	var ids []string
	for _, l := range all.List() {
		ids = append(ids, l.ID+"="+l.Name)
	}
	require.Equal(t, []string{
		"apple=Apple", "discord=Discord", "google=Google", "linkedin=LinkedIn", "microsoft=Microsoft", "facebook=Facebook", "custom_other=Other", "custom_acme=Zeta",
	}, ids)
	for _, id := range []string{"github", "custom_off", "custom_none", "off", "", "Google", "acme"} {
		_, ok := all.Get(id)
		require.False(t, ok, id)
	}
	again, err := w.room.Providers(w.tenant)
	require.NoError(t, err)
	require.Same(t, all, again, "compiled once")
}
