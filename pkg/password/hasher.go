// Package password hashes passwords and checks them, with a bound on how much of the machine that may take.
//
// New hashes are argon2id in PHC form; bcrypt and Firebase scrypt hashes of imported people are checked and should be replaced at the next
// sign-in. It stores nothing and knows no people.
package password

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

// A Format is a kind of hash, ordered by cost: the greater, the dearer to check.
type Format int

// The formats. Values are stored: they must not change.
const (
	Unknown  Format = 0
	Argon2id Format = 10
	Firebase Format = 20
	BcryptLo Format = 30 // cost below 12
	Bcrypt   Format = 40 // cost 12 and above
)

// Options bound the work. Zero members mean the default.
type Options struct {
	// Workers is how many hashes are computed at once; the number of CPUs by default.
	Workers int
	// Queue is how many may wait; 64 a worker by default.
	Queue int
	// MaxWait is how long one may wait; 5 s by default.
	MaxWait time.Duration
}

// A Hasher hashes and checks passwords. It is safe for concurrent use.
type Hasher struct{ gate *gate }

// New makes a hasher.
func New(o Options) *Hasher {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Queue <= 0 {
		o.Queue = 64 * o.Workers
	}
	if o.MaxWait <= 0 {
		o.MaxWait = 5 * time.Second
	}
	return &Hasher{gate: newGate(o)}
}

// A Result is what came of a check.
type Result struct {
	OK bool
	// Rehash says that the hash is of an older kind and should be replaced now that the password is known.
	Rehash bool
}

// BusyError is returned when too many hashes wait already, or one has waited too long.
type BusyError struct{ RetryAfter time.Duration }

// Error says so.
func (e *BusyError) Error() string { return "too many passwords are being checked" }

// Hash makes a hash of a password. fairKey groups callers: none of them gets more than its share while others wait.
func (h *Hasher) Hash(ctx context.Context, fairKey, plain string) (string, error) {
	var encoded string
	err := h.gate.run(ctx, fairKey, func() error {
		var err error
		encoded, err = hashArgon2id(plain)
		return err
	})
	return encoded, err
}

// Verify checks a password against a hash of any format. A hash that cannot be read matches nothing, at the cost of a new one.
func (h *Hasher) Verify(ctx context.Context, fairKey, encoded, plain string) (Result, error) {
	var result Result
	err := h.gate.run(ctx, fairKey, func() error {
		result = verify(encoded, plain)
		return nil
	})
	return result, err
}

// Dummy costs what checking a hash of the format costs, and finds nothing.
func (h *Hasher) Dummy(ctx context.Context, fairKey string, f Format, plain string) error {
	return h.gate.run(ctx, fairKey, func() error {
		verify(dummies(f), plain)
		return nil
	})
}

func verify(encoded, plain string) Result {
	switch FormatOf(encoded) {
	case Argon2id:
		return verifyArgon2id(encoded, plain)
	case Bcrypt, BcryptLo:
		return verifyBcrypt(encoded, plain)
	case Firebase:
		return verifyFirebase(encoded, plain)
	default:
		verifyArgon2id(dummyArgon2id, plain)
		return Result{}
	}
}

// dummies is a hash of the format that nothing matches.
func dummies(f Format) string {
	switch f {
	case Bcrypt:
		return dummyBcrypt
	case BcryptLo:
		return dummyBcryptLo
	case Firebase:
		return dummyFirebase
	default:
		return dummyArgon2id
	}
}

// String names the format.
func (f Format) String() string {
	switch f {
	case Argon2id:
		return "argon2id"
	case Firebase:
		return "firebase-scrypt"
	case Bcrypt, BcryptLo:
		return "bcrypt"
	default:
		return fmt.Sprintf("unknown (%d)", int(f))
	}
}
