package password

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

const (
	// bcryptBytes is how much of a password bcrypt looks at.
	bcryptBytes = 72
	// bcryptMaxCost is what a stored hash may demand at most: about 4 s.
	bcryptMaxCost = 16
	// bcryptUnits is what a check of cost 12 takes in units of 10 µs; each step doubles it.
	bcryptUnits = 23600
)

// $2$, $2a$, $2b$, $2x$ and $2y$ name the same function, except for old defects of those who made the hash.
var bcryptForm = regexp.MustCompile(`^\$2[a-z]?\$([0-3][0-9])\$[./A-Za-z0-9]{53}$`)

type bcryptHash struct {
	cost    int
	encoded string
}

func parseBcrypt(encoded string) (hash, error) {
	found := bcryptForm.FindStringSubmatch(encoded)
	if found == nil {
		return nil, errUnreadable
	}
	cost, err := strconv.Atoi(found[1])
	switch {
	case err != nil || cost < bcrypt.MinCost || cost > bcrypt.MaxCost:
		return nil, errUnreadable
	case cost > bcryptMaxCost:
		return nil, errors.New("the bcrypt hash has a cost above 16, which takes seconds to check")
	}
	return &bcryptHash{cost: cost, encoded: encoded}, nil
}

func bcryptOf(params Format) *bcryptHash {
	cost := min(max(int(params), bcrypt.MinCost), bcryptMaxCost)
	return &bcryptHash{cost: cost, encoded: fmt.Sprintf("$2a$%02d$%s", cost, strings.Repeat(".", 53))}
}

func (h *bcryptHash) format() Format {
	return formatOf(bcryptUnits<<h.cost>>12, algBcrypt, Format(h.cost))
}

// matches compares the first 72 bytes, as the systems did that made the hash.
func (h *bcryptHash) matches(plain string) bool {
	if len(plain) > bcryptBytes {
		plain = plain[:bcryptBytes]
	}
	return bcrypt.CompareHashAndPassword([]byte(h.encoded), []byte(plain)) == nil
}

func (h *bcryptHash) outdated() bool { return true }
