package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// A FieldKind is how a setting is written by people.
type FieldKind string

// The kinds of settings.
const (
	KindBool     FieldKind = "bool"
	KindNumber   FieldKind = "number"
	KindText     FieldKind = "text"
	KindChoice   FieldKind = "choice"
	KindSecret   FieldKind = "secret"
	KindDuration FieldKind = "duration" // as Go writes them: 12h, 30m
	KindLines    FieldKind = "lines"    // a list of texts, one on a line
	KindJSON     FieldKind = "json"     // lists and maps of objects
)

// A Field is a setting of a configuration, as a form shows it.
type Field struct {
	Path    string // with dots
	Kind    FieldKind
	Doc     string
	Unit    string
	Choices []string
	Min     *int // of a number
	Max     *int
	// Value is what is set: of a bool "true" or "false", of lines one on a line, a set secret as the Placeholder.
	Value string
}

// Fields are all settings of a configuration, in the order of the tree, with secrets masked.
func Fields(c Config) []Field {
	var list []Field
	fieldsOf(&list, "", reflect.ValueOf(Mask(c)))
	return list
}

func fieldsOf(list *[]Field, path string, object reflect.Value) {
	for i := range object.NumField() {
		f, v := object.Type().Field(i), object.Field(i)
		at := join(path, nameOf(f))
		if v.Kind() == reflect.Struct {
			fieldsOf(list, at, v)
			continue
		}
		*list = append(*list, fieldOf(at, f, v))
	}
}

func fieldOf(path string, f reflect.StructField, v reflect.Value) Field {
	field := Field{Path: path, Doc: f.Tag.Get("doc"), Unit: f.Tag.Get("unit"), Kind: KindText}
	switch {
	case v.Type() == durationType:
		field.Kind, field.Value = KindDuration, Duration(v.Int()).String()
	case v.Kind() == reflect.Bool:
		field.Kind, field.Value = KindBool, strconv.FormatBool(v.Bool())
	case v.Kind() == reflect.Int:
		field.Kind, field.Value = KindNumber, strconv.FormatInt(v.Int(), 10)
		field.Min, field.Max = bound(f.Tag.Get("min")), bound(f.Tag.Get("max"))
	case v.Kind() == reflect.String:
		field.Value, field.Choices = v.String(), choices(f.Tag)
		switch {
		case isSecret(f):
			field.Kind = KindSecret
		case field.Choices != nil:
			field.Kind = KindChoice
		}
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.String && !isSecret(f):
		field.Kind = KindLines
		lines := make([]string, v.Len())
		for i := range lines {
			lines[i] = v.Index(i).String()
		}
		field.Value = strings.Join(lines, "\n")
	default:
		field.Kind, field.Value = KindJSON, indented(plain(v))
	}
	return field
}

// choices are the words that a text may be, without those that are refused.
func choices(tag reflect.StructTag) []string {
	var left []string
	for _, word := range enumOf(tag) {
		if !strings.Contains(","+tag.Get("refused")+",", ","+word+",") {
			left = append(left, word)
		}
	}
	return left
}

func bound(text string) *int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return nil
	}
	return &n
}

func indented(v any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return "" // cannot be: see plain
	}
	return strings.TrimSpace(b.String())
}

// Parse reads what somebody wrote for the setting, as JSON has it. The error says what it must be; whether the value makes sense is for Validate.
func (f Field) Parse(text string) (any, error) {
	switch f.Kind {
	case KindBool:
		return text == "true" || text == "on", nil
	case KindNumber:
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("must be a whole number")
		}
		return n, nil
	case KindLines:
		lines := []string{}
		for line := range strings.Lines(strings.ReplaceAll(text, "\r", "")) {
			if line = strings.TrimSpace(line); line != "" {
				lines = append(lines, line)
			}
		}
		return lines, nil
	case KindJSON:
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			return nil, fmt.Errorf("must be JSON: %w", err)
		}
		return v, nil
	case KindDuration, KindText, KindChoice:
		return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")), nil
	default:
		return text, nil
	}
}
