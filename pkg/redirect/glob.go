package redirect

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/gobwas/glob"
	"github.com/gobwas/glob/syntax"
)

// compileGlob makes a regular expression of a glob, because those are matched in linear time: a library that goes back and tries again can be kept
// busy for years by {**a,**aa}{**a,**aa}… in the configuration of one tenant.
func compileGlob(pattern, separators string) (*regexp.Regexp, error) {
	if _, err := glob.Compile(pattern, []rune(separators)...); err != nil {
		return nil, err
	}
	one := "[^" + regexp.QuoteMeta(separators) + "]"
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for lexer := syntax.NewLexer(pattern); ; {
		token := lexer.Next()
		switch token.Type {
		case syntax.EOF:
			b.WriteString(`\z`)
			return regexp.Compile(b.String())
		case syntax.Text:
			b.WriteString(regexp.QuoteMeta(token.Data))
		case syntax.Any:
			b.WriteString(one + "*")
		case syntax.Super:
			b.WriteString(".*")
		case syntax.Single:
			b.WriteString(one)
		case syntax.RangeOpen:
			b.WriteString(class(lexer))
		case syntax.TermsOpen:
			b.WriteString("(?:")
		case syntax.TermsClose:
			b.WriteString(")")
		case syntax.TermSeparator:
			b.WriteString("|")
		default:
			return nil, fmt.Errorf("unexpected %s", token)
		}
	}
}

// class reads what is between [ and ], which was found to be good.
func class(lexer *syntax.Lexer) string {
	var b strings.Builder
	b.WriteString("[")
	for {
		token := lexer.Next()
		switch token.Type {
		case syntax.Not:
			b.WriteString("^")
		case syntax.RangeBetween:
			b.WriteString("-")
		case syntax.RangeClose:
			b.WriteString("]")
			return b.String()
		case syntax.EOF, syntax.Error:
			return ""
		default:
			for _, r := range token.Data {
				fmt.Fprintf(&b, `\x{%x}`, r)
			}
		}
	}
}
