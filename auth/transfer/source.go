package transfer

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"slices"

	"github.com/google/uuid"
)

// A Source is an input that can be read more than once: first to see whether all of it is good, then to write it.
type Source interface {
	Open() (io.ReadCloser, error)
}

// File is a Source.
type File string

// Open opens the file.
func (f File) Open() (io.ReadCloser, error) { return os.Open(string(f)) }

// A Rejection says why an entry was not written. It is a line of a report.
type Rejection struct {
	Entry  int    `json:"entry"` // 1 is the first
	Code   string `json:"code"`
	Field  string `json:"field,omitempty"`
	Reason string `json:"reason"`
}

// CodeInvalid is the code of an entry that breaks a rule of the format.
const CodeInvalid = "invalid"

// Inspection is what an input was found to be.
type Inspection struct {
	Entries, Invalid int
	// Digest is the SHA-256 of the input up to its end.
	Digest [sha256.Size]byte
}

// Inspect reads a whole input and tells of each entry that breaks a rule of the format, or has what an earlier one has. Eight bytes are held in
// memory for each thing that must be unique. An error is one after which nothing can be read.
func Inspect(ctx context.Context, src Source, tell func(error)) (Inspection, error) {
	var found Inspection
	seen := maphash.MakeSeed()
	var keys []uint64
	digest := sha256.New()
	err := each(ctx, src, digest, func(n int, a *Account, invalid *EntryError) error {
		found.Entries = n
		if invalid != nil {
			found.Invalid++
			tell(invalid)
			return nil
		}
		for key := range a.unique {
			keys = append(keys, maphash.String(seen, key))
		}
		return nil
	})
	if err != nil {
		return found, err
	}
	digest.Sum(found.Digest[:0])
	repeated := repeats(keys)
	if len(repeated) == 0 {
		return found, nil
	}
	more, err := tellRepeats(ctx, src, seen, repeated, tell)
	found.Invalid += more
	return found, err
}

// repeats are the values that occur more than once.
func repeats(keys []uint64) map[uint64]bool {
	slices.Sort(keys)
	found := map[uint64]bool{}
	for i := 1; i < len(keys); i++ {
		if keys[i] == keys[i-1] {
			found[keys[i]] = true
		}
	}
	return found
}

// tellRepeats tells of the entries that have what an earlier one has. Only what may be repeated is remembered in full.
func tellRepeats(ctx context.Context, src Source, seed maphash.Seed, repeated map[uint64]bool, tell func(error)) (int, error) {
	owners := map[string]int{}
	bad := 0
	err := each(ctx, src, nil, func(n int, a *Account, _ *EntryError) error {
		if a == nil {
			return nil // it is invalid, which was told
		}
		wrong := &EntryError{Number: n}
		for key, what := range a.unique {
			if !repeated[maphash.String(seed, key)] {
				continue
			}
			if first, ok := owners[key]; ok {
				wrong.Reasons = append(wrong.Reasons, fmt.Sprintf("%s is also in entry %d", what, first))
				continue
			}
			owners[key] = n
		}
		if len(wrong.Reasons) > 0 {
			bad++
			tell(wrong)
		}
		return nil
	})
	return bad, err
}

// each reads an input to the end of its array. What is read is also written to the digest, which may be nil.
func each(ctx context.Context, src Source, digest io.Writer, use func(n int, a *Account, invalid *EntryError) error) error {
	input, err := src.Open()
	if err != nil {
		return err
	}
	defer input.Close()
	var from io.Reader = input
	if digest != nil {
		from = io.TeeReader(input, digest)
	}
	r := NewReader(from)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		a, err := r.Next()
		invalid, refused := errors.AsType[*EntryError](err)
		switch {
		case errors.Is(err, io.EOF):
			return rest(from, digest)
		case refused:
			err = use(r.Number(), nil, invalid)
		case err == nil:
			err = use(r.Number(), &a, nil)
		}
		if err != nil {
			return err
		}
	}
}

// rest reads what follows the array: it is part of the file, and of its digest.
func rest(from io.Reader, digest io.Writer) error {
	if digest == nil {
		return nil
	}
	_, err := io.Copy(io.Discard, from)
	return err
}

// unique yields what nobody else may have, each with its field. A user handle that several of her credentials share is yielded once.
func (a *Account) unique(yield func(key, field string) bool) {
	if a.ID != uuid.Nil && !yield("id\x00"+a.ID.String(), "UserID") {
		return
	}
	for _, e := range a.Emails {
		if !yield("email\x00"+e.Address, "Address") {
			return
		}
	}
	if a.Username != nil && !yield("name\x00"+a.Username.Name, "Username") {
		return
	}
	var handles []string
	for i := range a.Credentials {
		c := &a.Credentials[i]
		if !yield("credential\x00"+string(c.CredentialID), "ID") {
			return
		}
		if len(c.UserHandle) > 0 {
			handles = append(handles, string(c.UserHandle))
		}
	}
	slices.Sort(handles)
	for _, h := range slices.Compact(handles) {
		if !yield("handle\x00"+h, "UserHandle") {
			return
		}
	}
}
