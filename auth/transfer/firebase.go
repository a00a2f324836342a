package transfer

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/password"
)

// FirebaseHash are the hash parameters of a Firebase project, as its console shows them. Spec: import-export §4.1.
type FirebaseHash struct {
	Algorithm     string `json:"algorithm"`
	SignerKey     string `json:"base64_signer_key"`
	SaltSeparator string `json:"base64_salt_separator"`
	Rounds        int    `json:"rounds"`
	MemCost       int    `json:"mem_cost"`
}

// ReadFirebaseHash reads hash parameters, and refuses those that no password could be checked with.
func ReadFirebaseHash(from io.Reader) (FirebaseHash, error) {
	var h FirebaseHash
	if err := json.NewDecoder(io.LimitReader(from, MaxEntry)).Decode(&h); err != nil {
		return h, errors.New("the hash parameters are no JSON object of the form that Firebase shows")
	}
	isBase64 := func(text string) bool {
		_, err := base64.StdEncoding.DecodeString(text)
		return text != "" && err == nil
	}
	switch {
	case h.Algorithm != "SCRYPT":
		return h, errors.New("algorithm must be SCRYPT")
	case !isBase64(h.SignerKey):
		return h, errors.New("base64_signer_key must be base64")
	case !isBase64(h.SaltSeparator):
		return h, errors.New("base64_salt_separator must be base64")
	case h.MemCost < 1 || h.MemCost > 62:
		return h, errors.New("mem_cost must be from 1 to 62")
	case h.Rounds < 1:
		return h, errors.New("rounds must be at least 1")
	}
	if err := password.Check(h.text("AAAA", "AAAA")); err != nil {
		return h, fmt.Errorf("passwords with these parameters could not be checked: %w", err)
	}
	return h, nil
}

// text is a hash in the form that is stored. Spec: import-export §4.3.
func (h FirebaseHash) text(salt, hash string) string {
	return fmt.Sprintf("$fbscrypt$v=1,n=%d,r=%d,p=1,ss=%s,sk=%s$%s$%s", h.MemCost, h.Rounds, h.SaltSeparator, h.SignerKey, salt, hash)
}

// A FirebaseUser is a person in the output of firebase auth:export, as far as she is moved.
type FirebaseUser struct {
	LocalID       string `json:"localId"`
	Email         string `json:"email"`
	EmailVerified bool   `json:"emailVerified"`
	PasswordHash  string `json:"passwordHash"`
	Salt          string `json:"salt"`
	CreatedAt     string `json:"createdAt"`
	LastLoginAt   string `json:"lastLoginAt"`
	// LastSignedInAt is what current versions call it.
	LastSignedInAt string `json:"lastSignedInAt,omitempty"`
}

// Why a person cannot be converted. Spec: import-export §4.2.
var (
	errNothing   = errors.New("the user has neither an e-mail address nor a password")
	errNoEmail   = errors.New("the user has no e-mail address, and would need a username")
	errBadEmail  = errors.New("the e-mail address is malformed")
	errBadHash   = errors.New("the password hash or its salt is not base64")
	errNotAnyone = errors.New("the element is no user")
)

// entry converts a person.
func (h FirebaseHash) entry(u *FirebaseUser) (Entry, error) {
	switch {
	case u.Email == "" && u.PasswordHash == "":
		return Entry{}, errNothing
	case u.Email == "":
		return Entry{}, errNoEmail
	case !user.IsAddress(u.Email):
		return Entry{}, errBadEmail
	}
	last := u.LastLoginAt
	if last == "" {
		last = u.LastSignedInAt
	}
	e := Entry{
		Emails:    []EmailEntry{{Address: u.Email, IsPrimary: true, IsVerified: u.EmailVerified}},
		CreatedAt: milliseconds(u.CreatedAt), UpdatedAt: milliseconds(last),
	}
	if u.PasswordHash != "" {
		salt, hash := standardBase64(u.Salt), standardBase64(u.PasswordHash)
		text := h.text(salt, hash)
		if hash == "" || password.Check(text) != nil {
			return Entry{}, errBadHash
		}
		e.Password = &PasswordEntry{Password: text}
	}
	return e, nil
}

