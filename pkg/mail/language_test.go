package mail_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/mail"
)

func TestMatchLanguage_IsThatOfTheNearestText(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"de": "de", "de-AT": "de", "gsw": "de", "lb": "de",
		"fr": "fr", "fr-CA": "fr", "br": "fr",
		"nl": "nl", "nl-BE": "nl", "af": "nl",
		"pt": "pt-BR", "pt-PT": "pt-BR", "pt_BR": "pt-BR", "pt-BR": "pt-BR", "PT-br": "pt-BR",
		"zh": "zh-CN", "zh-CN": "zh-CN", "zh-TW": "zh-CN", "zh-HK": "zh-CN", "zh-Hant": "zh-CN", "zh-Hant-HK": "zh-CN", "zh-Hans-SG": "zh-CN",
		"bn": "bn", "bn-IN": "bn", "as": "bn",
		"it": "it", "it-CH": "it", "pl": "pl", "pl-PL": "pl",
		"en": "en", "en-GB": "en",
		"es": "en", "da": "en", "ko": "en", "xx": "en", "ptBR": "en",
		"fr;q=0.5, de;q=0.9": "de", "es, it;q=0.3": "it", " de ": "de",
	} {
		require.Equal(t, want, mail.MatchLanguage(header), "%q", header)
	}
}

func TestMatchLanguage_TakesJunkForEnglish(t *testing.T) {
	t.Parallel()
	for _, junk := range []string{
		"", " ", "undefined", "null", "*", "-", "_", ";;;,", "de;q=abc", "\x00", "\xff\xfe", "de\r\nX: y", "<script>", "😀",
		strings.Repeat("de-", 1000), strings.Repeat("a", 1<<20), "pl," + strings.Repeat("fr,", 100),
	} {
		require.Equal(t, "en", mail.MatchLanguage(junk), "%.40q", junk)
	}
}

func FuzzMatchLanguage(f *testing.F) {
	for _, s := range []string{"", "de-AT,fr;q=0.5", "zh-Hant-TW-x-private", "i-klingon", "de;q=1e9", "en-u-ca-buddhist-t-fr"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		require.True(t, slices.Contains(mail.Languages(), mail.MatchLanguage(header)))
	})
}

func BenchmarkMatchLanguage(b *testing.B) {
	for b.Loop() {
		mail.MatchLanguage("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5")
	}
}
