package password

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"golang.org/x/crypto/scrypt"
)

const (
	firebasePrefix = "$fbscrypt$"

	// What a stored hash may demand at most. Spec: import-export §4.3; the three together are bounded too, since the
	// largest of each would take 8 GiB.
	firebaseMaxN      = 20
	firebaseMaxR      = 64
	firebaseMaxP      = 16
	firebaseMaxMemory = 256 << 20 // 128 · 2ⁿ · r bytes
	firebaseMaxWork   = 8 << 20   // 2ⁿ · r · p

	// A check costs about 3/80 units of 10 µs for each of 2ⁿ · r · p.
	firebaseUnits = 3
	firebasePer   = 80

	// Where the parameters are in a Format.
	firebaseNShift = 12
	firebaseRShift = 5
	firebaseRMask  = 0x7f
	firebasePMask  = 0x1f
)

// A firebaseHash is one of Firebase's modified scrypt: the derived key encrypts the signer key of the project, and the
// result is what is stored.
type firebaseHash struct {
	n, r, p                      int
	separator, signer, salt, key []byte
}

// parseFirebase reads $fbscrypt$v=1,n=…,r=…,p=…,ss=…,sk=…$salt$hash.
func parseFirebase(encoded string) (hash, error) {
	parts := strings.Split(strings.TrimPrefix(encoded, firebasePrefix), "$")
	if len(parts) != 3 {
		return nil, errUnreadable
	}
	h := &firebaseHash{}
	ok := true
	bytesOf := func(text string) []byte {
		raw, err := base64.StdEncoding.Strict().DecodeString(text)
		ok = ok && err == nil && !strings.ContainsAny(text, "\r\n")
		return raw
	}
	version := 0
	seen := map[string]bool{}
	for option := range strings.SplitSeq(parts[0], ",") {
		name, value, _ := strings.Cut(option, "=")
		ok = ok && !seen[name]
		seen[name] = true
		switch name {
		case "v":
			ok = number(value, &version) && ok
		case "n":
			ok = number(value, &h.n) && ok
		case "r":
			ok = number(value, &h.r) && ok
		case "p":
			ok = number(value, &h.p) && ok
		case "ss":
			h.separator = bytesOf(value)
		case "sk":
			h.signer = bytesOf(value)
		default:
			ok = false
		}
	}
	h.salt, h.key = bytesOf(parts[1]), bytesOf(parts[2])
	switch {
	case !ok || version != 1 || h.n < 1 || h.r < 1 || h.p < 1 || len(h.key) == 0:
		return nil, errUnreadable
	case !h.affordable():
		return nil, errors.New("the Firebase scrypt hash demands more than n=20, r=64, p=16 or 256 MiB")
	}
	return h, nil
}

func (h *firebaseHash) affordable() bool {
	return h.n <= firebaseMaxN && h.r <= firebaseMaxR && h.p <= firebaseMaxP &&
		128*h.r<<h.n <= firebaseMaxMemory && h.work() <= firebaseMaxWork
}

func (h *firebaseHash) work() int { return h.r * h.p << h.n }

func firebaseOf(params Format) *firebaseHash {
	h := &firebaseHash{
		n: int(params >> firebaseNShift), r: int(params >> firebaseRShift & firebaseRMask), p: int(params & firebasePMask),
		separator: dummyBytes(1), salt: dummyBytes(10), signer: dummyBytes(64), key: dummyBytes(64),
	}
	if h.n < 1 || h.r < 1 || h.p < 1 || !h.affordable() {
		h.n, h.r, h.p = 14, 8, 1
	}
	return h
}

func (h *firebaseHash) format() Format {
	return formatOf(h.work()*firebaseUnits/firebasePer, algFirebase, Format(h.n<<firebaseNShift|h.r<<firebaseRShift|h.p))
}

func (h *firebaseHash) matches(plain string) bool {
	derived, err := scrypt.Key([]byte(plain), slices.Concat(h.salt, h.separator), 1<<h.n, h.r, h.p, 32)
	if err != nil {
		return false
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return false
	}
	sealed := make([]byte, len(h.signer))
	cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(sealed, h.signer)
	return subtle.ConstantTimeCompare(sealed, h.key) == 1
}

func (h *firebaseHash) outdated() bool { return true }
