package password

import (
	"crypto/sha256"
	_ "embed" // the list
	"sort"
	"strings"
)

// common has the first four bytes of the SHA-256 of each common password, in order. tools/commonpasswords makes it from the list of zxcvbn, whose
// licence is beside it.
//
//go:embed common.bin
var common string

// Common reports whether a password is among the 47 000 that are found most often in breaches, in whatever case it is written: those are
// guessed first (NIST SP 800-63B §5.1.1.2). One password in 90 000 that is not on the list is taken for one that is.
func Common(plain string) bool {
	const size = 4
	digest := sha256.Sum256([]byte(strings.ToLower(plain)))
	wanted := string(digest[:size])
	n := len(common) / size
	at := sort.Search(n, func(i int) bool { return common[i*size:(i+1)*size] >= wanted })
	return at < n && common[at*size:(at+1)*size] == wanted
}
