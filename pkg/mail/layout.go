package mail

import (
	_ "embed"
	"fmt"
	"html/template"
	"strings"
	"sync"
)

//go:embed layout.html.tmpl
var layoutSource string

// layout is the one HTML page that all mails share; it never changes.
var layout = sync.OnceValues(func() (*template.Template, error) {
	return template.New("layout").Funcs(template.FuncMap{
		// outlook writes markup for Outlook on Windows only, which knows no max-width. The template package drops comments.
		"outlook": func(markup string) template.HTML { return template.HTML("<!--[if mso]>" + markup + "<![endif]-->") },
	}).Parse(layoutSource)
})

// A page is what a mail shows.
type page struct {
	Lang, Dir            string
	ServiceName, Subject string
	// Heading, Code and Validity may be empty.
	Heading, Text, Code, Validity, Hint string
}

// Padding keeps what follows the first sentence out of the preview that mail readers show in their lists.
func (p page) Padding() [48]struct{} { return [48]struct{}{} }

// html is the HTML form of a page.
func (p page) html() (string, error) {
	t, err := layout()
	if err != nil {
		return "", fmt.Errorf("parse layout of mails: %w", err)
	}
	var b strings.Builder
	if err := t.Execute(&b, p); err != nil {
		return "", fmt.Errorf("render layout of mails: %w", err)
	}
	return strings.TrimSpace(b.String()), nil
}
