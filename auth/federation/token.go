package federation

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent"
	entidentity "github.com/latchkeep/latchkeep/ent/identity"
	"github.com/latchkeep/latchkeep/ent/onetimetoken"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

// TokenTTL is how long a one-time token waits for its flow.
const TokenTTL = time.Minute

// The purposes of one-time tokens: one that adds an account signs nobody in, and the other way round.
const (
	purposeSignIn = "sign-in"
	purposeLink   = "link"
)

// What can be wrong with a one-time token.
var (
	// ErrToken: there is none such for this flow, or it was used, or has expired.
	ErrToken = errors.New("the one-time token is not valid here")
	// ErrVerifier: the code verifier is not that of the start. The token stays good.
	ErrVerifier = errors.New("the code verifier does not belong to the one-time token")
)

// tokenData is what a token is bound to beside its columns.
type tokenData struct {
	Flow     uuid.UUID `json:"flow,omitzero"`
	Verifier []byte    `json:"verifier,omitempty"` // its SHA-256
	Created  bool      `json:"created,omitempty"`
}

// newToken makes a one-time token: 32 random bytes in base64url with padding, of which the hash is stored. Spec: third-party §9.
func newToken(s State, who, identity uuid.UUID, created bool, at time.Time) (string, store.Write) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // it never fails
	token := base64.URLEncoding.EncodeToString(random[:])
	purpose := purposeSignIn
	if s.UserID != uuid.Nil {
		purpose = purposeLink
	}
	data := tokenData{Flow: s.FlowID, Created: created}
	if s.CodeVerifier != "" {
		data.Verifier = hash(s.CodeVerifier)
	}
	return token, func(ctx context.Context, tx *store.Tx) error {
		text, err := json.Marshal(data)
		if err != nil {
			return fmt.Errorf("encode a one-time token: %w", err)
		}
		err = tx.OneTimeToken.Create().SetUserID(who).SetIdentityID(identity).SetHash(hash(token)).SetPurpose(purpose).SetData(string(text)).
			SetExpiresAt(at.UTC().Truncate(time.Microsecond).Add(TokenTTL)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("store a one-time token: %w", err)
		}
		return nil
	}
}

func hash(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// A Presented token comes from a client that is in a flow.
type Presented struct {
	Token, CodeVerifier string
	// Flow is the flow that it is presented in. Tokens that no flow asked for are taken by flows that make that known: Unasked.
	Flow    uuid.UUID
	Unasked bool
	// Link is set by the profile flow, which takes the tokens that add an account, and no others.
	Link bool
}

// A Redemption is what a token stands for. Nothing has changed yet: the token is used up when Use is committed.
type Redemption struct {
	UserID, IdentityID uuid.UUID
	// Created says that the user was made for this sign-in.
	Created bool
	// Use uses the token up. It fails where somebody else was faster.
	Use store.Write
}

// Redeem finds what a token stands for. A token that is presented wrongly stays good. Errors: ErrToken, ErrVerifier. Spec: third-party §9.
func (r *Room) Redeem(ctx context.Context, t *tenants.Tenant, p Presented, at time.Time) (*Redemption, error) {
	row, err := r.n.Store.Reader().OneTimeToken.Query().Where(onetimetoken.Hash(hash(p.Token))).Only(within(ctx, t))
	switch {
	case ent.IsNotFound(err):
		return nil, ErrToken
	case err != nil:
		return nil, fmt.Errorf("find a one-time token: %w", err)
	}
	var data tokenData
	if err := json.Unmarshal([]byte(row.Data), &data); err != nil {
		return nil, fmt.Errorf("read a one-time token: %w", err)
	}
	purpose := purposeSignIn
	if p.Link {
		purpose = purposeLink
	}
	switch {
	case row.Purpose != purpose, data.Flow != p.Flow && (data.Flow != uuid.Nil || !p.Unasked):
		return nil, ErrToken
	case len(data.Verifier) > 0 && subtle.ConstantTimeCompare(data.Verifier, hash(p.CodeVerifier)) != 1:
		return nil, ErrVerifier
	case !at.Before(row.ExpiresAt), row.IdentityID == nil:
		return nil, ErrToken
	}
	id := row.ID
	return &Redemption{
		UserID: row.UserID, IdentityID: *row.IdentityID, Created: data.Created,
		Use: func(ctx context.Context, tx *store.Tx) error {
			used, err := tx.OneTimeToken.Delete().Where(onetimetoken.ID(id)).Exec(ctx)
			if err == nil && used == 0 {
				err = user.ErrOvertaken
			}
			if err != nil {
				return fmt.Errorf("use a one-time token: %w", err)
			}
			return nil
		},
	}, nil
}

// A Pending account was vouched for by its provider, and waits for the person who asked for it to confirm.
type Pending struct {
	id     uuid.UUID
	claims Claims
}

// Pending finds an account that waits for a confirmation. Errors: user.ErrOvertaken where it has an owner by now, or another sign-in took its
// place. One statement.
func (r *Room) Pending(ctx context.Context, t *tenants.Tenant, identityID uuid.UUID) (*Pending, error) {
	row, err := r.n.Store.Reader().Identity.Query().Where(entidentity.ID(identityID), entidentity.UserIDIsNil()).Only(within(ctx, t))
	switch {
	case ent.IsNotFound(err):
		return nil, user.ErrOvertaken
	case err != nil:
		return nil, fmt.Errorf("find a pending identity: %w", err)
	}
	p := &Pending{id: row.ID}
	if err := json.Unmarshal([]byte(row.Claims), &p.claims); err != nil { // those of other systems may have another form
		p.claims = Claims{}
	}
	return p, nil
}

// Confirm gives the account to a person, and takes over her name and picture from there. The writes fail with user.ErrOvertaken where somebody
// else was faster.
func (p *Pending) Confirm(u *user.User) []store.Write {
	id, owner := p.id, u.ID
	writes := []store.Write{func(ctx context.Context, tx *store.Tx) error {
		given, err := tx.Identity.Update().Where(entidentity.ID(id), entidentity.UserIDIsNil()).SetUserID(owner).Save(ctx)
		if err == nil && given == 0 {
			err = user.ErrOvertaken
		}
		if err != nil {
			return fmt.Errorf("confirm an identity: %w", err)
		}
		return nil
	}}
	if d, changed := p.claims.details(u); changed {
		writes = append(writes, u.SetDetails(d))
	}
	return writes
}
