package mail

import (
	"errors"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
	yaml "go.yaml.in/yaml/v3"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// texts reads the file of a language: message to form to text. A message without forms has only "other".
func texts(t *testing.T, lang string) map[string]map[string]string {
	t.Helper()
	raw, err := locales.ReadFile("locales/" + lang + ".yaml")
	require.NoError(t, err)
	var groups map[string]map[string]string
	require.NoError(t, yaml.Unmarshal(raw, &groups))
	all := map[string]map[string]string{}
	for group, messages := range groups {
		if group == "validity" {
			all[group] = messages
			continue
		}
		for name, text := range messages {
			all[group+"."+name] = map[string]string{"other": text}
		}
	}
	return all
}

// variables lists what a text fills in.
func variables(text string) []string {
	found := regexp.MustCompile(`{{[^}]*}}`).FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

func TestCatalog_HasEveryTextOfEveryTemplate(t *testing.T) {
	t.Parallel()
	want := []string{"hint.code", "hint.notice", "hint.security", "validity"}
	for _, name := range Templates() {
		want = append(want, name+".subject", name+".text")
	}
	slices.Sort(want)
	require.Equal(t, want, slices.Sorted(maps.Keys(texts(t, English))))
}

func TestCatalog_EveryLanguageSaysTheSameWithTheSameVariables(t *testing.T) {
	t.Parallel()
	english := texts(t, English)
	for _, lang := range Languages() {
		own := texts(t, lang)
		require.Equal(t, slices.Sorted(maps.Keys(english)), slices.Sorted(maps.Keys(own)), lang)
		for id, forms := range own {
			for form, text := range forms {
				require.NotEmpty(t, strings.TrimSpace(text), "%s %s %s", lang, id, form)
				require.Equal(t, variables(english[id]["other"]), variables(text), "%s %s %s", lang, id, form)
				require.NotContains(t, text, "\n", "%s %s %s", lang, id, form)
			}
		}
	}
}

func TestCatalog_NoTextWasLeftInEnglish(t *testing.T) {
	t.Parallel()
	english := texts(t, English)
	for _, lang := range Languages()[1:] {
		for id, forms := range texts(t, lang) {
			require.NotEqual(t, english[id]["other"], forms["other"], "%s %s", lang, id)
		}
	}
}

func TestCatalog_EveryLanguageHasThePluralsOfItsGrammar(t *testing.T) {
	t.Parallel()
	names := map[plural.Form]string{
		plural.Other: "other", plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many",
	}
	for _, lang := range Languages() {
		forms := texts(t, lang)["validity"]
		for n := range 3000 {
			form := names[plural.Cardinal.MatchPlural(language.MustParse(lang), n, 0, 0, 0, 0)]
			require.Contains(t, forms, form, "%s: %d", lang, n)
		}
	}
}

func TestCatalog_SaysInEnglishWhatALanguageLacks(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{}
	for _, lang := range Languages() {
		name := "locales/" + lang + ".yaml"
		raw, err := fs.ReadFile(locales, name)
		require.NoError(t, err)
		if lang == "de" {
			raw = []byte("login:\n  subject: \"{{.Code}} auf Deutsch\"\n")
		}
		files[name] = &fstest.MapFile{Data: raw}
	}
	c, err := readCatalog(files)
	require.NoError(t, err)

	got, err := c.Render(TemplateLogin, "de", Data{ServiceName: "Shop", Code: "123456", TTL: time.Minute})

	require.NoError(t, err)
	require.Equal(t, "123456 auf Deutsch", got.Subject)
	require.Equal(t, "Enter this code to sign in to Shop:\n\n123456\n\nThe code is valid for 1 minute.\n\n"+
		"If you did not request this code, you can ignore this email. Do not share the code with anyone.", got.Text)
}

func TestCatalog_RefusesFilesThatAreMissingOrBroken(t *testing.T) {
	t.Parallel()
	_, err := readCatalog(fstest.MapFS{})
	require.True(t, errors.Is(err, fs.ErrNotExist), "%v", err)
	_, err = readCatalog(fstest.MapFS{"locales/en.yaml": {Data: []byte("login: [")}})
	require.ErrorContains(t, err, "parse texts of mails in en")
}
