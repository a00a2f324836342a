package audit

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/auditcheckpoint"
	"github.com/latchkeep/latchkeep/ent/auditlog"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// CheckpointType is the typ of checkpoints, which are JWS in compact form (RFC 7515).
const CheckpointType = "audit-checkpoint+jwt"

// A Keeper looks after the logs of tenants: it signs how far they are, gives up what is too old, and verifies them.
type Keeper struct {
	store    *store.Store
	registry *tenants.Registry
}

// NewKeeper makes a Keeper.
func NewKeeper(st *store.Store, registry *tenants.Registry) *Keeper {
	return &Keeper{store: st, registry: registry}
}

// A Checkpoint is the signed state of a log at a record: whoever keeps one can tell whether that record and those before it still are what they
// were.
type Checkpoint struct {
	TenantID uuid.UUID
	Sequence int64
	// Hash is that of the record; empty where it is older than the chain.
	Hash []byte
	// Token is the JWS.
	Token     string
	CreatedAt time.Time
	// PrunedAt is when the records up to this one were given up to retention; nil while they are there.
	PrunedAt *time.Time
}

// Errors of checkpoints.
var (
	ErrEmptyLog      = problem.NotFound("audit_log_empty", "the audit log of the tenant is empty")
	ErrBadCheckpoint = problem.Invalid("invalid_checkpoint", "this is no checkpoint of the tenant's audit log")
	errForked        = problem.Conflict("audit_log_altered", "the newest record is not the one that its checkpoint speaks of: verify the log")
)

// Checkpoint is the newest checkpoint of a tenant's log, made where the log has grown since. Errors: ErrEmptyLog, tenants.ErrNoSigningKey.
func (k *Keeper) Checkpoint(ctx context.Context, t *tenants.Tenant) (Checkpoint, error) {
	ctx = scope.With(ctx, scope.Tenant(t.ID))
	last, err := k.store.Reader().AuditLog.Query().Order(ent.Desc(auditlog.FieldSequence)).First(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return Checkpoint{}, fmt.Errorf("find the last record: %w", err)
	}
	newest, missing := k.store.Reader().AuditCheckpoint.Query().Order(ent.Desc(auditcheckpoint.FieldSequence)).First(ctx)
	switch {
	case missing != nil && !ent.IsNotFound(missing):
		return Checkpoint{}, fmt.Errorf("find the newest checkpoint: %w", missing)
	case last == nil && newest == nil:
		return Checkpoint{}, ErrEmptyLog
	case last == nil, newest != nil && newest.Sequence == last.Sequence && bytes.Equal(newest.Hash, last.Hash):
		return checkpoint(newest), nil
	case newest != nil && newest.Sequence >= last.Sequence:
		return Checkpoint{}, errForked
	}
	return k.sign(ctx, t, last, nil)
}

// sign makes a checkpoint of a record, or where others made it first reads theirs. In the same unit of work it does what else is to be done.
func (k *Keeper) sign(ctx context.Context, t *tenants.Tenant, at *ent.AuditLog, also func(context.Context, *store.Tx, *ent.AuditCheckpoint) error) (Checkpoint, error) {
	made := now()
	key, err := t.Keys.Signer(made)
	if err != nil {
		return Checkpoint{}, err
	}
	hash := at.Hash
	if hash == nil {
		hash = []byte{}
	}
	token, err := key.Sign(CheckpointType, map[string]any{
		"tenant": t.ID, "sequence": at.Sequence, "hash": base64.RawURLEncoding.EncodeToString(hash), "iat": made.Unix(),
		"recorded_at": at.CreatedAt.UTC().Format(time.RFC3339Nano),
	})
	if err != nil {
		return Checkpoint{}, fmt.Errorf("sign a checkpoint: %w", err)
	}
	var row *ent.AuditCheckpoint
	write := func(ctx context.Context, tx *store.Tx) error {
		var err error
		if row, err = tx.AuditCheckpoint.Query().Where(auditcheckpoint.Sequence(at.Sequence)).Only(ctx); ent.IsNotFound(err) {
			row, err = tx.AuditCheckpoint.Create().SetSequence(at.Sequence).SetHash(hash).SetSignature(token).SetCreatedAt(made).Save(ctx)
		}
		if err != nil || also == nil {
			return err
		}
		return also(ctx, tx, row)
	}
	if err := Numbered(func() error { return k.store.Do(ctx, scope.Tenant(t.ID), write) }); err != nil {
		return Checkpoint{}, fmt.Errorf("keep a checkpoint: %w", err)
	}
	return checkpoint(row), nil
}

func checkpoint(row *ent.AuditCheckpoint) Checkpoint {
	return Checkpoint{
		TenantID: row.TenantID, Sequence: row.Sequence, Hash: row.Hash, Token: row.Signature, CreatedAt: row.CreatedAt.UTC(), PrunedAt: row.PrunedAt,
	}
}

// keySet is all signing keys that a tenant ever had. Those that are gone keep their public part for this.
func (k *Keeper) keySet(ctx context.Context, tenant uuid.UUID) (*jose.Set, error) {
	rows, err := k.store.Reader().SigningKey.Query().All(scope.With(ctx, scope.Tenant(tenant)))
	if err != nil {
		return nil, fmt.Errorf("read the signing keys: %w", err)
	}
	public := make([]json.RawMessage, len(rows))
	for i, row := range rows {
		public[i] = row.PublicJwk
	}
	set, err := jose.NewSetFromPublic(public...)
	if err != nil {
		return nil, fmt.Errorf("read the signing keys: %w", err)
	}
	return set, nil
}

// ParseCheckpoint verifies a checkpoint that was kept elsewhere. Error: ErrBadCheckpoint.
func (k *Keeper) ParseCheckpoint(ctx context.Context, tenant uuid.UUID, token string) (Checkpoint, error) {
	keys, err := k.keySet(ctx, tenant)
	if err != nil {
		return Checkpoint{}, err
	}
	c, err := openCheckpoint(keys, strings.TrimSpace(token))
	if err == nil && c.TenantID != tenant {
		err = fmt.Errorf("it is of tenant %s", c.TenantID)
	}
	if err != nil {
		return Checkpoint{}, ErrBadCheckpoint.Wrap(err)
	}
	return c, nil
}

// openCheckpoint verifies a checkpoint and reads what it says.
func openCheckpoint(keys *jose.Set, token string) (Checkpoint, error) {
	const leeway = time.Minute // replicas' clocks differ
	claims, err := keys.Verify(token, time.Now(), jose.Validation{Type: CheckpointType, Leeway: leeway, Lasting: true})
	if err != nil {
		return Checkpoint{}, err
	}
	c := Checkpoint{Token: token}
	sequence, numbered := claims.Int("sequence")
	made, timed := claims.Time("iat")
	if !numbered || !timed {
		return Checkpoint{}, jose.ErrClaims
	}
	c.Sequence, c.CreatedAt = sequence, made
	if c.TenantID, err = uuid.Parse(claims.String("tenant")); err != nil {
		return Checkpoint{}, jose.ErrClaims
	}
	if c.Hash, err = base64.RawURLEncoding.DecodeString(claims.String("hash")); err != nil {
		return Checkpoint{}, jose.ErrClaims
	}
	return c, nil
}
