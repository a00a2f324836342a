// Package password hashes passwords and checks them, with a bound on how much of the machine that may take.
//
// New hashes are argon2id in PHC form. Hashes that came with imported people, bcrypt and Firebase scrypt, are checked and
// should be replaced at the next sign-in, when the password is known. A stored hash never decides alone how much memory
// or time its check takes: one that demands too much matches nothing.
//
// The package stores nothing, knows no people, and sets no rules for passwords.
package password

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/latchkeep/latchkeep/pkg/problem"
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

// Load is how busy a hasher is.
type Load struct {
	Running int // hashes being computed
	Waiting int // that wait for their turn
	Refused int // that were turned away since the start, with a [BusyError]
	Done    int // that were computed since the start, whether to store them, to check one, or in vain
}

// Load says how busy the hasher is at the moment.
func (h *Hasher) Load() Load {
	h.gate.mu.Lock()
	defer h.gate.mu.Unlock()
	return Load{Running: h.gate.options.Workers - h.gate.free, Waiting: h.gate.waiting, Refused: h.gate.refused, Done: h.gate.done}
}

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

func (e *BusyError) Error() string {
	return fmt.Sprintf("too many passwords are being checked; try again in %s", e.RetryAfter)
}

// As lets errors.As find the domain error that stands for this one: it is answered with 503 and Retry-After.
func (e *BusyError) As(target any) bool {
	p, ok := target.(**problem.Error)
	if ok {
		*p = problem.Unavailable("busy", e).After(e.RetryAfter)
	}
	return ok
}

// Hash makes a hash of a password. fairKey groups callers (a tenant): while others wait, none of them gets more than its
// turn. Errors: *BusyError; that of ctx, when it ends while waiting.
func (h *Hasher) Hash(ctx context.Context, fairKey, plain string) (string, error) {
	var encoded string
	err := h.gate.run(ctx, fairKey, func() { encoded = hashArgon2id(plain) })
	return encoded, err
}

// Verify checks a password against a hash of any format. A hash that cannot be read, or demands too much, matches
// nothing, at the cost of a new one. Errors as for [Hasher.Hash].
func (h *Hasher) Verify(ctx context.Context, fairKey, encoded, plain string) (Result, error) {
	var result Result
	err := h.gate.run(ctx, fairKey, func() { result = verify(encoded, plain) })
	return result, err
}

// Dummy costs what checking a hash of the format costs, and finds nothing: an account that does not exist must not answer
// faster than one that does. A format that is unknown costs what [Argon2id] does. Errors as for [Hasher.Hash].
func (h *Hasher) Dummy(ctx context.Context, fairKey string, f Format, plain string) error {
	return h.gate.run(ctx, fairKey, func() { f.parse().matches(plain) })
}

// Check says why a hash cannot be used; nil for one that can. Imports ask before they store it. The text never holds the
// hash.
func Check(encoded string) error {
	_, err := parse(encoded)
	return err
}

func verify(encoded, plain string) Result {
	hash, err := parse(encoded)
	if err != nil {
		Argon2id.parse().matches(plain)
		return Result{}
	}
	ok := hash.matches(plain)
	return Result{OK: ok, Rehash: ok && hash.outdated()}
}
