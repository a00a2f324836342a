package password

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// A Format is a kind of hash with its parameters, as a number that orders formats by what a check costs: the greater, the
// dearer. It is stored next to hashes, so that the dearest in use can be found; [Unknown] is 0.
//
// From the highest bit: the cost in units of 10 µs on the machine it was measured on (31 bits), the algorithm (4), its
// parameters (28).
type Format int

// The formats of which there is only one.
const (
	Unknown Format = 0
	// Argon2id is the format of new hashes.
	Argon2id = Format(argonMemory*argonTime*argonUnits/argonPer)<<formatCostShift | algArgon2id<<formatAlgShift |
		argonMemory<<argonMemoryShift | argonTime<<argonTimeShift | argonThreads
)

const (
	formatCostShift = 32
	formatAlgShift  = 28
	formatParams    = 1<<formatAlgShift - 1

	algArgon2id Format = 1
	algFirebase Format = 2
	algBcrypt   Format = 3
)

// errUnreadable is the reason for which most hashes are refused.
var errUnreadable = errors.New("the hash is of no known form: argon2id (PHC), bcrypt, or Firebase scrypt ($fbscrypt$)")

// A hash is a stored hash, taken apart and known to be affordable.
type hash interface {
	format() Format
	// matches hashes plain and compares in constant time.
	matches(plain string) bool
	// outdated reports whether a new hash should take its place.
	outdated() bool
}

// parse takes a stored hash apart. It computes nothing.
func parse(encoded string) (hash, error) {
	switch {
	case len(encoded) > maxEncoded:
		return nil, errUnreadable
	case strings.HasPrefix(encoded, argonPrefix):
		return parseArgon2id(encoded)
	case strings.HasPrefix(encoded, firebasePrefix):
		return parseFirebase(encoded)
	case strings.HasPrefix(encoded, "$2"):
		return parseBcrypt(encoded)
	}
	return nil, errUnreadable
}

// maxEncoded bounds the text of a stored hash.
const maxEncoded = 4096

// FormatOf is the format of a stored hash; [Unknown] for one that matches nothing.
func FormatOf(encoded string) Format {
	hash, err := parse(encoded)
	if err != nil {
		return Unknown
	}
	return hash.format()
}

// parse makes a hash of the format that nothing matches, of the usual sizes. What is no format of ours counts as Argon2id.
func (f Format) parse() hash {
	params := f & formatParams
	var made hash
	switch f >> formatAlgShift & 0xf {
	case algFirebase:
		made = firebaseOf(params)
	case algBcrypt:
		made = bcryptOf(params)
	default:
		made = argonOf(params)
	}
	if made.format() != f { // not a number we made: it may demand anything
		return argonOf(Argon2id & formatParams)
	}
	return made
}

// String names the format with its parameters.
func (f Format) String() string {
	switch hash := f.parse().(type) {
	case *argonHash:
		if f == hash.format() {
			return fmt.Sprintf("argon2id m=%d,t=%d,p=%d", hash.memory, hash.time, hash.threads)
		}
	case *firebaseHash:
		return fmt.Sprintf("firebase-scrypt n=%d,r=%d,p=%d", hash.n, hash.r, hash.p)
	case *bcryptHash:
		return fmt.Sprintf("bcrypt %d", hash.cost)
	}
	return "unknown"
}

func formatOf(cost int, alg, params Format) Format {
	return Format(cost)<<formatCostShift | alg<<formatAlgShift | params
}

// dummyBytes is what dummies have for salts, keys and results.
func dummyBytes(n int) []byte { return bytes.Repeat([]byte{0xa5}, n) }
