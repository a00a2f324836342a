package mail

import (
	"strings"
	"sync"

	"golang.org/x/text/language"
)

// English is what is spoken to whom no other language fits.
const English = "en"

// Languages are the languages that all texts exist in, English first.
func Languages() []string {
	return []string{English, "bn", "de", "fr", "it", "nl", "pl", "pt-BR", "zh-CN"}
}

// maxLanguage bounds what is read of a header, in bytes. Longer lists of languages are not written by people.
const maxLanguage = 256

// matcher is built once; it never changes.
var matcher = sync.OnceValue(func() language.Matcher {
	tags := make([]language.Tag, len(Languages()))
	for i, l := range Languages() {
		tags[i] = language.MustParse(l)
	}
	return language.NewMatcher(tags)
})

// MatchLanguage chooses one of Languages for the value of an X-Language header, which is a list with weights as in Accept-Language
// (RFC 9110 §12.5.4), by the distances of languages of the CLDR. Nothing usable is English. Spec: email §5.
func MatchLanguage(xLanguage string) string {
	xLanguage = strings.TrimSpace(xLanguage)
	if xLanguage == "" || len(xLanguage) > maxLanguage {
		return English
	}
	wanted, _, err := language.ParseAcceptLanguage(xLanguage)
	if err != nil || len(wanted) == 0 {
		return English
	}
	_, i, _ := matcher().Match(wanted...) // the first one, English, where none fits
	return Languages()[i]
}
