package web

import (
	"cmp"
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
