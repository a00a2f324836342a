package bundle

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"unicode/utf8"

	"github.com/latchkeep/latchkeep/pkg/problem"
)

// An upgrade turns a line of one format into one of the next. The manifest is such a line, too, but for its format and id.
type upgrade func(kind string, line map[string]json.RawMessage) (map[string]json.RawMessage, error)

// upgrades lead from each former format to the next: upgrades[0] from 1 to 2. Whoever raises Format adds one, and a file to testdata.
var upgrades []upgrade

// A reader reads the lines of a bundle.
type reader struct {
	from     *source
	lines    *bufio.Reader
	sum      hash.Hash
	number   int // of the line that was read last
	rows     map[string]int
	manifest Manifest
	pending  []upgrade
}

// open begins to read a bundle: its manifest. Errors: invalid_lock, ErrLocked, ErrNoFile, ErrNewer, ErrDamaged, invalid_bundle.
func open(from io.Reader, k Key) (*reader, error) {
	s := &source{Reader: from}
	plain, err := unlock(s, k)
	if err != nil {
		return nil, err
	}
	r := &reader{from: s, lines: bufio.NewReaderSize(plain, 1<<16), sum: sha256.New(), rows: map[string]int{}}
	text, err := r.line()
	if err != nil {
		return nil, err
	}
	r.sum.Write(text)
	return r, r.readManifest(text)
}

func (r *reader) readManifest(text []byte) error {
	parts, err := members(text)
	if err != nil {
		return r.wrong("the manifest %w", err)
	}
	var head struct {
		Kind   string `json:"kind"`
		Format int    `json:"format"`
	}
	if err := json.Unmarshal(text, &head); err != nil || head.Kind != kindManifest || head.Format < 1 {
		return r.wrong("it does not begin with a manifest")
	}
	if head.Format > Format {
		return ErrNewer
	}
	r.pending = upgrades[head.Format-1:]
	if text, err = r.upgraded(kindManifest, parts, text); err != nil {
		return err
	}
	if err := json.Unmarshal(text, &r.manifest); err != nil || r.manifest.Tenant == nil || r.manifest.Bundle.Version() == 0 {
		return r.wrong("the manifest has values of wrong types, or none where they are needed")
	}
	return nil
}

// upgraded is a line in the newest format.
func (r *reader) upgraded(kind string, parts map[string]json.RawMessage, text []byte) ([]byte, error) {
	if len(r.pending) == 0 {
		return text, nil
	}
	for _, to := range r.pending {
		var err error
		if parts, err = to(kind, parts); err != nil {
			return nil, r.wrong("%w", err)
		}
	}
	return json.Marshal(parts)
}

// errEnd is what comes after the last row: a summary that is right, and the end of the file. It is not io.EOF, which a file that is cut short ends with.
var errEnd = errors.New("the bundle is complete")

// next is the next row. Errors: errEnd, ErrDamaged, ErrNewer, invalid_bundle.
func (r *reader) next() (kind string, row json.RawMessage, err error) {
	text, err := r.line()
	if err != nil {
		return "", nil, err
	}
	parts, err := members(text)
	if err != nil {
		return "", nil, r.wrong("%w", err)
	}
	if err := json.Unmarshal(parts["kind"], &kind); err != nil {
		return "", nil, r.wrong("kind must be a text")
	}
	if kind == kindSummary {
		return "", nil, r.end(text)
	}
	r.sum.Write(text)
	if text, err = r.upgraded(kind, parts, text); err != nil {
		return "", nil, err
	}
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return "", nil, r.wrong("it is no row")
	}
	r.rows[l.Kind]++
	return l.Kind, l.Row, nil
}

// end checks the summary against what was read, and that nothing follows.
func (r *reader) end(text []byte) error {
	var s summary
	if err := json.Unmarshal(text, &s); err != nil {
		return r.wrong("the summary has values of wrong types")
	}
	if s.SHA256 != hex.EncodeToString(r.sum.Sum(nil)) || !maps.Equal(s.Rows, r.rows) {
		return ErrDamaged
	}
	if _, err := r.lines.ReadByte(); !errors.Is(err, io.EOF) {
		return r.broken(err)
	}
	return errEnd
}

// line reads a line with its end. The file ends after a summary only, never here.
func (r *reader) line() ([]byte, error) {
	r.number++
	var text []byte
	for {
		part, err := r.lines.ReadSlice('\n')
		if len(text)+len(part) > maxLine {
			return nil, r.wrong("it is longer than %d bytes", maxLine)
		}
		text = append(text, part...)
		switch {
		case err == nil && utf8.Valid(text):
			return text, nil
		case err == nil:
			return nil, r.wrong("it is not UTF-8")
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, r.broken(err)
		}
	}
}

// broken is why the file cannot be read on.
func (r *reader) broken(err error) error {
	if r.from.err != nil {
		return r.from.err
	}
	return ErrDamaged.Wrap(err)
}

// wrong is what the line that was read last is refused for.
func (r *reader) wrong(rule string, args ...any) error {
	return refused(r.number, "", fmt.Errorf(rule, args...))
}

// refused is the error of a line. It quotes nothing that is in it.
func refused(number int, kind string, why error) error {
	if errors.Is(why, errUnknownColumn) {
		return ErrNewer.Wrap(fmt.Errorf("line %d (%s): %w", number, kind, why))
	}
	path := fmt.Sprintf("line %d", number)
	if kind != "" {
		path += " (" + kind + ")"
	}
	return problem.Invalid("invalid_bundle", "the bundle is not valid", problem.Field{Path: path, Reason: string(bytes.ToValidUTF8([]byte(why.Error()), nil))})
}
