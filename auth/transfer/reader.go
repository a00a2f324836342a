package transfer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// MaxEntry is the most bytes of one entry: what is read is held in memory one entry at a time.
const MaxEntry = 1 << 20

// An EntryError says what is wrong with an entry that could be read. Others may follow it.
type EntryError struct {
	Number  int // 1 is the first
	Reasons []string
}

// Error is as the specification has it: import-export §1.1.
func (e *EntryError) Error() string {
	return fmt.Sprintf("Error at entry %d : %s", e.Number, strings.Join(e.Reasons, " and "))
}

// A FormatError says that the input cannot be read any further. Number is 0 where it is not about an entry.
type FormatError struct {
	Number int
	Reason string
}

func (e *FormatError) Error() string {
	if e.Number == 0 {
		return e.Reason
	}
	return fmt.Sprintf("Error at entry %d : %s", e.Number, e.Reason)
}

// A Reader reads people from a JSON array, one by one. Its memory does not grow with the input.
type Reader struct {
	input   *bounded
	decoder *json.Decoder
	number  int
	opened  bool
	ended   error
}

// NewReader reads from an input that holds one JSON array. What follows the array is not looked at.
func NewReader(r io.Reader) *Reader {
	input := &bounded{from: r, limit: MaxEntry}
	return &Reader{input: input, decoder: json.NewDecoder(input)}
}

// Number is that of the entry that Next returned last; the first is 1.
func (r *Reader) Number() int { return r.number }

// Next reads an entry and checks it. Errors: io.EOF after the last; *EntryError for one that is refused, after which Next may be called again;
// *FormatError and errors of the input, after which it may not.
func (r *Reader) Next() (Account, error) {
	entry, err := r.entry()
	if err != nil {
		return Account{}, err
	}
	account, reasons := entry.account()
	if len(reasons) > 0 {
		return Account{}, &EntryError{Number: r.number, Reasons: reasons}
	}
	return account, nil
}

// Skip reads over entries without looking into them.
func (r *Reader) Skip(n int) error {
	for range n {
		var any json.RawMessage
		if err := r.decode(&any); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reader) entry() (Entry, error) {
	var e Entry
	err := r.decode(&e)
	return e, err
}

func (r *Reader) decode(into any) error {
	if r.ended == nil {
		r.ended = r.step(into)
	}
	return r.ended
}

func (r *Reader) step(into any) error {
	if !r.opened {
		token, err := r.decoder.Token()
		if err != nil {
			return r.explain(err, "the input is no JSON array")
		}
		if token != json.Delim('[') {
			return &FormatError{Reason: "the input is no JSON array"}
		}
		r.opened = true
	}
	r.input.limit = r.decoder.InputOffset() + MaxEntry
	if !r.decoder.More() {
		if _, err := r.decoder.Token(); err != nil {
			return r.explain(err, "the array is not closed")
		}
		return io.EOF
	}
	r.number++
	if err := r.decoder.Decode(into); err != nil {
		return r.explain(err, "the JSON is malformed")
	}
	return nil
}

// explain says what is wrong without quoting the input: it may be a secret.
func (r *Reader) explain(err error, otherwise string) error {
	var wrongType *json.UnmarshalTypeError
	var malformed *json.SyntaxError
	switch {
	case errors.As(err, &wrongType):
		return &FormatError{Number: r.number, Reason: fmt.Sprintf("%s must not be a JSON %s", path(wrongType.Field), kind(wrongType.Value))}
	case errors.Is(err, errTooLarge):
		return &FormatError{Number: r.number, Reason: fmt.Sprintf("the entry has more than %d bytes", MaxEntry)}
	case errors.As(err, &malformed):
		return &FormatError{Number: r.number, Reason: fmt.Sprintf("%s, near byte %d", otherwise, malformed.Offset)}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &FormatError{Number: r.number, Reason: "the input ends before the array does"}
	case r.input.failed != nil:
		return fmt.Errorf("read input: %w", r.input.failed)
	}
	return &FormatError{Number: r.number, Reason: "a time is not of the form of RFC 3339, or an aaguid is no UUID"}
}

func path(field string) string {
	if field == "" {
		return "the entry"
	}
	return field
}

// kind is what a value is; the decoder adds the number where it is one.
func kind(value string) string {
	name, _, _ := strings.Cut(value, " ")
	return name
}

var errTooLarge = errors.New("the entry is too large")

// bounded reads up to a limit, which moves on with the entries. The decoder only asks for more when it holds nothing but the current entry.
type bounded struct {
	from        io.Reader
	read, limit int64
	failed      error
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.read >= b.limit {
		return 0, errTooLarge
	}
	n, err := b.from.Read(p)
	b.read += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		b.failed = err
	}
	return n, err
}
