package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// firebaseUsers reads the elements of the member users, one by one.
func firebaseUsers(ctx context.Context, from io.Reader, into chan<- json.RawMessage) error {
	f := &firebaseFile{input: &bounded{from: from}}
	f.decoder = json.NewDecoder(f.input)
	return f.read(func(element json.RawMessage) bool {
		select {
		case into <- element:
			return true
		case <-ctx.Done():
			return false
		}
	})
}

// A firebaseFile is the output of firebase auth:export. The first error ends it.
type firebaseFile struct {
	input   *bounded
	decoder *json.Decoder
	failed  error
}

func (f *firebaseFile) read(use func(json.RawMessage) bool) error {
	f.delim('{')
	for f.more() {
		if f.token() != "users" {
			f.value()
			continue
		}
		f.delim('[')
		for f.more() {
			if element := f.value(); f.failed == nil && !use(element) {
				return nil
			}
		}
		f.delim(']')
	}
	f.delim('}')
	return f.failed
}

// next lets as much be read as one element may have.
func (f *firebaseFile) next() { f.input.limit = f.decoder.InputOffset() + MaxEntry }

func (f *firebaseFile) more() bool {
	f.next()
	return f.failed == nil && f.decoder.More()
}

func (f *firebaseFile) token() json.Token {
	f.next()
	if f.failed != nil {
		return nil
	}
	token, err := f.decoder.Token()
	f.fail(err)
	return token
}

func (f *firebaseFile) delim(want json.Delim) {
	if token := f.token(); f.failed == nil && token != want {
		f.fail(errNotAnyone)
	}
}

func (f *firebaseFile) value() (value json.RawMessage) {
	f.next()
	if f.failed == nil {
		f.fail(f.decoder.Decode(&value))
	}
	return value
}

func (f *firebaseFile) fail(err error) {
	switch {
	case err == nil:
	case f.input.failed != nil:
		f.failed = fmt.Errorf("read input: %w", f.input.failed)
	case errors.Is(err, errTooLarge):
		f.failed = fmt.Errorf("an element has more than %d bytes", MaxEntry)
	default:
		f.failed = fmt.Errorf("the input is no output of firebase auth:export: malformed near byte %d", f.decoder.InputOffset())
	}
}
