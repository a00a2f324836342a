package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Errors of values describe what was expected and never repeat the value: it may be a secret.
var (
	errBool     = errors.New("must be true or false")
	errInt      = errors.New("must be a whole number")
	errUint     = errors.New("must be a whole number, not negative")
	errDuration = errors.New("must be a duration such as 90s, 15m or 1h30m")
	errText     = errors.New("must be a text")
	errList     = errors.New("must be a list of texts")
	errHooks    = errors.New(`must be JSON objects separated by ";", each {"callback":"…","events":["…"]}`)
	errQuote    = errors.New("is a number too large to be kept exactly; put it in quotes")
)

// fromText reads a value of the environment or of a flag.
func fromText(kind Kind, text string) (any, error) {
	switch kind {
	case Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return nil, errBool
		}
		return b, nil
	case Int:
		n, err := strconv.ParseInt(text, 0, strconv.IntSize)
		if err != nil {
			return nil, errInt
		}
		return int(n), nil
	case Uint:
		n, err := strconv.ParseUint(text, 0, 31)
		if err != nil {
			return nil, errUint
		}
		return uint(n), nil
	case Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return nil, errDuration
		}
		return d, nil
	case List:
		if strings.TrimSpace(text) == "" {
			return []string{}, nil
		}
		return strings.Split(text, ","), nil
	case Hooks:
		return hooks(text)
	default:
		return text, nil
	}
}

// fromSecretFile reads the content of a file that a …_FILE variable names. A list has one entry a line; a single line is
// read like the variable itself.
func fromSecretFile(kind Kind, content string) (any, error) {
	content = strings.TrimSuffix(strings.TrimSuffix(content, "\n"), "\r")
	if kind != List || !strings.Contains(content, "\n") {
		return fromText(kind, content)
	}
	entries := []string{}
	for line := range strings.Lines(content) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			entries = append(entries, line)
		}
	}
	return entries, nil
}

// hooks reads JSON objects separated by semicolons. A semicolon inside a text does not separate.
func hooks(text string) (any, error) {
	list := []any{}
	for rest := strings.TrimSpace(text); rest != ""; {
		dec := json.NewDecoder(strings.NewReader(rest))
		var hook map[string]any
		if err := dec.Decode(&hook); err != nil || hook == nil {
			return nil, errHooks
		}
		list = append(list, hook)
		rest = strings.TrimSpace(rest[dec.InputOffset():])
		if rest == "" {
			break
		}
		if rest[0] != ';' {
			return nil, errHooks
		}
		rest = strings.TrimSpace(rest[1:])
	}
	return list, nil
}

// fromYAML reads a value of the file. The value is not nil.
func fromYAML(key Key, value any, as spelling) (any, error) {
	switch key.Kind {
	case Bool:
		return boolFromYAML(value)
	case Int:
		n, err := intFromYAML(value)
		if err != nil {
			return nil, err
		}
		return int(n), nil
	case Uint:
		n, err := intFromYAML(value)
		if err != nil || n < 0 || n > math.MaxInt32 {
			return nil, errUint
		}
		return uint(n), nil
	case Duration:
		switch v := value.(type) {
		case string:
			d, err := time.ParseDuration(v)
			if err != nil {
				return nil, errDuration
			}
			return d, nil
		case bool:
			return nil, errDuration
		default:
			n, err := intFromYAML(value)
			if err != nil {
				return nil, errDuration
			}
			return time.Duration(n), nil
		}
	case List:
		return listFromYAML(value, as, key.Secret)
	default:
		return textFromYAML(value, as.text, key.Secret)
	}
}

func boolFromYAML(value any) (bool, error) {
	switch v := value.(type) {
	case bool:
		return v, nil
	case string:
		if v == "" {
			return false, nil
		}
		b, err := strconv.ParseBool(v)
		if err != nil {
			return false, errBool
		}
		return b, nil
	case int:
		return v != 0, nil
	case int64:
		return v != 0, nil
	case uint64:
		return v != 0, nil
	case float64:
		return v != 0, nil
	default:
		return false, errBool
	}
}

func intFromYAML(value any) (int64, error) {
	switch v := value.(type) {
	case int:
		return int64(v), nil
	case int64:
		return v, nil
	case float64:
		// Both bounds are exact in a float64; the upper one is already out of range.
		if v == math.Trunc(v) && v >= math.MinInt64 && v < math.MaxInt64 {
			return int64(v), nil
		}
	case string:
		if v == "" {
			return 0, nil
		}
		if n, err := strconv.ParseInt(v, 0, 64); err == nil {
			return n, nil
		}
	}
	return 0, errInt
}

// textFromYAML keeps the spelling of a number where it is known, so that a password 0123 stays what was written.
func textFromYAML(value any, text string, secret bool) (string, error) {
	if v, ok := value.(string); ok {
		return v, nil
	}
	switch value.(type) {
	case map[string]any, []any, nil:
		return "", errText
	}
	if text != "" {
		return text, nil
	}
	switch v := value.(type) {
	case time.Time:
		return v.Format(time.RFC3339), nil
	case float64:
		if secret {
			return "", errQuote
		}
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	default:
		return fmt.Sprint(v), nil
	}
}

func listFromYAML(value any, as spelling, secret bool) ([]string, error) {
	entries, ok := value.([]any)
	if !ok {
		one, err := textFromYAML(value, as.text, secret)
		if errors.Is(err, errText) {
			return nil, errList
		}
		if err != nil || one == "" {
			return []string{}, err
		}
		return []string{one}, nil
	}
	list := make([]string, 0, len(entries))
	for i, entry := range entries {
		one, err := textFromYAML(entry, as.entry(i), secret)
		if err != nil {
			if errors.Is(err, errText) {
				err = errors.New("is not a text")
			}
			return nil, fmt.Errorf("entry %d %w", i+1, err)
		}
		list = append(list, one)
	}
	return list, nil
}
