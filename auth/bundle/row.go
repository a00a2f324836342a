package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/rawsql"
)

// maxDepth is how deep the JSON of a line may be. What the program writes itself is far from it.
const maxDepth = 64

// encodeRow appends a row as a line. Cells that are null are left out.
func encodeRow(to *bytes.Buffer, t *rawsql.Table, row rawsql.Row) error {
	fmt.Fprintf(to, `{"kind":%q,"row":{`, t.Name)
	first := true
	for i, cell := range row {
		if cell == nil {
			continue
		}
		if !first {
			to.WriteByte(',')
		}
		first = false
		fmt.Fprintf(to, "%q:", t.Columns[i].Name)
		if raw, ok := cell.(json.RawMessage); ok {
			if err := json.Compact(to, raw); err != nil {
				return fmt.Errorf("write %s of %s: %w", t.Columns[i].Name, t.Name, err)
			}
			continue
		}
		text, err := json.Marshal(cell) // times as in RFC 3339, bytes in base64
		if err != nil {
			return fmt.Errorf("write %s of %s: %w", t.Columns[i].Name, t.Name, err)
		}
		to.Write(text)
	}
	to.WriteString("}}\n")
	return nil
}

// decodeRow reads the cells of a row. Errors say what is wrong, and quote nothing.
func decodeRow(t *rawsql.Table, raw json.RawMessage, dialectName string) (rawsql.Row, error) {
	given, err := members(raw)
	if err != nil {
		return nil, err
	}
	row := make(rawsql.Row, len(t.Columns))
	for i, c := range t.Columns {
		text, ok := given[c.Name]
		delete(given, c.Name)
		if !ok || string(text) == "null" {
			if row[i] = c.Default; row[i] == nil && !c.Nullable {
				return nil, fmt.Errorf("%s is missing", c.Name)
			}
			if c.Nullable {
				row[i] = nil
			}
			continue
		}
		if row[i], err = decodeCell(c, text, dialectName); err != nil {
			return nil, fmt.Errorf("%s %w", c.Name, err)
		}
	}
	if len(given) > 0 {
		return nil, errUnknownColumn
	}
	return row, nil
}

// errUnknownColumn is of a row that says more than this version knows.
var errUnknownColumn = errors.New("has a member that this version does not know")

func decodeCell(c rawsql.Column, text json.RawMessage, dialectName string) (any, error) {
	switch c.Kind {
	case rawsql.UUID:
		return decoded[uuid.UUID](text, "must be a UUID")
	case rawsql.Text:
		v, err := decoded[string](text, "must be a text")
		if err != nil {
			return nil, err
		}
		return v, checkText(c, v.(string), dialectName)
	case rawsql.Bytes:
		v, err := decoded[[]byte](text, "must be base64")
		if err == nil && c.Size > 0 && int64(len(v.([]byte))) > c.Size {
			err = fmt.Errorf("must have at most %d bytes", c.Size)
		}
		return v, err
	case rawsql.Time:
		v, err := decoded[time.Time](text, "must be a time")
		if err != nil {
			return nil, err
		}
		at := v.(time.Time).UTC().Truncate(time.Microsecond)
		if at.Year() < 1000 || at.Year() > 9999 {
			return nil, errors.New("must be in the years 1000 to 9999")
		}
		return at, nil
	case rawsql.Bool:
		return decoded[bool](text, "must be true or false")
	case rawsql.Int:
		v, err := decoded[int64](text, "must be an integer")
		if n, _ := v.(int64); err == nil && c.Unsigned && (n < 0 || n > math.MaxUint32) {
			err = errors.New("must be an integer of 32 bits")
		}
		return v, err
	default:
		if bytes.Contains(text, []byte(`\u0000`)) {
			return nil, errors.New("must not have a NUL character")
		}
		return json.RawMessage(bytes.Clone(text)), nil
	}
}

func decoded[T any](text json.RawMessage, rule string) (any, error) {
	var v T
	if err := json.Unmarshal(text, &v); err != nil {
		return nil, errors.New(rule)
	}
	return v, nil
}

// shortText is how long a text is on MySQL whose column says nothing else.
const shortText = 255

// checkText makes sure that every database can store a text.
func checkText(c rawsql.Column, text, dialectName string) error {
	switch {
	case strings.ContainsRune(text, 0) || !utf8.ValidString(text):
		return errors.New("must not have a NUL character")
	case c.Size > 0 && int64(len(text)) > c.Size:
		return fmt.Errorf("must have at most %d bytes", c.Size)
	case dialectName == dialect.MySQL && c.Size == 0 && !c.Long && utf8.RuneCountInString(text) > shortText:
		return fmt.Errorf("must have at most %d characters", shortText)
	}
	return nil
}

// members are those of a JSON object that is not deeper than maxDepth and has none twice.
func members(raw []byte) (map[string]json.RawMessage, error) {
	if tooDeep(raw) {
		return nil, errors.New("is too deep")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil, errors.New("is no JSON object")
	}
	found := map[string]json.RawMessage{}
	for d.More() {
		name, err := d.Token()
		key, ok := name.(string)
		if err != nil || !ok {
			return nil, errors.New("is no JSON object")
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, errors.New("is no JSON object")
		}
		if _, twice := found[key]; twice {
			return nil, errors.New("has a member twice")
		}
		found[key] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, errors.New("is no JSON object")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("is more than a JSON object")
	}
	return found, nil
}

// tooDeep counts brackets outside of texts.
func tooDeep(raw []byte) bool {
	depth, inText, escaped := 0, false, false
	for _, b := range raw {
		switch {
		case escaped:
			escaped = false
		case inText && b == '\\':
			escaped = true
		case b == '"':
			inText = !inText
		case inText:
		case b == '{' || b == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case b == '}' || b == ']':
			depth--
		}
	}
	return false
}
