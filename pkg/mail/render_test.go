package mail_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/latchkeep/latchkeep/pkg/mail"
)

var update = flag.Bool("update", false, "write testdata anew")

func sample() mail.Data {
	return mail.Data{
		ServiceName: "Kim & Søn’s <Shop>", Code: "048392", TTL: 5 * time.Minute,
		OldAddress: "kim@old.example", NewAddress: "kim+new@shop.example", DeletedAddress: "kim@gone.example",
	}
}

// One file a language shows every mail as it is read; look at the difference when a text changes, and write it with -update.
func TestRender_SaysInEachLanguage(t *testing.T) {
	t.Parallel()
	for _, lang := range mail.Languages() {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			for _, name := range mail.Templates() {
				r, err := mail.Render(name, lang, sample())
				require.NoError(t, err)
				fmt.Fprintf(&b, "== %s\nSubject: %s\n\n%s\n\n", name, r.Subject, r.Text)
			}
			checkGolden(t, filepath.Join("testdata", "texts", lang+".txt"), b.String())
		})
	}
}

func TestRender_LaysOutAsBefore(t *testing.T) {
	t.Parallel()
	for _, name := range []string{mail.TemplateLogin, mail.TemplatePrimaryEmailUpdate} {
		r, err := mail.Render(name, "en", sample())
		require.NoError(t, err)
		checkGolden(t, filepath.Join("testdata", name+".html"), r.HTML+"\n")
	}
}

func checkGolden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(got), 0o644))
	}
	want, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func TestRender_PutsTheCodeIntoMailsThatCarryOneAndNowhereElse(t *testing.T) {
	t.Parallel()
	carriers := map[string]bool{mail.TemplateLogin: true, mail.TemplateRecovery: true, mail.TemplateVerification: true}
	for _, lang := range mail.Languages() {
		for _, name := range mail.Templates() {
			r, err := mail.Render(name, lang, sample())
			require.NoError(t, err)
			for part, text := range map[string]string{"subject": r.Subject, "text": r.Text, "html": r.HTML} {
				require.Equal(t, carriers[name], strings.Contains(text, "048392"), "%s %s %s", lang, name, part)
			}
		}
	}
}

func TestRender_EscapesInHTMLOnly(t *testing.T) {
	t.Parallel()
	d := sample()
	d.ServiceName = `A&B's +1 <b>"{{.Code}}"</b>`
	d.Code = "aB3dW9"
	for _, lang := range mail.Languages() {
		for _, name := range mail.Templates() {
			r, err := mail.Render(name, lang, d)
			require.NoError(t, err)
			require.Contains(t, r.Text, d.ServiceName, "%s %s", lang, name)
			require.NotContains(t, r.HTML, "<b>", "%s %s", lang, name)
			require.Contains(t, visible(t, r.HTML), d.ServiceName, "%s %s", lang, name)
		}
	}
}

func TestRender_KeepsControlCharactersOut(t *testing.T) {
	t.Parallel()
	for _, evil := range []string{
		"Shop\r\nBcc: eve@evil.example", "Shop\nX", "Shop\u2028X", "Shop\u0085X", "Shop\x00\x1b[31m", "Shop\u202Epohs", "Shop\xff\xfe", "\tShop \t ",
		strings.Repeat("Shop ", 100_000),
	} {
		d := mail.Data{ServiceName: evil, Code: evil, TTL: time.Minute, OldAddress: evil, NewAddress: evil, DeletedAddress: evil}
		for _, name := range mail.Templates() {
			r, err := mail.Render(name, "en", d)
			require.NoError(t, err)
			require.NotContains(t, r.Subject, "\n")
			require.Less(t, len(r.Subject), 1000)
			require.Less(t, len(r.Text), 3000)
			for _, text := range []string{r.Subject, r.Text, r.HTML} {
				require.NotContains(t, text, "\nBcc:")
				require.False(t, strings.ContainsAny(text, "\r\x00\x1b\u2028\u0085\u202E\uFFFD"), "%q", text)
			}
		}
	}
}

func TestRender_ShowsWholeMinutes(t *testing.T) {
	t.Parallel()
	for ttl, want := range map[time.Duration]string{
		0: "for 1 minute.", 20 * time.Second: "for 1 minute.", time.Minute: "for 1 minute.", 89 * time.Second: "for 1 minute.",
		90 * time.Second: "for 2 minutes.", 5 * time.Minute: "for 5 minutes.", 24 * time.Hour: "for 1440 minutes.",
	} {
		d := sample()
		d.TTL = ttl
		r, err := mail.Render(mail.TemplateLogin, "en", d)
		require.NoError(t, err)
		require.Contains(t, r.Text, "valid "+want, ttl)
	}
}

func TestRender_CountsAsEachLanguageDoes(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{1: "1 minutę.", 2: "2 minuty.", 5: "5 minut.", 12: "12 minut.", 22: "22 minuty."} {
		d := sample()
		d.TTL = time.Duration(n) * time.Minute
		r, err := mail.Render(mail.TemplateLogin, "pl", d)
		require.NoError(t, err)
		require.Contains(t, r.Text, "przez "+want)
	}
}

func TestRender_TellsReadersTheLanguageAndNeedsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	for _, lang := range mail.Languages() {
		for _, name := range mail.Templates() {
			r, err := mail.Render(name, lang, sample())
			require.NoError(t, err)
			require.Contains(t, r.HTML, `<html lang="`+lang+`" dir="ltr">`)
			require.Contains(t, r.HTML, `<meta name="color-scheme" content="light dark">`)
			require.Less(t, len(r.HTML), 12_000)
			for _, foreign := range []string{"http://", "https://", "src=", "href=", "url(", "<script", "@import", "ZgotmplZ"} {
				require.NotContains(t, r.HTML, foreign, "%s %s", lang, name)
			}
			require.Equal(t, strings.TrimSpace(r.Text), r.Text)
			require.Equal(t, strings.TrimSpace(r.HTML), r.HTML)
		}
	}
}

func TestRender_SpeaksEnglishInUnknownLanguages(t *testing.T) {
	t.Parallel()
	want, err := mail.Render(mail.TemplateLogin, "en", sample())
	require.NoError(t, err)
	got, err := mail.Render(mail.TemplateLogin, "tlh", sample())
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestRender_KnowsItsTemplates(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "Login", "hint", "../login", "login\n"} {
		_, err := mail.Render(name, "en", sample())
		require.ErrorIs(t, err, mail.ErrUnknownTemplate)
	}
}

// visible is what a reader shows of an HTML mail, the preview included.
func visible(t *testing.T, source string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(source))
	require.NoError(t, err)
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	}
	return b.String()
}

func BenchmarkRender(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := mail.Render(mail.TemplateLogin, "pl", sample()); err != nil {
			b.Fatal(err)
		}
	}
}
