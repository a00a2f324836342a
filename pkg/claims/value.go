package claims

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

var errTooDeep = fmt.Errorf("lists and objects lie deeper in each other than %d", MaxDepth)

// A node is a value of a template.
type node interface {
	render(r *root, b *budget) (any, error)
}

// A constant is the same for everybody.
type constant struct {
	value any
	size  int
}

func newConstant(value any) (node, error) {
	size, err := measure(value)
	return constant{value, size}, err
}

func (c constant) render(*root, *budget) (any, error) { return c.value, nil }

type list []node

func (l list) render(r *root, b *budget) (any, error) {
	values := make([]any, len(l))
	for i, n := range l {
		var err error
		if values[i], err = n.render(r, b); err != nil {
			return nil, err
		}
	}
	return values, nil
}

type object map[string]node

func (o object) render(r *root, b *budget) (any, error) {
	values := make(map[string]any, len(o))
	for name, n := range o {
		var err error
		if values[name], err = n.render(r, b); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// compile reads a value as configurations hold it.
func compile(value any, level int) (node, error) {
	if level > MaxDepth {
		return nil, errTooDeep
	}
	switch v := value.(type) {
	case string:
		return compileText(v)
	case time.Time:
		return newConstant(v.Format(time.RFC3339Nano))
	case []any:
		l := make(list, len(v))
		for i := range v {
			var err error
			if l[i], err = compile(v[i], level+1); err != nil {
				return nil, err
			}
		}
		return fold(l, l)
	case map[string]any:
		o := make(object, len(v))
		nodes := make([]node, 0, len(v))
		for name := range v {
			n, err := compile(v[name], level+1)
			if err != nil {
				return nil, err
			}
			o[name] = n
			nodes = append(nodes, n)
		}
		return fold(o, nodes)
	case map[any]any:
		named := make(map[string]any, len(v))
		for name, member := range v {
			named[fmt.Sprint(name)] = member
		}
		return compile(named, level)
	default:
		return newConstant(v)
	}
}

// fold makes a constant of what consists of constants only.
func fold(n node, of []node) (node, error) {
	for _, one := range of {
		if _, ok := one.(constant); !ok {
			return n, nil
		}
	}
	value, err := n.render(nil, nil)
	if err != nil {
		return nil, err
	}
	return newConstant(value)
}

// convert turns the text that a template made into what a claim holds: true and false are booleans, JSON objects and lists are those, and
// everything else stays text. Spec: session §5.2.
func convert(text string) any {
	switch text {
	case "true":
		return true
	case "false":
		return false
	}
	braced := strings.HasPrefix(text, "{") && strings.HasSuffix(text, "}")
	bracketed := strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]")
	if braced || bracketed {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err == nil {
			return value
		}
	}
	return text
}

// depth is how deep lists and objects lie in each other, as far as anybody cares.
func depth(value any) int { return depthWithin(value, MaxDepth+1) }

func depthWithin(value any, most int) int {
	deepest := 0
	if most == 0 {
		return 0
	}
	switch v := value.(type) {
	case []any:
		for _, one := range v {
			deepest = max(deepest, depthWithin(one, most-1))
		}
	case map[string]any:
		for _, one := range v {
			deepest = max(deepest, depthWithin(one, most-1))
		}
	default:
		return 0
	}
	return deepest + 1
}

// fit checks that claims which JWT itself knows have its type (RFC 7519 §4.1): otherwise nobody could verify the token.
func fit(name string, value any) (any, error) {
	switch name {
	case "jti":
		if _, ok := value.(string); !ok {
			return nil, errors.New("must be a text")
		}
	case "nbf":
		seconds, ok := numericDate(value)
		if !ok {
			return nil, errors.New("must be a time: seconds since 1970")
		}
		return seconds, nil
	}
	return value, nil
}

// endOfTime is the last second of the year 9999.
const endOfTime = 253402300799

// numericDate reads a time as JWT has it, or as a template writes it; fractions of a second are dropped.
func numericDate(value any) (int64, bool) {
	text := ""
	switch v := value.(type) {
	case string:
		text = v
	case bool, nil, []any, map[string]any:
		return 0, false
	default:
		text = fmt.Sprint(v)
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(seconds) || seconds < 0 || seconds > endOfTime {
		return 0, false
	}
	return int64(seconds), true
}
