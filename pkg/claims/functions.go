package claims

import (
	"errors"
	"fmt"
	"strings"
	"text/template"
)

// functions are those of text/template which make texts, bound in what they make: a template could double a text again and again without
// writing it. The other built-in functions make no more than they are given. What they handle is spent from a budget, nil while compiling.
func functions(b *budget) template.FuncMap {
	limited := func(of func(...any) string) func(...any) (string, error) {
		return func(given ...any) (string, error) {
			args, size := texts(given)
			if size > MaxText {
				return "", errTooLong
			}
			if err := b.spend(1 + size/unit); err != nil {
				return "", err
			}
			return short(of(args...))
		}
	}
	return template.FuncMap{
		"print":    limited(fmt.Sprint),
		"println":  limited(fmt.Sprintln),
		"html":     limited(template.HTMLEscaper),
		"js":       limited(template.JSEscaper),
		"urlquery": limited(template.URLQueryEscaper),
		"printf": func(format string, given ...any) (string, error) {
			made, err := printf(format, given...)
			if err == nil {
				err = b.spend(1 + len(made)/unit)
			}
			return made, err
		},
	}
}

// callsFunctions reports whether a text may call one of the functions, so that they need its budget.
func callsFunctions(source string) bool {
	for _, name := range []string{"print", "html", "js", "urlquery"} {
		if strings.Contains(source, name) {
			return true
		}
	}
	return false
}

func short(text string) (string, error) {
	if len(text) > MaxText {
		return "", errTooLong
	}
	return text, nil
}

// texts turns what shows itself as text into that text, and tells how many bytes all texts have.
func texts(given []any) ([]any, int) {
	args, size := make([]any, len(given)), 0
	for i, arg := range given {
		switch v := arg.(type) {
		case nil, bool, string, int, int64, uint, uint8, float64, complex128:
			args[i] = v
		default:
			args[i] = fmt.Sprint(v)
		}
		if text, ok := args[i].(string); ok {
			size += len(text)
		}
	}
	return args, size
}

// longestNumber is more than any number has of digits.
const longestNumber = 400

// printf is that of text/template, with a limit on what it may make. What that would be is found beforehand, from the format: package fmt
// makes a text before anybody can refuse it.
func printf(format string, given ...any) (string, error) {
	args, size := texts(given)
	if len(format)+size > MaxText {
		return "", errTooLong
	}
	longest := longestNumber
	for _, arg := range args {
		if text, ok := arg.(string); ok {
			longest = max(longest, len(text))
		}
	}
	expected := len(format)
	for rest := format; ; {
		var verb bool
		if _, rest, verb = strings.Cut(rest, "%"); !verb {
			break
		}
		number := 0
		i := 0
		for ; i < len(rest) && strings.IndexByte("+-# 0123456789.[]*", rest[i]) >= 0; i++ {
			switch c := rest[i]; {
			case c == '*':
				return "", errors.New("printf: a width or precision may not be an argument")
			case c >= '0' && c <= '9':
				if number = number*10 + int(c-'0'); number > MaxText {
					return "", errTooLong
				}
			default:
				expected += number
				number = 0
			}
		}
		expected += number
		if i < len(rest) && rest[i] == '%' {
			rest = rest[1+i:]
			continue
		}
		// Room for verbs that write more than the text has, such as %x and %q. Several verbs may use one argument.
		if expected += longest; expected > 4*MaxText {
			return "", errTooLong
		}
	}
	return short(fmt.Sprintf(format, args...))
}
