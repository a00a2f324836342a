package config_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants/config"
)

func dataURL(kind, content string) string {
	return "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString([]byte(content))
}

func TestHostedPage_ChecksWhatIsShownToEverybody(t *testing.T) {
	t.Parallel()

	png := "\x89PNG\r\n\x1a\n"
	for _, good := range []map[string]any{
		{"logo": "https://cdn.shop.example/logo.png"}, {"logo": dataURL("image/png", png)}, {"logo": dataURL("image/svg+xml", "<svg/>")},
		{"logo": dataURL("image/png", png+strings.Repeat("x", 64<<10-len(png)))},
		{"light": map[string]any{"brand": "#A0b1C2"}}, {"languages": []string{"pt-BR", "en"}}, {"terms_url": "https://shop.example/terms"},
	} {
		require.Empty(t, hosted(t, good).Validate(), "%.80v", good)
	}
	for _, bad := range []struct {
		set  map[string]any
		want string
	}{
		{map[string]any{"logo": "http://shop.example/logo.png"}, "hosted_page.logo: must be an https"},
		{map[string]any{"logo": "https://shop.example;script-src *"}, "hosted_page.logo: must be an https"},
		{map[string]any{"logo": "https://me@shop.example/x"}, "hosted_page.logo: must be an https"},
		{map[string]any{"logo": "javascript:alert(1)"}, "hosted_page.logo: must be an https"},
		{map[string]any{"logo": dataURL("text/html", "<script>")}, "hosted_page.logo: must be an https"},
		{map[string]any{"logo": dataURL("image/png", "<svg/>")}, "hosted_page.logo: must be an https"},
		{map[string]any{"logo": "data:image/png;base64,%%"}, "hosted_page.logo: must be an https"},
		{map[string]any{"logo": dataURL("image/png", png+strings.Repeat("x", 70<<10))}, "hosted_page.logo: must not be larger than 64 KiB"},
		{map[string]any{"light": map[string]any{"brand": "red;}body{display:none"}}, "hosted_page.light.brand: must be a colour"},
		{map[string]any{"dark": map[string]any{"text": "#fff"}}, "hosted_page.dark.text: must be a colour"},
		{map[string]any{"languages": []string{"en", "tlh"}}, "hosted_page.languages[1]: must be"},
		{map[string]any{"languages": []string{"en", "en"}}, "hosted_page.languages[1]: is in the list already"},
		{map[string]any{"privacy_url": "javascript:alert(1)"}, "hosted_page.privacy_url: must be a URL"},
		{map[string]any{"title": strings.Repeat("x", 101)}, "hosted_page.title: must have at most"},
	} {
		problems := hosted(t, bad.set).Validate()
		require.Len(t, problems, 1, "%.80v", bad.set)
		require.Contains(t, problems[0].String(), bad.want)
	}
}

func TestHostedPage_WarnsOfColoursThatCannotBeRead(t *testing.T) {
	t.Parallel()

	require.Empty(t, hosted(t, map[string]any{"enabled": true}).Warnings(), "the colours it begins with can be read")
	grey := map[string]any{"enabled": true, "light": map[string]any{"text": "#bbbbbb"}}
	warnings := hosted(t, grey).Warnings()
	require.Len(t, warnings, 1)
	require.Contains(t, warnings[0].String(), "hosted_page.light.text: has a contrast of 1.9 to background")
	grey["enabled"] = false
	require.Empty(t, hosted(t, grey).Warnings())
}

func hosted(t *testing.T, set map[string]any) *config.Config {
	t.Helper()
	given, err := json.Marshal(map[string]any{"hosted_page": set})
	require.NoError(t, err)
	c, problems := config.Decode(config.Default(), given, config.Strict())
	require.Empty(t, problems)
	return &c
}
