package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

var durationType = reflect.TypeFor[Duration]()

// scalar reads a text, number or boolean into a field of any of these kinds.
func (d *decoder) scalar(path string, into reflect.Value, value any) {
	var err error
	switch {
	case into.Type() == durationType:
		var result Duration
		if result, err = toDuration(value); err == nil {
			into.SetInt(int64(result))
		}
	case into.Kind() == reflect.Bool:
		var result bool
		if result, err = toBool(value); err == nil {
			into.SetBool(result)
		}
	case into.Kind() == reflect.Int:
		var result int64
		if result, err = toInt(value); err == nil {
			into.SetInt(result)
		}
	default:
		var result string
		if result, err = toString(value); err == nil {
			into.SetString(result)
		}
	}
	if err != nil {
		d.problems.add(path, "%s", err)
	}
}

// number is a number as the parser left it: whole when it can be.
func number(value any) (whole int64, fraction float64, isWhole, ok bool) {
	if n, isNumber := value.(json.Number); isNumber {
		if i, err := n.Int64(); err == nil {
			return i, float64(i), true, true
		}
		f, err := n.Float64()
		if err != nil {
			return 0, 0, false, false
		}
		value = f
	}
	v := reflect.ValueOf(value)
	switch {
	case !v.IsValid():
		return 0, 0, false, false
	case v.CanInt():
		return v.Int(), float64(v.Int()), true, true
	case v.CanUint():
		u := v.Uint()
		return int64(min(u, math.MaxInt64)), float64(u), u <= math.MaxInt64, true
	case v.CanFloat():
		f := v.Float()
		if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			return int64(f), f, true, true
		}
		return 0, f, false, true
	}
	return 0, 0, false, false
}

func toBool(value any) (bool, error) {
	switch value := value.(type) {
	case bool:
		return value, nil
	case string:
		if value == "" {
			return false, nil
		}
		if b, err := strconv.ParseBool(value); err == nil {
			return b, nil
		}
		return false, errors.New("must be true or false, not another text")
	}
	if _, f, _, ok := number(value); ok {
		return f != 0, nil
	}
	return false, fmt.Errorf("must be true or false, not %s", kindOf(value))
}

func toInt(value any) (int64, error) {
	if text, ok := value.(string); ok {
		if text == "" {
			return 0, nil
		}
		i, err := strconv.ParseInt(text, 0, strconv.IntSize)
		if err != nil {
			return 0, errors.New("must be a whole number, not another text")
		}
		return i, nil
	}
	i, _, whole, ok := number(value)
	switch {
	case !ok:
		return 0, fmt.Errorf("must be a whole number, not %s", kindOf(value))
	case !whole || int64(int(i)) != i:
		return 0, errors.New("must be a whole number that is not too large")
	}
	return i, nil
}

func toString(value any) (string, error) {
	switch value := value.(type) {
	case string:
		return value, noNUL(value)
	case bool:
		return strconv.FormatBool(value), nil
	case json.Number:
		return value.String(), nil
	case time.Time: // YAML reads an unquoted date as one
		return value.Format(time.RFC3339Nano), nil
	}
	if i, f, whole, ok := number(value); ok {
		if whole {
			return strconv.FormatInt(i, 10), nil
		}
		return strconv.FormatFloat(f, 'f', -1, 64), nil
	}
	return "", fmt.Errorf("must be a text, not %s", kindOf(value))
}

func toDuration(value any) (Duration, error) {
	switch value := value.(type) {
	case string:
		return parseDuration(value)
	case time.Duration:
		return Duration(value), nil
	case bool:
		return 0, errors.New("must be a duration such as 90s, 30m or 1h30m, not a boolean")
	}
	i, _, whole, ok := number(value)
	if !ok || !whole {
		return 0, fmt.Errorf("must be a duration such as 90s, 30m or 1h30m or a whole number of nanoseconds, not %s", kindOf(value))
	}
	return Duration(i), nil
}

// noNUL refuses the character that databases refuse.
func noNUL(text string) error {
	if strings.ContainsRune(text, 0) {
		return errors.New("must not hold the character NUL")
	}
	return nil
}

const maxDepth = 32

// freeValue copies a value of any shape, with whole numbers as int64, others as float64, lists as []any and objects as map[string]any.
func freeValue(value any, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errors.New("is nested too deeply")
	}
	switch value := value.(type) {
	case nil, bool:
		return value, nil
	case string:
		return value, noNUL(value)
	case time.Time:
		return value.Format(time.RFC3339Nano), nil
	case []any:
		list := make([]any, len(value))
		for i, one := range value {
			var err error
			if list[i], err = freeValue(one, depth+1); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	if m, ok := asMap(value); ok {
		result := make(map[string]any, len(m))
		for name, one := range m {
			err := noNUL(name)
			if err != nil {
				return nil, err
			}
			if result[name], err = freeValue(one, depth+1); err != nil {
				return nil, err
			}
		}
		return result, nil
	}
	i, f, whole, ok := number(value)
	switch {
	case !ok || math.IsNaN(f) || math.IsInf(f, 0):
		return nil, fmt.Errorf("cannot be %s", kindOf(value))
	case whole:
		return i, nil
	}
	return f, nil
}

// kindOf names the kind of a value, never the value.
func kindOf(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case string:
		return "a text"
	case bool:
		return "a boolean"
	case []any, []string:
		return "a list"
	default:
		if _, ok := asMap(value); ok {
			return "an object"
		}
		if _, _, _, ok := number(value); ok {
			return "a number"
		}
		return "something else"
	}
}
