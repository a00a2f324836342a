package transfer

import (
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
)

// The words that made-up people are called by.
var (
	madeUpNames    = []string{"ada", "ben", "chloe", "dario", "eve", "finn", "grace", "hugo", "ines", "jonas", "kim", "lena", "mira", "noah", "olga", "paul"}
	madeUpSurnames = []string{"adler", "brook", "castle", "dale", "ember", "field", "grove", "hill", "isle", "jung", "keller", "lake", "moor", "north", "oak"}
)

// Generate writes so many made-up people as a file to import, for trying things out; none where people is not positive. Their addresses are at
// example.org, which delivers to nobody (RFC 2606). Spec: import-export §3.
func Generate(to io.Writer, people int) error {
	if _, err := io.WriteString(to, "["); err != nil {
		return err
	}
	now := stored(time.Now())
	for i := range max(people, 0) {
		pick := func(words []string) string { return words[rand.N(len(words))] }
		err := writeEntry(to, Entry{
			UserID: uuid.NewString(),
			Emails: []EmailEntry{{
				Address:   fmt.Sprintf("%s.%s.%d.%06x@example.org", pick(madeUpNames), pick(madeUpSurnames), i+1, rand.N(1<<24)),
				IsPrimary: true, IsVerified: true,
			}},
			CreatedAt: &now, UpdatedAt: &now,
		}, i == 0)
		if err != nil {
			return err
		}
	}
	_, err := io.WriteString(to, "]")
	return err
}
