package transfer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/totp"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

// Status is what became of an account.
type Status string

// The statuses of an outcome.
const (
	Written  Status = "written"
	Exists   Status = "exists"   // she was there already, and nothing was changed
	Rejected Status = "rejected" // somebody else has something that only one may have
)

// An Outcome says what became of an account.
type Outcome struct {
	Status Status
	UserID uuid.UUID
	// Code is the stable name of a conflict, empty where there is none; Field is where in the account it is, such as "emails[1].address".
	Code, Field string
}

// The codes of conflicts.
const (
	CodeUserExists       = "user_id_already_exists" // in any tenant
	CodeEmailExists      = "email_already_exists"
	CodeUsernameExists   = "username_already_exists"
	CodeCredentialExists = "credential_already_exists"
	CodeHandleExists     = "user_handle_already_exists"
	CodeIdentityExists   = "identity_already_exists"
	CodeConflict         = "conflict" // with somebody who was written at the same time
)

// reasons are what the codes say to people.
var reasons = map[string]string{
	CodeUserExists:       "a user with this id exists",
	CodeEmailExists:      "the address belongs to an account",
	CodeUsernameExists:   "the username belongs to an account",
	CodeCredentialExists: "a WebAuthn credential with this id exists",
	CodeHandleExists:     "the user handle belongs to another user",
	CodeIdentityExists:   "the account at the third party is linked to a user",
	CodeConflict:         "somebody with the same id, address, username or credential was written at the same time",
}

// Reason says to people why an account was rejected; it is empty where it was not.
func (o Outcome) Reason() string { return reasons[o.Code] }

// MaxBatch is the most accounts of one call of Write: a transaction shall be short.
const MaxBatch = 2000

// manyAccounts is from how many accounts on a batch is worth new plans, which cost it some milliseconds.
const manyAccounts = 10

// A Writer writes accounts. It is safe for concurrent use.
type Writer struct {
	store *store.Store
	apps  *totp.Room
	keep  bool
	at    time.Time // what has no time of its own gets; now where it is zero
	// dearer is shared with those that keep existing people.
	dearer *dearer
}

// NewWriter writes to a store; the secrets of authenticator apps are sealed by their room.
func NewWriter(st *store.Store, apps *totp.Room) *Writer {
	return &Writer{store: st, apps: apps, dearer: &dearer{told: map[uuid.UUID]time.Time{}}}
}

// KeepingExisting is a writer to whom a person whose id exists in the tenant is no conflict: she is left as she is, so that the same people can
// be written again.
func (w *Writer) KeepingExisting() *Writer {
	kept := *w
	kept.keep = true
	return &kept
}

// keeping is KeepingExisting where that is asked for.
func (w *Writer) keeping(existing bool) *Writer {
	if existing {
		return w.KeepingExisting()
	}
	return w
}

// since is a writer for a run that began at a time, which is that of all its rows. Spec: import-export §1.2.
func (w *Writer) since(begun time.Time) *Writer {
	dated := *w
	dated.at = stored(begun)
	return &dated
}

// A Follow is a change that is committed with a batch: it learns what became of the accounts. It may run more than once, each time in a new
// transaction.
type Follow func(ctx context.Context, tx *store.Tx, outcomes []Outcome) error

// Write writes accounts, MaxBatch at most, in one transaction, and says of each what became of it, in their order. One that conflicts with a
// person of the tenant, or with an earlier one of the batch, is rejected and does not stop the others. Missing ids and times are made.
//
// An error means that nothing was written.
func (w *Writer) Write(ctx context.Context, t *tenants.Tenant, accounts []Account, follow ...Follow) ([]Outcome, error) {
	if len(accounts) > MaxBatch {
		return nil, fmt.Errorf("write accounts: a batch of %d is larger than %d", len(accounts), MaxBatch)
	}
	b, err := w.prepare(t, accounts)
	if err != nil {
		return nil, fmt.Errorf("write accounts: %w", err)
	}
	// Most batches have no conflict. What others have is only read where a unique index says that it matters, and even then somebody else may
	// be quicker by a moment.
	outcomes, err := w.commit(ctx, t, b, b.writeAtOnce, follow)
	if store.IsUniqueViolation(err) {
		if b.elsewhere, err = w.elsewhere(ctx, accounts); err == nil {
			outcomes, err = w.commit(ctx, t, b, b.writeOthers, follow)
		}
	}
	if store.IsUniqueViolation(err) {
		outcomes, err = w.commit(ctx, t, b, b.writeEach, follow)
	}
	if err != nil {
		return nil, fmt.Errorf("write accounts: %w", err)
	}
	return outcomes, nil
}

