package web

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/latchkeep/latchkeep/tenants/config"
)

func kindOf(f field) string { return cmp.Or(f.Kind, "text") }

func autoOf(f field) string { return cmp.Or(f.Auto, "off") }

// invalid marks a field that something is wrong with.
func invalid(wrong string) templ.Attributes {
	if wrong == "" {
		return nil
	}
	return templ.Attributes{"aria-invalid": "true"}
}

// bounds are those of a number.
func bounds(f config.Field) templ.Attributes {
	a := templ.Attributes{}
	if f.Min != nil {
		a["min"] = strconv.Itoa(*f.Min)
	}
	if f.Max != nil {
		a["max"] = strconv.Itoa(*f.Max)
	}
	return a
}

// reviewTarget is where a reviewed change is sent to.
func reviewTarget(r settingsReview) string {
	if strings.HasPrefix(r.Back, "/settings/history/") {
		return r.Back
	}
	return "/settings"
}

// reviewBack is where who changes her mind goes.
func reviewBack(r settingsReview) string {
	if strings.HasPrefix(r.Back, "/settings/history/") {
		return "/settings/history"
	}
	return r.Back
}

func orDash(text string) string { return cmp.Or(text, "–") }

func orElse(text, other string) string { return cmp.Or(text, other) }

// textOr is a text that may not be there.
func textOr(text *string) string {
	if text == nil {
		return "–"
	}
	return *text
}

// pretty is a value as indented JSON.
func pretty(v any) string {
	encoded, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return "?"
	}
	return string(encoded)
}

// statusText is the status of an answer; a dash where there was none.
func statusText(status int) string {
	if status == 0 {
		return "–"
	}
	return strconv.Itoa(status)
}

// same are options that are called what they are.
func same(words []string) []option {
	list := make([]option, len(words))
	for i, word := range words {
		list[i] = option{Value: word, Label: strings.ReplaceAll(word, "_", " ")}
	}
	return list
}
