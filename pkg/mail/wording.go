package mail

import (
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"strings"
	texttemplate "text/template"
	"text/template/parse"
	"time"
	"unicode/utf8"
)

// An Override is somebody's own wording of a template. What is empty stays as it is built in.
//
// The three are templates that know {{.Name}}, {{if .Name}} … {{else}} … {{end}} and comments, and nothing else: what they make is no longer
// than what they are and what they name, and takes no time to speak of, whoever wrote them. See [Names].
type Override struct {
	Subject, Text, HTML string
}

// MaxOverride is the longest text of an Override, in bytes, and MaxSubjectOverride the longest subject.
const (
	MaxOverride        = 64 << 10
	MaxSubjectOverride = 1 << 10
)

// A Wording is an Override that can be rendered. It never changes.
type Wording struct {
	template      string
	subject, text *texttemplate.Template
	html          *htmltemplate.Template
}

// A WordingError says which text of an Override is wrong, and why. It quotes nothing but names.
type WordingError struct {
	// Part is "subject", "text" or "html".
	Part   string
	Reason string
}

func (e *WordingError) Error() string { return e.Part + ": " + e.Reason }

// Names are what the texts of a template can name.
func Names(template string) []string {
	names := []string{"ServiceName", "Language"}
	switch k, _ := kindOf(template); {
	case k == code:
		names = append(names, "Code", "TTL", "Validity")
	case template == TemplatePrimaryEmailUpdate:
		names = append(names, "OldEmailAddress", "NewEmailAddress")
	case template == TemplateEmailCreate:
		names = append(names, "NewEmailAddress")
	case template == TemplateEmailDelete:
		names = append(names, "DeletedEmailAddress")
	}
	return names
}

// Compile checks an Override of a template. Errors: ErrUnknownTemplate; a WordingError for a text that is too long, is no template, names
// what the template does not have, does more than name, or lacks the code without which the mail is of no use.
func Compile(template string, o Override) (*Wording, error) {
	k, ok := kindOf(template)
	if !ok {
		return nil, fmt.Errorf("%w: %q", ErrUnknownTemplate, clip(template, 64))
	}
	w := &Wording{template: template}
	names := Names(template)
	var err error
	if w.subject, err = parsePart("subject", o.Subject, MaxSubjectOverride, names, false); err != nil {
		return nil, err
	}
	if w.text, err = parsePart("text", o.Text, MaxOverride, names, k == code); err != nil {
		return nil, err
	}
	html, err := parsePart("html", o.HTML, MaxOverride, names, k == code)
	if err != nil {
		return nil, err
	}
	if html != nil {
		if w.html, err = htmltemplate.New("html").Parse(o.HTML); err != nil {
			return nil, &WordingError{"html", "is not a template: " + syntax(err)}
		}
	}
	// HTML is escaped by where a value stands, and not every place can be: trying tells.
	_, err = w.Render(Rendered{}, English, Sample())
	return w, err
}

// parsePart parses and checks a text; an empty one is nil.
func parsePart(part, source string, limit int, names []string, needsCode bool) (*texttemplate.Template, error) {
	fail := func(format string, args ...any) (*texttemplate.Template, error) {
		return nil, &WordingError{part, fmt.Sprintf(format, args...)}
	}
	switch {
	case source == "":
		return nil, nil
	case len(source) > limit:
		return fail("must have at most %d bytes", limit)
	case !utf8.ValidString(source) || strings.ContainsRune(source, 0):
		return fail("must be UTF-8")
	}
	t, err := texttemplate.New(part).Parse(source)
	if err != nil {
		return fail("is not a template: %s", syntax(err))
	}
	for _, each := range t.Templates() {
		if each.Name() != part {
			return fail("must not define templates")
		}
	}
	c := checker{names: names}
	if t.Tree != nil {
		if err := c.list(t.Root); err != nil {
			return fail("%s", err)
		}
	}
	if needsCode && !c.always {
		return fail("must show {{.Code}}, outside of any {{if}}: without it nobody can sign in")
	}
	return t, nil
}

// syntax is the reason of a parser, without the name of the template before it.
func syntax(err error) string {
	text := strings.TrimPrefix(err.Error(), "template: ")
	if _, reason, ok := strings.Cut(text, ":"); ok {
		text = "line " + reason
	}
	return clip(text, maxReason)
}

