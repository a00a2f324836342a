package flow

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"

	"github.com/google/uuid"
)

const (
	tokenLength   = 32
	tokenAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	maxHandle     = MaxRecordSize * 2
)

// A Sealer encrypts and authenticates: what was sealed opens only unchanged and with the same additional data.
type Sealer interface {
	Seal(plaintext, aad []byte) []byte
	Open(sealed, aad []byte) ([]byte, error)
}

// newToken makes a CSRF token of 32 characters out of 0-9, A-Z, a-z (190 bits).
func newToken() string {
	var token [tokenLength]byte
	var random [2 * tokenLength]byte
	for n := 0; n < tokenLength; {
		_, _ = rand.Read(random[:]) // never fails, it ends the program instead
		for _, b := range random {
			if b < 4*62 && n < tokenLength { // no character is likelier than another
				token[n] = tokenAlphabet[b%62]
				n++
			}
		}
	}
	return string(token[:])
}

// hashToken is what a record keeps of a token, so that who can read the table cannot continue its flows.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:24])
}

func (r *Record) accepts(token string) bool {
	return token != "" && r.TokenHash != "" &&
		subtle.ConstantTimeCompare([]byte(hashToken(token)), []byte(r.TokenHash)) == 1
}

// IsHandle tells whether a CSRF token carries a flow that was not stored when the token was made. A caller may then
// skip looking for the stored record: an action that was replayed collides when its record is inserted. Looking it up
// refuses replays earlier, before they cost anything.
func IsHandle(csrfToken string) bool { return len(csrfToken) > tokenLength }

// sealHandle makes the handle by which a flow travels until it is stored.
func sealHandle(s Sealer, r *Record, document []byte, tenant string) string {
	return base64.RawURLEncoding.EncodeToString(s.Seal(document, handleContext(r.Flow, r.ID, tenant, r.User)))
}

// openHandle reads a handle. Any error means that it was not made for this flow, by this deployment, or not intact.
func openHandle(s Sealer, handle, flow string, id uuid.UUID, who Party) (*Record, error) {
	if len(handle) > maxHandle || strings.ContainsAny(handle, "\r\n") { // line breaks pass the decoder
		return nil, errors.New("handle too long or broken")
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(handle)
	if err != nil {
		return nil, errors.New("handle is not base64url")
	}
	plain, err := s.Open(sealed, handleContext(flow, id, who.Tenant, who.User))
	if err != nil {
		return nil, err
	}
	return DecodeRecord(plain)
}

// handleContext is the additional data a handle is bound to; each part is preceded by its length.
func handleContext(flow string, id uuid.UUID, tenant, user string) []byte {
	aad := make([]byte, 0, 128)
	for _, part := range []string{"latchkeep flow handle 1", flow, string(id[:]), tenant, user} {
		aad = binary.AppendUvarint(aad, uint64(len(part)))
		aad = append(aad, part...)
	}
	return aad
}
