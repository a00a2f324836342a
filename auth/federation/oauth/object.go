package oauth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// An object is what a provider tells of a person. Numbers are json.Number: an id of 20 digits keeps them all.
type object map[string]any

// readObject reads exactly one JSON object.
func readObject(raw []byte) (object, error) {
	var o object
	if err := readJSON(raw, &o); err != nil {
		return nil, err
	}
	if o == nil {
		return nil, errUnreadable
	}
	return o, nil
}

func readJSON(raw []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return errUnreadable
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errUnreadable
	}
	return nil
}

// A mistaken value has another type than its name asks for.
func mistaken(name string) error { return fmt.Errorf("%s has an unexpected type", name) }

// text gives a member that is a string, "" where it is absent or null.
func (o object) text(name string) (string, error) {
	return textOf(name, o[name])
}

func textOf(name string, value any) (string, error) {
	switch value := value.(type) {
	case nil:
		return "", nil
	case string:
		return clean(value), nil
	}
	return "", mistaken(name)
}

// textOrNumber is text for members that some providers write as numbers.
func textOrNumber(name string, value any) (string, error) {
	if number, ok := value.(json.Number); ok {
		return number.String(), nil
	}
	return textOf(name, value)
}

// flag gives a member that is a boolean, or one in a string; false where it is absent or null.
func (o object) flag(name string) (bool, error) { return flagOf(name, o[name]) }

func flagOf(name string, value any) (bool, error) {
	switch value := value.(type) {
	case nil:
		return false, nil
	case bool:
		return value, nil
	case string:
		if yes, err := strconv.ParseBool(value); err == nil {
			return yes, nil
		}
	}
	return false, mistaken(name)
}

// object gives a member that is an object, nil where it is not.
func (o object) object(name string) object {
	inner, _ := o[name].(map[string]any)
	return inner
}

// texts reads members that are strings into places of ours, by name.
func (o object) texts(into map[string]*string) error {
	var failures []error
	for name, place := range into {
		text, err := o.text(name)
		*place = text
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

// clean drops NUL, which databases do not keep.
func clean(text string) string { return strings.ReplaceAll(text, "\x00", "") }