// Sample is data to try a wording with.
func Sample() Data {
	return Data{
		ServiceName: "Example", Code: "123456", TTL: 5 * time.Minute,
		OldAddress: "old@example.com", NewAddress: "new@example.com", DeletedAddress: "former@example.com",
	}
}

// fields are what texts can name.
type fields struct {
	ServiceName, Language                                 string
	Code, Validity                                        string
	TTL                                                   int
	OldEmailAddress, NewEmailAddress, DeletedEmailAddress string
}

// Render renders a wording in place of what is built in. Error: a WordingError, hardly ever: Compile has tried it.
func (w *Wording) Render(builtIn Rendered, lang string, d Data) (Rendered, error) {
	c, err := standard()
	if err != nil {
		return builtIn, err
	}
	v := fields{
		ServiceName: clip(d.ServiceName, maxName), Language: lang,
		OldEmailAddress: clip(d.OldAddress, maxAddress), NewEmailAddress: clip(d.NewAddress, maxAddress), DeletedEmailAddress: clip(d.DeletedAddress, maxAddress),
	}
	if k, _ := kindOf(w.template); k == code {
		v.Code, v.TTL = clip(d.Code, maxCode), minutes(d.TTL)
		if v.Validity, err = c.say(lang, "validity", values{TTL: v.TTL}, v.TTL); err != nil {
			return builtIn, err
		}
	}
	out := builtIn
	if w.subject != nil {
		if out.Subject, err = write("subject", w.subject, v); err != nil {
			return builtIn, err
		}
		out.Subject = clip(out.Subject, maxSubject)
	}
	if w.text != nil {
		if out.Text, err = write("text", w.text, v); err != nil {
			return builtIn, err
		}
		out.Text = strings.TrimSpace(out.Text)
	}
	if w.html != nil {
		if out.HTML, err = write("html", w.html, v); err != nil {
			return builtIn, err
		}
		out.HTML = strings.TrimSpace(out.HTML)
	}
	return out, nil
}

func write(part string, t interface {
	Execute(w io.Writer, data any) error
}, v fields) (string, error) {
	var b strings.Builder
	if err := t.Execute(&b, v); err != nil {
		return "", &WordingError{part, "cannot be rendered: " + syntax(err)}
	}
	return b.String(), nil
}

// A checker lets only through what a wording may do.
type checker struct {
	names []string
	depth int
	// always says that the code is shown whatever the data.
	always bool
}

var errOnlyNames = errors.New("understands only {{.Name}}, {{if .Name}} … {{else}} … {{end}} and comments")

func (c *checker) list(l *parse.ListNode) error {
	if l == nil {
		return nil
	}
	for _, n := range l.Nodes {
		if err := c.node(n); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) node(n parse.Node) error {
	switch n := n.(type) {
	case *parse.TextNode, *parse.CommentNode:
		return nil
	case *parse.ActionNode:
		name, err := c.pipe(n.Pipe)
		if err == nil && name == "Code" && c.depth == 0 {
			c.always = true
		}
		return err
	case *parse.IfNode:
		if _, err := c.pipe(n.Pipe); err != nil {
			return err
		}
		c.depth++
		defer func() { c.depth-- }()
		if err := c.list(n.List); err != nil {
			return err
		}
		return c.list(n.ElseList)
	default:
		return errOnlyNames
	}
}

// pipe is the one name that a pipe may be.
func (c *checker) pipe(p *parse.PipeNode) (string, error) {
	if p == nil || len(p.Decl) > 0 || len(p.Cmds) != 1 || len(p.Cmds[0].Args) != 1 {
		return "", errOnlyNames
	}
	field, ok := p.Cmds[0].Args[0].(*parse.FieldNode)
	if !ok || len(field.Ident) != 1 {
		return "", errOnlyNames
	}
	for _, name := range c.names {
		if name == field.Ident[0] {
			return name, nil
		}
	}
	return "", fmt.Errorf("names {{.%s}}, but this mail has only %s", clip(field.Ident[0], 64), list(c.names))
}

// list writes names down as a template names them.
func list(names []string) string {
	words := make([]string, len(names))
	for i, name := range names {
		words[i] = "{{." + name + "}}"
	}
	return strings.Join(words, ", ")
}