// standardBase64 writes the URL form of base64, which Firebase's tools use, in the standard form.
func standardBase64(text string) string {
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	return text + strings.Repeat("=", (4-len(text)%4)%4)
}

// milliseconds reads a time as Firebase writes it; nil for what is none.
func milliseconds(text string) *time.Time {
	ms, err := strconv.ParseInt(text, 10, 64)
	if t := time.UnixMilli(ms).UTC(); err == nil && t.Year() >= 1000 && t.Year() <= 9999 {
		return &t
	}
	return nil
}

// Converted counts what became of the people of another system.
type Converted struct {
	People, Refused int
	// WithoutPassword are those of People who have none.
	WithoutPassword int
}

// A Conversion says where people are converted to.
type Conversion struct {
	Hash FirebaseHash
	// To takes the file to import; Refused a JSON object a line for each who cannot be converted.
	To, Refused io.Writer
	// Workers is how many are converted at once, at least one.
	Workers int
	// Warn is told of people without a password, by their id at Firebase.
	Warn func(localID string)
}

// ConvertFirebase converts the output of firebase auth:export. Reading, converting and writing go on at the same time, and hold a few people in
// memory each. The order is not kept. Spec: import-export §4.
func ConvertFirebase(ctx context.Context, from io.Reader, c Conversion) (Converted, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	raw, done := make(chan json.RawMessage), make(chan converted)
	go func() {
		defer close(raw)
		if err := firebaseUsers(ctx, from, raw); err != nil {
			stop(err)
		}
	}()
	var workers sync.WaitGroup
	for range max(c.Workers, 1) {
		workers.Go(func() {
			for element := range raw {
				select {
				case done <- c.Hash.convert(element):
				case <-ctx.Done():
				}
			}
		})
	}
	go func() {
		workers.Wait()
		close(done)
	}()
	count, err := c.write(done, stop)
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return count, err
}

// converted is a person after conversion, or why she was not.
type converted struct {
	entry  Entry
	user   FirebaseUser
	failed error
}

func (h FirebaseHash) convert(element json.RawMessage) converted {
	var c converted
	if err := json.Unmarshal(element, &c.user); err != nil {
		c.failed = errNotAnyone
		return c
	}
	c.entry, c.failed = h.entry(&c.user)
	return c
}

// write writes what is converted until there is no more. Where it cannot, it stops the others and goes on reading until they have.
func (c *Conversion) write(done <-chan converted, stop context.CancelCauseFunc) (Converted, error) {
	var count Converted
	to, refused := bufio.NewWriter(c.To), json.NewEncoder(c.Refused)
	refused.SetEscapeHTML(false)
	var failed error
	for one := range done {
		if failed != nil {
			continue
		}
		if failed = c.writeOne(to, refused, one, &count); failed != nil {
			stop(failed)
		}
	}
	if failed != nil || count.People == 0 {
		return count, failed
	}
	if _, err := to.WriteString("\n]\n"); err != nil {
		return count, err
	}
	return count, to.Flush()
}

func (c *Conversion) writeOne(to *bufio.Writer, refused *json.Encoder, one converted, count *Converted) error {
	if one.failed != nil {
		count.Refused++
		return refused.Encode(struct {
			Error string       `json:"error"`
			User  FirebaseUser `json:"user"`
		}{one.failed.Error(), one.user})
	}
	separator := ",\n"
	if count.People == 0 {
		separator = "[\n"
	}
	if _, err := to.WriteString(separator); err != nil {
		return err
	}
	count.People++
	if one.entry.Password == nil {
		count.WithoutPassword++
		c.Warn(one.user.LocalID)
	}
	return writeEntry(to, one.entry, true)
}
