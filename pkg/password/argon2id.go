package password

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The parameters of new hashes (RFC 9106; OWASP's first recommendation for this much memory).
const (
	argonMemory  = 19 << 10 // KiB
	argonTime    = 2
	argonThreads = 1
	argonSalt    = 16
	argonKey     = 32

	// What a stored hash may demand at most: an imported one must not exhaust the machine.
	argonMaxMemory = 256 << 10 // KiB
	argonMaxTime   = 10
	argonMaxKey    = 128
)

const dummyArgon2id = "$argon2id$v=19$m=19456,t=2,p=1$bGF0Y2hrZWVwIGR1bW15IQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// hashArgon2id makes a hash in PHC form.
func hashArgon2id(plain string) (string, error) {
	salt := make([]byte, argonSalt)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("make salt: %w", err)
	}
	key := argon2.IDKey([]byte(plain), salt, argonTime, argonMemory, argonThreads, argonKey)
	e := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, argonMemory, argonTime, argonThreads, e.EncodeToString(salt), e.EncodeToString(key)), nil
}

type argonParams struct {
	memory, time uint32
	threads      uint8
	salt, key    []byte
}

func parseArgon2id(encoded string) (argonParams, bool) {
	var p argonParams
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v=19" {
		return p, false
	}
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.threads); n != 3 || err != nil {
		return p, false
	}
	if fmt.Sprintf("m=%d,t=%d,p=%d", p.memory, p.time, p.threads) != parts[3] {
		return p, false // trailing text
	}
	var err error
	if p.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil || len(p.salt) < 8 || len(p.salt) > 64 {
		return p, false
	}
	if p.key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(p.key) < 16 || len(p.key) > argonMaxKey {
		return p, false
	}
	sane := p.memory >= 8*uint32(p.threads) && p.memory <= argonMaxMemory && p.time >= 1 && p.time <= argonMaxTime && p.threads >= 1
	return p, sane
}

func verifyArgon2id(encoded, plain string) Result {
	p, ok := parseArgon2id(encoded)
	if !ok {
		verifyArgon2id(dummyArgon2id, plain)
		return Result{}
	}
	key := argon2.IDKey([]byte(plain), p.salt, p.time, p.memory, p.threads, uint32(len(p.key)))
	if subtle.ConstantTimeCompare(key, p.key) != 1 {
		return Result{}
	}
	weaker := p.memory < argonMemory || p.time < argonTime || len(p.key) < argonKey
	return Result{OK: true, Rehash: weaker}
}
