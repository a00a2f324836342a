// Package passcode makes and checks the short codes that are mailed to an address.
//
// A code is good for one address, one purpose and one flow of one tenant, three tries and a limited time. The database keeps an HMAC of
// it under a key of the server, so that reading the table does not reveal codes that could be tried in their lifetime.
package passcode

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/passcode"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// MaxTries is how many wrong codes a passcode survives, less one: the third wrong one ends it.
const MaxTries = 3

// length is the number of characters of a code; the clients show that many boxes.
const length = 6

// The characters of codes. The second leaves out what is easily misread: 0, 1, O, I and l.
const (
	digits       = "0123456789"
	alphanumeric = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
)

// A Binding is what a code is good for. A code presented under another binding is wrong.
type Binding struct {
	FlowID uuid.UUID
	// Purpose is the template of the mail that carries the code.
	Purpose string
	// Address is where the code was sent, in lower case.
	Address string
}

// A Passcode is a code that was just made.
type Passcode struct {
	ID         uuid.UUID
	Code       string
	TTL        time.Duration
	ValidUntil time.Time
	// Save stores the passcode.
	Save store.Write
}

// A Room makes and checks passcodes.
type Room struct {
	store *store.Store
	keys  [][]byte
}

// NewRoom keeps passcodes in a store, under a key derived from the server's secrets. Codes made under an older secret stay good.
func NewRoom(st *store.Store, keyring *secret.Keyring) *Room {
	return &Room{store: st, keys: keyring.DeriveAll("passcode")}
}

// New makes a code for a binding. Nothing is stored until Save runs.
func (r *Room) New(t *tenants.Tenant, b Binding, now time.Time) (*Passcode, error) {
	code, err := generate(t.Config.Email.PasscodeCharset)
	if err != nil {
		return nil, err
	}
	ttl := time.Duration(t.Config.Email.PasscodeTTL) * time.Second
	p := &Passcode{ID: uuid.Must(uuid.NewV7()), Code: code, TTL: ttl, ValidUntil: now.Add(ttl)}
	mac := r.mac(r.keys[0], t.ID, b, code)
	p.Save = func(ctx context.Context, tx *store.Tx) error {
		err := tx.Passcode.Create().
			SetID(p.ID).SetFlowID(b.FlowID).SetPurpose(b.Purpose).SetAddress(b.Address).
			SetCodeMAC(mac).SetExpiresAt(p.ValidUntil).
			Exec(ctx)
		if err != nil {
			return fmt.Errorf("store passcode: %w", err)
		}
		return nil
	}
	return p, nil
}

// A Verdict is what came of a code that somebody typed.
type Verdict int

// The verdicts.
const (
	// Wrong: not the code, or there is none, or it has expired.
	Wrong Verdict = iota
	// Exhausted: too many wrong codes; only a new mail helps.
	Exhausted
	// Right: the address is proven.
	Right
)

// Usable reports whether a passcode that was mailed earlier could still be used for a binding, so that no new mail is needed.
func (r *Room) Usable(ctx context.Context, t *tenants.Tenant, id uuid.UUID, b Binding, now time.Time) (bool, error) {
	row, err := r.load(ctx, t, id)
	if err != nil || row == nil {
		return false, err
	}
	return matches(row, b) && now.Before(row.ExpiresAt) && row.Tries < MaxTries, nil
}

// Verify checks a code. The write, where there is one, must be committed whatever the verdict: it counts the try or uses the code up.
// The order of checks is the client's contract: exists, expired, tries used up, compare.
func (r *Room) Verify(ctx context.Context, t *tenants.Tenant, id uuid.UUID, b Binding, code string, now time.Time) (Verdict, store.Write, error) {
	row, err := r.load(ctx, t, id)
	if err != nil {
		return Wrong, nil, err
	}
	switch {
	case row == nil || !matches(row, b) || !now.Before(row.ExpiresAt):
		return Wrong, nil, nil
	case row.Tries >= MaxTries:
		return Exhausted, nil, nil
	case r.equal(t.ID, b, code, row.CodeMAC):
		return Right, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Passcode.DeleteOneID(id).Exec(ctx); err != nil {
				return fmt.Errorf("use passcode: %w", err)
			}
			return nil
		}, nil
	}
	count := func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Passcode.Update().Where(passcode.ID(id)).AddTries(1).Exec(ctx); err != nil {
			return fmt.Errorf("count wrong passcode: %w", err)
		}
		return nil
	}
	if row.Tries+1 >= MaxTries {
		return Exhausted, count, nil
	}
	return Wrong, count, nil
}

func (r *Room) load(ctx context.Context, t *tenants.Tenant, id uuid.UUID) (*ent.Passcode, error) {
	if id == uuid.Nil {
		return nil, nil
	}
	row, err := r.store.Reader().Passcode.Get(scope.With(ctx, scope.Tenant(t.ID)), id)
	switch {
	case ent.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("load passcode: %w", err)
	}
	return row, nil
}

func matches(row *ent.Passcode, b Binding) bool {
	return row.FlowID == b.FlowID && row.Purpose == b.Purpose && row.Address == b.Address
}

// equal compares in constant time, under every key that a passcode may have been made with.
func (r *Room) equal(tenant uuid.UUID, b Binding, code string, mac []byte) bool {
	for _, key := range r.keys {
		if hmac.Equal(r.mac(key, tenant, b, code), mac) {
			return true
		}
	}
	return false
}

// mac binds a code to its tenant, flow, purpose and address. Every part is preceded by its length, so that none can pose as another.
func (r *Room) mac(key []byte, tenant uuid.UUID, b Binding, code string) []byte {
	h := hmac.New(sha256.New, key)
	for _, part := range [][]byte{tenant[:], b.FlowID[:], []byte(b.Purpose), []byte(b.Address), []byte(code)} {
		var size [4]byte
		binary.BigEndian.PutUint32(size[:], uint32(len(part)))
		h.Write(size[:])
		h.Write(part)
	}
	return h.Sum(nil)
}

// generate draws a code uniformly from a charset: "numeric" or "alphanumeric".
func generate(charset string) (string, error) {
	alphabet := digits
	if charset == "alphanumeric" {
		alphabet = alphanumeric
	}
	code := make([]byte, length)
	for i := range code {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		if err != nil {
			return "", fmt.Errorf("draw passcode: %w", err)
		}
		code[i] = alphabet[n.Int64()]
	}
	return string(code), nil
}
