package redirect

import (
	"math/rand/v2"
	"strings"

	"github.com/gobwas/glob/syntax"
)

// What [Useless] tries.
const (
	maxTried = 512 // bytes of a pattern
	tries    = 200
)

// Useless reports whether no page, and with apps no app, was found that a pattern allows, such as https://** or myapp://** in a list without apps: a
// pattern that whoever wrote it should look at again. It makes up addresses from the pattern; one that is longer than anybody writes by hand is taken to
// be of use. An empty pattern, and one that does not compile, is none.
func Useless(pattern string, apps bool) bool {
	list, err := compile([]string{pattern}, apps)
	if err != nil || pattern == "" || len(pattern) > maxTried {
		return false
	}
	random := rand.New(rand.NewPCG(1, uint64(len(pattern)))) //nolint:gosec // the same answer each time
	for i := range tries {
		pick := random.IntN
		if i == 0 {
			pick = func(int) int { return 0 }
		}
		if list.Allows(example(pattern, pick)) {
			return false
		}
	}
	return true
}

// Texts that stand for what a pattern leaves open, the most usual one first.
var (
	anyText   = []string{"a", "", "1"}
	superText = []string{"", "a", "/a", ".a", ":1", "1", "?a"}
	oneText   = []string{"a", "1", "/", "?", ":"}
)

// example is a text that a pattern matches as a glob, or almost; pick chooses one of n.
func example(pattern string, pick func(n int) int) string {
	lexer := syntax.NewLexer(pattern)
	var b strings.Builder
	for token := lexer.Next(); ; token = lexer.Next() {
		switch token.Type {
		case syntax.EOF, syntax.Error:
			return b.String()
		case syntax.Text:
			b.WriteString(token.Data)
		case syntax.Any:
			b.WriteString(anyText[pick(len(anyText))])
		case syntax.Super:
			b.WriteString(superText[pick(len(superText))])
		case syntax.Single:
			b.WriteString(oneText[pick(len(oneText))])
		case syntax.RangeOpen:
			b.WriteString(oneOf(lexer, pick))
		case syntax.TermsOpen:
			b.WriteString(term(lexer, pick))
		default: // a separator or an end without a beginning: the pattern did not compile
			return b.String()
		}
	}
}

// oneOf is a character of the class that the lexer is in.
func oneOf(lexer interface{ Next() syntax.Token }, pick func(n int) int) string {
	not, chars := false, []rune(nil)
	for token := lexer.Next(); token.Type != syntax.RangeClose; token = lexer.Next() {
		switch token.Type {
		case syntax.EOF, syntax.Error:
			return ""
		case syntax.Not:
			not = true
		case syntax.RangeBetween:
		default:
			chars = append(chars, []rune(token.Data)...)
		}
	}
	if !not && len(chars) > 0 {
		return string(chars[pick(len(chars))])
	}
	return string("a1z9-_"[pick(6)])
}

// term is one of the choices that the lexer is in.
func term(lexer interface{ Next() syntax.Token }, pick func(n int) int) string {
	choices := []string{""}
	for token := lexer.Next(); token.Type != syntax.TermsClose; token = lexer.Next() {
		last := &choices[len(choices)-1]
		switch token.Type {
		case syntax.EOF, syntax.Error:
			return ""
		case syntax.TermSeparator:
			choices = append(choices, "")
		case syntax.TermsOpen:
			*last += term(lexer, pick)
		case syntax.RangeOpen:
			*last += oneOf(lexer, pick)
		case syntax.Any:
			*last += anyText[pick(len(anyText))]
		case syntax.Super:
			*last += superText[pick(len(superText))]
		case syntax.Single:
			*last += oneText[pick(len(oneText))]
		default:
			*last += token.Data
		}
	}
	return choices[pick(len(choices))]
}
