package mail

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// ErrUnknownTemplate is returned for a name that no template has.
var ErrUnknownTemplate = errors.New("there is no such mail template")

// Data is what the texts speak of. A template uses what it needs.
type Data struct {
	// ServiceName is shown in every mail.
	ServiceName string
	// Code is the passcode, and TTL how long it is good from now on; shown in whole minutes.
	Code string
	TTL  time.Duration
	// OldAddress, NewAddress and DeletedAddress are mail addresses that security notifications name.
	OldAddress, NewAddress, DeletedAddress string
}

// Rendered is a mail in one language.
type Rendered struct {
	Subject, Text, HTML string
}

// values are the names by which texts know the data.
type values struct {
	ServiceName, Code                                     string
	TTL                                                   int
	OldEmailAddress, NewEmailAddress, DeletedEmailAddress string
}

// standard is the catalog of the built-in texts; read at first use, it never changes.
var standard = sync.OnceValues(NewCatalog)

// Render renders a template with the built-in texts. See Catalog.Render.
func Render(template, lang string, d Data) (Rendered, error) {
	c, err := standard()
	if err != nil {
		return Rendered{}, err
	}
	return c.Render(template, lang, d)
}

// Render renders a template in one of Languages; another one is English. Whatever the data contains, the subject is one line, the text is
// plain and the HTML escaped. Errors: ErrUnknownTemplate.
func (c *Catalog) Render(template, lang string, d Data) (Rendered, error) {
	k, ok := kindOf(template)
	if !ok {
		return Rendered{}, fmt.Errorf("%w: %q", ErrUnknownTemplate, clip(template, 64))
	}
	if _, ok := c.localizers[lang]; !ok {
		lang = English
	}
	v := values{
		ServiceName:         clip(d.ServiceName, maxName),
		OldEmailAddress:     clip(d.OldAddress, maxAddress),
		NewEmailAddress:     clip(d.NewAddress, maxAddress),
		DeletedEmailAddress: clip(d.DeletedAddress, maxAddress),
	}
	p := page{Lang: lang, Dir: "ltr", ServiceName: v.ServiceName}
	if k == code {
		v.Code, v.TTL = clip(d.Code, maxCode), minutes(d.TTL)
		p.Code = v.Code
	}
	subject, err := c.say(lang, template+".subject", v, 0)
	if err != nil {
		return Rendered{}, err
	}
	p.Subject = clip(subject, maxSubject)
	if p.Text, err = c.say(lang, template+".text", v, 0); err != nil {
		return Rendered{}, err
	}
	if k == code {
		if p.Validity, err = c.say(lang, "validity", v, v.TTL); err != nil {
			return Rendered{}, err
		}
	} else {
		p.Heading = p.Subject
	}
	if p.Hint, err = c.say(lang, k.hint(), v, 0); err != nil {
		return Rendered{}, err
	}
	html, err := p.html()
	if err != nil {
		return Rendered{}, err
	}
	return Rendered{Subject: p.Subject, Text: p.plain(), HTML: html}, nil
}

// minutes rounds to the nearest whole minute; a code that is good at all is good for one.
func minutes(ttl time.Duration) int {
	return max(1, int(ttl.Round(time.Minute)/time.Minute))
}

// plain is the text form of a page.
func (p page) plain() string {
	var parts []string
	for _, s := range []string{p.Text, p.Code, p.Validity, p.Hint} {
		if s = strings.TrimSpace(s); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, "\n\n")
}
