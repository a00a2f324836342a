package password

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/base64"
	"strconv"
	"strings"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
)

// Hashes that nothing matches, of what imported people have.
const (
	dummyBcrypt   = "$2a$12$abcdefghijklmnopqrstuuTBWVHZFWwY5bK0uYQ0yJrVv2VZ7nF2e"
	dummyBcryptLo = "$2a$10$abcdefghijklmnopqrstuuTBWVHZFWwY5bK0uYQ0yJrVv2VZ7nF2e"
	dummyFirebase = "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAA=="

	firebasePrefix = "$fbscrypt$"
	// bcryptMax is how much of a password bcrypt looks at.
	bcryptMax = 72
	// What a stored hash may demand at most.
	bcryptMaxCost   = 16
	firebaseMaxN    = 17
	firebaseMaxRP   = 16
	firebaseMaxSize = 4096
)

// FormatOf tells the format of a hash by its prefix.
func FormatOf(encoded string) Format {
	switch {
	case strings.HasPrefix(encoded, "$argon2id$"):
		return Argon2id
	case strings.HasPrefix(encoded, firebasePrefix):
		return Firebase
	case strings.HasPrefix(encoded, "$2a$"), strings.HasPrefix(encoded, "$2b$"), strings.HasPrefix(encoded, "$2y$"):
		if cost, err := bcrypt.Cost([]byte(encoded)); err == nil && cost < 12 {
			return BcryptLo
		}
		return Bcrypt
	}
	return Unknown
}

// verifyBcrypt compares the first 72 bytes, as the systems did that made the hash.
func verifyBcrypt(encoded, plain string) Result {
	if len(plain) > bcryptMax {
		plain = plain[:bcryptMax]
	}
	hash := []byte(encoded)
	if cost, err := bcrypt.Cost(hash); err != nil || cost > bcryptMaxCost {
		hash = []byte(dummyBcrypt)
	}
	ok := bcrypt.CompareHashAndPassword(hash, []byte(plain)) == nil
	return Result{OK: ok, Rehash: ok}
}

type firebaseParams struct {
	n, r, p                      int
	separator, signer, salt, key []byte
}

// parseFirebase reads $fbscrypt$v=1,n=…,r=…,p=…,ss=…,sk=…$salt$hash.
func parseFirebase(encoded string) (firebaseParams, bool) {
	var p firebaseParams
	if len(encoded) > firebaseMaxSize {
		return p, false
	}
	parts := strings.Split(strings.TrimPrefix(encoded, firebasePrefix), "$")
	if len(parts) != 3 {
		return p, false
	}
	ok := true
	number := func(s string) int {
		n, err := strconv.Atoi(s)
		ok = ok && err == nil
		return n
	}
	decode := func(s string) []byte {
		b, err := base64.StdEncoding.DecodeString(s)
		ok = ok && err == nil
		return b
	}
	for _, option := range strings.Split(parts[0], ",") {
		name, value, _ := strings.Cut(option, "=")
		switch name {
		case "v":
			ok = ok && value == "1"
		case "n":
			p.n = number(value)
		case "r":
			p.r = number(value)
		case "p":
			p.p = number(value)
		case "ss":
			p.separator = decode(value)
		case "sk":
			p.signer = decode(value)
		}
	}
	p.salt, p.key = decode(parts[1]), decode(parts[2])
	sane := p.n >= 1 && p.n <= firebaseMaxN && p.r >= 1 && p.r <= firebaseMaxRP && p.p >= 1 && p.p <= firebaseMaxRP && len(p.key) > 0
	return p, ok && sane
}

// verifyFirebase checks a hash of Firebase's modified scrypt: the derived key encrypts the signer key, and the result is the hash.
func verifyFirebase(encoded, plain string) Result {
	p, ok := parseFirebase(encoded)
	if !ok {
		p, _ = parseFirebase(dummyFirebase)
	}
	salt := append(append([]byte(nil), p.salt...), p.separator...)
	derived, err := scrypt.Key([]byte(plain), salt, 1<<p.n, p.r, p.p, 32)
	if err != nil {
		return Result{}
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return Result{}
	}
	sealed := make([]byte, len(p.signer))
	cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(sealed, p.signer)
	match := ok && subtle.ConstantTimeCompare(sealed, p.key) == 1
	return Result{OK: match, Rehash: match}
}
