package password

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/latchkeep/latchkeep/pkg/footprint"
)

const (
	argonPrefix = "$argon2id$"

	// The parameters of new hashes (RFC 9106; the OWASP recommendation for this much memory).
	argonMemory  = 19 << 10 // KiB
	argonTime    = 2
	argonThreads = 1
	argonSalt    = 16
	argonKey     = 32

	// What a stored hash may demand at most: an imported one must not exhaust the machine.
	argonMaxMemory  = 256 << 10 // KiB
	argonMaxTime    = 10
	argonMaxThreads = 16
	argonMaxBytes   = 64 // of salt and of key

	// A check costs about 7/80 units of 10 µs for each KiB and pass.
	argonUnits = 7
	argonPer   = 80

	// Where the parameters are in a Format.
	argonMemoryShift = 9
	argonTimeShift   = 5
	argonTimeMask    = 0xf
	argonThreadsMask = 0x1f
)

type argonHash struct {
	memory, time, threads int
	salt, key             []byte
}

// headroom is for the blocks of 19 MiB and more that hashes are computed in: up to a tenth of their processor time is collecting garbage and clearing
// pages without it. It is the process's, as the collector is.
var headroom = footprint.Headroom{Bytes: 48 << 20, Quiet: 10 * time.Second}

// hashArgon2id makes a hash in PHC form.
func hashArgon2id(plain string) string {
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // never fails: see crypto/rand
	headroom.Use()
	key := argon2.IDKey([]byte(plain), salt, argonTime, argonMemory, argonThreads, argonKey)
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads, encode(salt), encode(key))
}

// parseArgon2id reads $argon2id$v=19$m=…,t=…,p=…$salt$key.
func parseArgon2id(encoded string) (hash, error) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[2] != "v=19" {
		return nil, errUnreadable
	}
	h := &argonHash{}
	options := strings.Split(parts[3], ",")
	if len(options) != 3 {
		return nil, errUnreadable
	}
	for i, into := range []*int{&h.memory, &h.time, &h.threads} {
		digits, named := strings.CutPrefix(options[i], [...]string{"m=", "t=", "p="}[i])
		if !named || !number(digits, into) {
			return nil, errUnreadable
		}
	}
	var err error
	decode := base64.RawStdEncoding.Strict().DecodeString
	if h.salt, err = decode(parts[4]); err != nil || len(h.salt) < 8 {
		return nil, errUnreadable
	}
	if h.key, err = decode(parts[5]); err != nil || len(h.key) < 16 {
		return nil, errUnreadable
	}
	switch {
	case !h.possible():
		return nil, errUnreadable
	case !h.affordable() || len(h.salt) > argonMaxBytes || len(h.key) > argonMaxBytes:
		return nil, errors.New("the hash demands more than 256 MiB, 10 passes or 16 threads")
	}
	return h, nil
}

// possible is what RFC 9106 §3.1 demands of parameters.
func (h *argonHash) possible() bool { return h.time >= 1 && h.threads >= 1 && h.memory >= 8*h.threads }

func (h *argonHash) affordable() bool {
	return h.memory <= argonMaxMemory && h.time <= argonMaxTime && h.threads <= argonMaxThreads
}

func argonOf(params Format) *argonHash {
	h := &argonHash{
		memory:  int(params >> argonMemoryShift),
		time:    int(params >> argonTimeShift & argonTimeMask),
		threads: int(params & argonThreadsMask),
		salt:    dummyBytes(argonSalt), key: dummyBytes(argonKey),
	}
	if !h.possible() || !h.affordable() {
		h.memory, h.time, h.threads = argonMemory, argonTime, argonThreads
	}
	return h
}

func (h *argonHash) format() Format {
	cost := h.memory * h.time * argonUnits / argonPer
	return formatOf(cost, algArgon2id, Format(h.memory<<argonMemoryShift|h.time<<argonTimeShift|h.threads))
}

func (h *argonHash) matches(plain string) bool {
	headroom.Use()
	key := argon2.IDKey([]byte(plain), h.salt, uint32(h.time), uint32(h.memory), uint8(h.threads), uint32(len(h.key))) // bounded when parsed
	return subtle.ConstantTimeCompare(key, h.key) == 1
}

func (h *argonHash) outdated() bool {
	return h.memory < argonMemory || h.time < argonTime || len(h.salt) < argonSalt || len(h.key) < argonKey
}

// number reads a decimal number without sign, leading zeros or more than nine digits.
func number(digits string, into *int) bool {
	n, err := strconv.Atoi(digits)
	*into = n
	return err == nil && n >= 0 && len(digits) <= 9 && strconv.Itoa(n) == digits
}
