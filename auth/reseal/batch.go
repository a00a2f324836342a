package reseal

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

const (
	// headRows is how many heads are read at a time, configRows how many configurations.
	headRows, configRows = 1000, 50
	// maxChanges and maxBytes bound what one transaction writes.
	maxChanges, maxBytes = 100, 2 << 20
)

// What is counted in the place of a fingerprint.
const (
	// Unsealed texts are not sealed in a way that is known.
	Unsealed = "unsealed"
	// Damaged texts name a secret that is configured, and cannot be opened with it: changed, or moved to another row.
	Damaged = "damaged"
)

// A batch is what was found in a portion of a place, and what is to be written.
type batch struct {
	place  Place
	next   position
	looked int
	// values are how many texts are under which secret, once the changes are made.
	values  map[string]int
	changes []change
}

// A change replaces a text, or a configuration with some, and counts for so many.
type change struct {
	id       uuid.UUID
	old, new []byte
	texts    int
}

// read looks at a portion, and with reseal prepares what is to be written. Nothing is opened that is under the newest secret.
func (r *Room) read(ctx context.Context, at position, reseal bool) (*batch, error) {
	ctx = scope.With(ctx, system())
	b := &batch{place: Places()[at.place], values: map[string]int{}}
	var err error
	if b.place.config != nil {
		b.next, err = r.readConfigs(ctx, b, at, reseal)
	} else {
		b.next, err = r.readTexts(ctx, b, at, reseal && b.place.Expires == 0)
	}
	return b, err
}

func (r *Room) readTexts(ctx context.Context, b *batch, at position, reseal bool) (position, error) {
	heads, err := r.n.Store.Raw().SealedHeads(ctx, b.place.column, at.after, headRows)
	if err != nil {
		return at, err
	}
	var stale []uuid.UUID
	bytes := 0
	for i, h := range heads {
		if h.Size == 0 {
			continue
		}
		key, ok := secret.KeyOf(h.Head)
		if !reseal || !ok || key == r.n.Keyring.CurrentKey() || !r.n.Keyring.Has(key) {
			b.count(nameOf(key, ok))
			continue
		}
		if len(stale) == maxChanges || len(stale) > 0 && bytes+h.Size > maxBytes {
			at.after = heads[i-1].ID
			return at, r.open(ctx, b, stale)
		}
		stale, bytes = append(stale, h.ID), bytes+h.Size
	}
	if len(heads) < headRows {
		return position{place: at.place + 1}, r.open(ctx, b, stale)
	}
	at.after = heads[len(heads)-1].ID
	return at, r.open(ctx, b, stale)
}

// open reads texts and prepares them, sealed anew.
func (r *Room) open(ctx context.Context, b *batch, ids []uuid.UUID) error {
	rows, err := r.n.Store.Raw().SealedRows(ctx, b.place.column, ids...)
	if err != nil {
		return err
	}
	slices.SortFunc(rows, func(x, y rawsql.SealedRow) int { return slices.Compare(x.ID[:], y.ID[:]) }) // all lock rows in one order
	for _, row := range rows {
		if len(row.Sealed) == 0 {
			continue // blanked meanwhile
		}
		sealed, name := r.reseal(row.Sealed, b.place.boundTo(row))
		b.count(name)
		if sealed != nil {
			b.changes = append(b.changes, change{id: row.ID, old: row.Sealed, new: sealed, texts: 1})
		}
		if name == Damaged {
			r.n.Log.WarnContext(ctx, "a sealed text cannot be opened", "place", b.place.Name, "id", row.ID)
		}
	}
	return nil
}

// reseal seals a text anew where it is to be; nil where it stays as it is. The name is whose it is then.
func (r *Room) reseal(sealed, boundTo []byte) (anew []byte, name string) {
	key, ok := secret.KeyOf(sealed)
	if !ok || key == r.n.Keyring.CurrentKey() || !r.n.Keyring.Has(key) {
		return nil, nameOf(key, ok)
	}
	anew, err := r.n.Keyring.Reseal(sealed, boundTo)
	if err != nil {
		return nil, Damaged
	}
	return anew, r.n.Keyring.CurrentKey().String()
}

func (r *Room) readConfigs(ctx context.Context, b *batch, at position, reseal bool) (position, error) {
	rows, err := r.n.Store.Raw().StoredConfigs(ctx, *b.place.config, at.after, configRows)
	if err != nil {
		return at, err
	}
	for _, row := range rows {
		changed := 0
		rewritten, err := tenants.RewriteSealed(row.Tenant, row.Config, func(sealed string, aad []byte) string {
			key, ok := secret.KeyOfString(sealed)
			if !reseal || !ok || key == r.n.Keyring.CurrentKey() || !r.n.Keyring.Has(key) {
				b.count(nameOf(key, ok))
				return sealed
			}
			plain, err := r.n.Keyring.OpenString(sealed, aad)
			if err != nil {
				b.count(Damaged)
				return sealed
			}
			changed++
			b.count(r.n.Keyring.CurrentKey().String())
			return r.n.Keyring.SealString(plain, aad)
		})
		if err != nil {
			r.n.Log.WarnContext(ctx, "a stored configuration cannot be read", "place", b.place.Name, "id", row.ID, "error", err)
			b.count(Unsealed)
			continue
		}
		if changed > 0 {
			b.changes = append(b.changes, change{id: row.ID, old: row.Config, new: rewritten, texts: changed})
		}
	}
	if len(rows) < configRows {
		return position{place: at.place + 1}, nil
	}
	at.after = rows[len(rows)-1].ID
	return at, nil
}

// write makes the changes, and reports how many texts somebody else changed meanwhile.
func (b *batch) write(ctx context.Context, tx *store.Tx) (overtaken int, err error) {
	for _, c := range b.changes {
		var done bool
		if b.place.config != nil {
			done, err = tx.Raw.ReplaceConfig(ctx, *b.place.config, c.id, c.old, c.new)
		} else {
			done, err = tx.Raw.ReplaceSealed(ctx, b.place.column, c.id, c.old, c.new)
		}
		if err != nil {
			return 0, fmt.Errorf("seal anew: %w", err)
		}
		if !done {
			overtaken += c.texts
		}
	}
	return overtaken, nil
}

func (b *batch) count(name string) {
	b.looked++
	b.values[name]++
}

// changed is how many texts the batch seals anew.
func (b *batch) changed() (n int) {
	for _, c := range b.changes {
		n += c.texts
	}
	return n
}

func nameOf(key secret.KeyID, ok bool) string {
	if !ok {
		return Unsealed
	}
	return key.String()
}
