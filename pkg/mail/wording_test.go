package mail_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/mail"
)

func TestWording_TakesThePlaceOfWhatItGives(t *testing.T) {
	t.Parallel()

	w, err := mail.Compile(mail.TemplateLogin, mail.Override{
		Subject: "{{.Code}} opens\n {{.ServiceName}}",
		Text:    "Hello from {{.ServiceName}}!{{/* a note */}}\n\n{{.Code}}\n\n{{.Validity}} ({{.TTL}}, {{.Language}}){{if .ServiceName}} yes{{else}} no{{end}}\n",
	})
	require.NoError(t, err)
	d := mail.Data{ServiceName: "Fish & <b>Chips</b>", Code: "123456", TTL: 5 * time.Minute}
	builtIn, err := mail.Render(mail.TemplateLogin, "de", d)
	require.NoError(t, err)
	out, err := w.Render(builtIn, "de", d)
	require.NoError(t, err)
	require.Equal(t, "123456 opens Fish & <b>Chips</b>", out.Subject, "one line")
	require.True(t, strings.HasPrefix(out.Text, "Hello from Fish & <b>Chips</b>!\n\n123456\n\n"), out.Text)
	require.Contains(t, out.Text, "5 Minuten", "the sentence about the validity is built in, in every language")
	require.True(t, strings.HasSuffix(out.Text, "(5, de) yes"), out.Text)
	require.Equal(t, builtIn.HTML, out.HTML, "what is not given stays")

	w, err = mail.Compile(mail.TemplateEmailDelete, mail.Override{HTML: `<p title="{{.ServiceName}}">{{.DeletedEmailAddress}} is gone</p>`})
	require.NoError(t, err)
	out, err = w.Render(mail.Rendered{Subject: "s", Text: "t"}, "en", mail.Data{ServiceName: `"><script>`, DeletedAddress: "<kim@shop.example>"})
	require.NoError(t, err)
	require.Equal(t, mail.Rendered{Subject: "s", Text: "t", HTML: `<p title="&#34;&gt;&lt;script&gt;">&lt;kim@shop.example&gt; is gone</p>`}, out, "HTML is escaped")
}

func TestWording_DoesNothingButNameAndChoose(t *testing.T) {
	t.Parallel()

	for source, reason := range map[string]string{
		`{{.Code}}{{printf "%0999999d" 1}}`:                        "understands only",
		`{{.Code}}{{range .ServiceName}}x{{end}}`:                  "understands only",
		`{{.Code}}{{with .ServiceName}}x{{end}}`:                   "understands only",
		`{{.Code}}{{.ServiceName | html}}`:                         "understands only",
		`{{.Code}}{{.ServiceName.Length}}`:                         "understands only",
		`{{.Code}}{{$x := .Code}}`:                                 "understands only",
		`{{.Code}}{{$}}`:                                           "understands only",
		`{{.Code}}{{.}}`:                                           "understands only",
		`{{.Code}}{{"text"}}`:                                      "understands only",
		`{{.Code}}{{template "text"}}`:                             "understands only",
		`{{.Code}}{{if and .Code .TTL}}x{{end}}`:                   "understands only",
		`{{.Code}}{{if .Code}}{{if .TTL}}{{break}}{{end}}{{end}}`:  "is not a template: line 1",
		`{{.Code}}{{define "x"}}x{{end}}`:                          "must not define templates",
		`{{.Code}}{{block "x" .}}x{{end}}`:                         "must not define templates",
		`{{.Code}}{{.Password}}`:                                   "names {{.Password}}, but this mail has only {{.ServiceName}}",
		`{{.Code}}{{.NewEmailAddress}}`:                            "names {{.NewEmailAddress}}",
		`{{.Code}}{{if .TTL}}{{else}}{{.User}}{{end}}`:             "names {{.User}}",
		`{{.Code}}{{`:                                              "is not a template: line 1",
		`{{.Code}}` + "\x00":                                       "must be UTF-8",
		`{{.Code}}` + "\xff":                                       "must be UTF-8",
		`no code`:                                                  "must show {{.Code}}",
		`{{if .Validity}}{{.Code}}{{end}}`:                         "must show {{.Code}}",
		`{{.Code}}` + strings.Repeat("x", mail.MaxOverride):        "must have at most 65536 bytes",
		strings.Repeat("{{if .Code}}", 20_000) + "{{.Code}}":       "must have at most",
		`{{.Code}}{{if .Code}}` + strings.Repeat("(", 1000) + `}}`: "is not a template",
	} {
		for part, o := range map[string]mail.Override{"text": {Text: source}, "html": {HTML: source}} {
			_, err := mail.Compile(mail.TemplateRecovery, o)
			var wrong *mail.WordingError
			require.ErrorAs(t, err, &wrong, "%.80q", source)
			require.Equal(t, part, wrong.Part, "%.80q", source)
			require.Contains(t, wrong.Reason, reason, "%.80q", source)
		}
	}
	_, err := mail.Compile(mail.TemplateRecovery, mail.Override{Subject: "no code"})
	require.NoError(t, err, "a subject needs none")
	_, err = mail.Compile(mail.TemplateRecovery, mail.Override{Subject: strings.Repeat("x", mail.MaxSubjectOverride+1)})
	require.ErrorContains(t, err, "subject: must have at most")
	_, err = mail.Compile(mail.TemplateRecovery, mail.Override{HTML: `{{.Code}}<script>if ({{if .TTL}}"{{else}}'{{end}}) {}</script>`})
	require.ErrorContains(t, err, "html: cannot be rendered", "where a value cannot be escaped is found out at once")
	_, err = mail.Compile("birthday", mail.Override{})
	require.ErrorIs(t, err, mail.ErrUnknownTemplate)
}

func TestNames_AreThoseThatCompile(t *testing.T) {
	t.Parallel()

	for _, template := range mail.Templates() {
		source := ""
		for _, name := range mail.Names(template) {
			source += "{{." + name + "}} "
		}
		w, err := mail.Compile(template, mail.Override{Subject: source, Text: source, HTML: source})
		require.NoError(t, err, template)
		out, err := w.Render(mail.Rendered{}, "en", mail.Sample())
		require.NoError(t, err)
		require.NotContains(t, out.Text, "  ", "%s: every name has a value", template)
	}
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{"{{.Code}}", "{{if .Code}}x{{else if .TTL}}y{{end}}{{.Code}}", "{{- .Code -}}", "{{.Code}}<a href='{{.ServiceName}}'>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		w, err := mail.Compile(mail.TemplateLogin, mail.Override{Subject: source, Text: source, HTML: source})
		if err != nil || source == "" {
			return
		}
		out, err := w.Render(mail.Rendered{}, "en", mail.Data{ServiceName: "x\"<'", Code: "123456", TTL: time.Minute})
		require.NoError(t, err)
		require.Contains(t, out.Text, "123456")
		require.LessOrEqual(t, len(out.Text), 100*len(source)+100)
		require.NotContains(t, out.Subject, "\n")
	})
}