// prepare does all that needs no transaction.
func (w *Writer) prepare(t *tenants.Tenant, accounts []Account) (*batch, error) {
	b := &batch{accounts: make([]Account, len(accounts)), sealed: make([][]byte, len(accounts)), keep: w.keep, tenant: t.ID}
	at := w.at
	if at.IsZero() {
		at = stored(time.Now())
	}
	for i := range accounts {
		b.accounts[i] = accounts[i].filled(at)
		a := &b.accounts[i]
		if a.TOTP == nil {
			continue
		}
		sealed, err := w.apps.Seal(t.ID, a.ID, a.TOTP.Secret)
		if err != nil {
			return nil, fmt.Errorf("account %d: %w", i, err)
		}
		b.sealed[i] = sealed
	}
	return b, nil
}

// elsewhere finds which ids are taken, and in which tenant: they are unique over all, and the transaction sees one tenant alone.
func (w *Writer) elsewhere(ctx context.Context, accounts []Account) (map[uuid.UUID]uuid.UUID, error) {
	var given []uuid.UUID
	for i := range accounts {
		if accounts[i].ID != uuid.Nil {
			given = append(given, accounts[i].ID)
		}
	}
	ctx = scope.With(ctx, scope.System("find user ids of other tenants"))
	found := map[uuid.UUID]uuid.UUID{}
	for chunk := range slices.Chunk(given, maxList) {
		some, err := w.store.Raw().UserTenants(ctx, chunk)
		if err != nil {
			return nil, err
		}
		maps.Copy(found, some)
	}
	return found, nil
}

func (w *Writer) commit(
	ctx context.Context, t *tenants.Tenant, b *batch,
	write func(context.Context, *store.Tx) ([]Outcome, error), follow []Follow,
) (outcomes []Outcome, err error) {
	err = w.store.Do(ctx, scope.Tenant(t.ID), func(ctx context.Context, tx *store.Tx) (err error) {
		if len(b.accounts) >= manyAccounts {
			if err := tx.Raw.ForgetPlans(ctx); err != nil {
				return err
			}
		}
		if outcomes, err = write(ctx, tx); err != nil {
			return err
		}
		for _, f := range follow {
			if err := f(ctx, tx, outcomes); err != nil {
				return err
			}
		}
		if w.dearer.due(t.ID, b.accounts) {
			return w.dearer.tell(ctx, tx, t.ID)
		}
		return nil
	})
	return outcomes, err
}

// Judge says what would become of accounts, MaxBatch at most, if they were written now, and writes nothing. It does not see what other batches
// would write.
func (w *Writer) Judge(ctx context.Context, t *tenants.Tenant, accounts []Account) ([]Outcome, error) {
	b, err := w.prepare(t, accounts)
	if err != nil {
		return nil, fmt.Errorf("judge accounts: %w", err)
	}
	if b.elsewhere, err = w.elsewhere(ctx, accounts); err != nil {
		return nil, fmt.Errorf("judge accounts: %w", err)
	}
	known, err := b.look(scope.With(ctx, scope.Tenant(t.ID)), w.store.Reader())
	if err != nil {
		return nil, fmt.Errorf("judge accounts: %w", err)
	}
	return b.judge(known), nil
}

// ErrConflicts is the answer where all or nothing was to be written, and somebody conflicts with a person who is there.
var ErrConflicts = problem.Conflict("conflicts", "nothing was written, for there are conflicts with people of the tenant")

// writeAll writes any number of accounts in one transaction, or none where one is rejected. Errors: ErrConflicts, with what would have become of
// each.
func (w *Writer) writeAll(ctx context.Context, t *tenants.Tenant, accounts []Account, follow Follow) ([]Outcome, error) {
	b, err := w.prepare(t, accounts)
	if err != nil {
		return nil, err
	}
	if b.elsewhere, err = w.elsewhere(ctx, accounts); err != nil {
		return nil, err
	}
	return w.commit(ctx, t, b, b.writeOthers, []Follow{func(_ context.Context, _ *store.Tx, outcomes []Outcome) error {
		for _, o := range outcomes {
			if o.Status == Rejected {
				return ErrConflicts
			}
		}
		return nil
	}, follow})
}
