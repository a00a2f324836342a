package audit

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Databases reformat JSON: they sort members, respell numbers, drop spaces. So what is committed to is the value, not its text. The encoding is
// written down in docs/audit-log.md.

// errNoObject is what details that are no JSON object are refused with.
var errNoObject = errors.New("the details are no JSON object")

// parseDetails reads the details of a record, with their numbers as they are spelled. Empty details are an empty object.
func parseDetails(raw []byte) (map[string]any, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return map[string]any{}, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil || object == nil {
		return nil, errNoObject
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errNoObject
	}
	return object, nil
}

// storable is a value that every database keeps: texts without NUL, and no numbers that one of them would round. Such a number becomes its text.
func storable(value any) any {
	switch v := value.(type) {
	case string:
		return clean(v)
	case json.Number:
		if !exact(v.String()) {
			return v.String()
		}
	case []any:
		for i := range v {
			v[i] = storable(v[i])
		}
	case map[string]any:
		for name, member := range v {
			if kept := clean(name); kept != name {
				delete(v, name)
				name = kept
			}
			v[name] = storable(member)
		}
	}
	return value
}

// clean replaces what PostgreSQL refuses in texts.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// exact reports whether a number of JSON is an integer of 64 bits, or the shortest spelling of a float64: MySQL keeps no others.
func exact(number string) bool {
	if _, err := strconv.ParseInt(number, 10, 64); err == nil {
		return true
	}
	if _, err := strconv.ParseUint(number, 10, 64); err == nil {
		return true
	}
	float, err := strconv.ParseFloat(number, 64)
	return err == nil && decimal(strconv.FormatFloat(float, 'e', -1, 64)) == decimal(number)
}

// encodeObject is the text that details are stored as.
func encodeObject(object map[string]any) (json.RawMessage, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(object); err != nil {
		return nil, fmt.Errorf("encode details: %w", err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// appendValue appends the canonical encoding of a JSON value: a letter for its type, then its content.
func appendValue(b []byte, value any) []byte {
	switch v := value.(type) {
	case nil:
		return append(b, 'n')
	case bool:
		if v {
			return append(b, 't')
		}
		return append(b, 'f')
	case json.Number:
		return appendField(append(b, 'd'), decimal(v.String()))
	case string:
		return appendField(append(b, 's'), v)
	case []any:
		b = binary.BigEndian.AppendUint32(append(b, 'a'), uint32(len(v)))
		for _, element := range v {
			b = appendValue(b, element)
		}
		return b
	case map[string]any:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		b = binary.BigEndian.AppendUint32(append(b, 'o'), uint32(len(v)))
		for _, name := range names {
			b = appendValue(appendField(b, name), v[name])
		}
		return b
	}
	panic(fmt.Sprintf("audit: %T is no value of JSON", value))
}

// appendField appends a text or bytes behind their length, so that no two lists of fields give the same bytes.
func appendField[T string | []byte](b []byte, field T) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(field))), field...)
}

// decimal spells a number of JSON in the one way that all its spellings share: its digits without zeros at either end, "e", and the power of
// ten that they are to be multiplied by. 100, 1e2 and 100.0 are all "1e2"; zero is "0".
func decimal(number string) string {
	sign := ""
	if rest, negative := strings.CutPrefix(number, "-"); negative {
		sign, number = "-", rest
	}
	mantissa, power := number, 0
	if at := strings.IndexAny(number, "eE"); at >= 0 {
		mantissa = number[:at]
		var err error
		if power, err = strconv.Atoi(strings.TrimPrefix(number[at+1:], "+")); err != nil {
			return sign + number // a power beyond all databases; see exact
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	power -= len(fraction)
	digits := strings.TrimLeft(whole+fraction, "0")
	short := strings.TrimRight(digits, "0")
	if short == "" {
		return "0"
	}
	return sign + short + "e" + strconv.Itoa(power+len(digits)-len(short))
}
