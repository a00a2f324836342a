package flow

import (
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// checkJSON accepts one JSON value in valid UTF-8, nested no deeper than maxDepth.
func checkJSON(data []byte) error {
	if !utf8.Valid(data) {
		return errors.New("invalid UTF-8")
	}
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			i = skipString(data, i) - 1
		case '{', '[':
			if depth++; depth > maxDepth {
				return errors.New("nested too deeply")
			}
		case '}', ']':
			depth--
		}
	}
	if !json.Valid(data) {
		return errors.New("invalid syntax")
	}
	return nil
}

// eachMember calls visit for every member of a JSON object that checkJSON accepted, in the order given.
func eachMember(object []byte, visit func(name string, value json.RawMessage) error) error {
	i := skipSpace(object, 0)
	if object[i] != '{' {
		return errors.New("not an object")
	}
	i = skipSpace(object, i+1)
	for object[i] != '}' {
		if object[i] == ',' {
			i = skipSpace(object, i+1)
		}
		end := skipString(object, i)
		name := unquote(object[i:end])
		i = skipSpace(object, end) // the colon
		i = skipSpace(object, i+1) // the value
		end = skipValue(object, i)
		if err := visit(name, object[i:end:end]); err != nil {
			return err
		}
		i = skipSpace(object, end)
	}
	return nil
}

func skipSpace(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\t' || data[i] == '\n' || data[i] == '\r') {
		i++
	}
	return i
}

// skipString returns the index behind the string that starts at i.
func skipString(data []byte, i int) int {
	for i++; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(data)
}

// skipValue returns the index behind the value that starts at i.
func skipValue(data []byte, i int) int {
	depth := 0
	for i < len(data) {
		switch data[i] {
		case '"':
			if i = skipString(data, i); depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // the end of what surrounds a number or literal
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return i
}
