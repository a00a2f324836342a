package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/relyingparty"
)

// How much is written in one unit of work.
const (
	batchRows  = 500
	batchBytes = 4 << 20
)

// clearing is how long it may take to clear a broken import away; the worker does what is left.
const clearing = time.Minute

// ImportOptions say how a bundle is opened, and how the tenant is to be here.
type ImportOptions struct {
	Key
	tenants.As
	// Tell, which may be nil, learns how many rows are written so far.
	Tell func(rows int)
}

// Imported is what came of an import.
type Imported struct {
	Bundle uuid.UUID
	Tenant *tenants.Record
	// Created is false where the same bundle was imported before; the tenant is as it is now.
	Created bool
	Rows    map[string]int // that were written, by table
	// Plan is what the move did to passkeys and security keys.
	Plan relyingparty.Plan
	// Domains are those that the tenant had, to be verified anew.
	Domains int
}

// conflict is a row that is there already, in this tenant or another.
var conflict = problem.Conflict("bundle_conflict", "a row of the bundle is here already, or twice in the bundle")

// Import makes a tenant of a bundle. Nobody finds her before all of it was read and its summary is right. Where anything is wrong, what was written
// is cleared away.
//
// Errors: invalid_lock, ErrLocked, ErrNoFile, ErrDamaged, ErrNewer, invalid_bundle, bundle_conflict, those of tenants.Provisioner.Arrive, and those of
// the reader.
func (r *Room) Import(ctx context.Context, by tenants.Actor, from io.Reader, o ImportOptions) (*Imported, error) {
	in, err := open(from, o.Key)
	if err != nil {
		return nil, err
	}
	m := in.manifest.Tenant
	arrival, there, err := r.n.Tenants.Arrive(ctx, *m, in.manifest.Bundle, o.As)
	if err != nil {
		return nil, err
	}
	done := &Imported{Bundle: in.manifest.Bundle, Tenant: there}
	if there == nil {
		if done.Tenant, err = r.receive(ctx, by, in, arrival, o); err != nil {
			r.clear(ctx, arrival)
			return nil, err
		}
		done.Created, done.Rows, done.Domains = true, in.rows, in.rows["tenant_domains"]
	}
	if done.Plan, err = r.n.Tenants.RelyingParty(ctx, m); err != nil {
		return nil, err
	}
	return done, nil
}

// clear deletes what has arrived, also where the request is gone that brought it.
func (r *Room) clear(ctx context.Context, a *tenants.Arrival) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), clearing)
	defer cancel()
	if err := a.Abandon(ctx); err != nil {
		r.n.Log.WarnContext(ctx, "a broken import was not cleared away; the worker will", "tenant", a.ID, "error", err)
	}
}

// receive writes all rows, and lets the tenant be found.
func (r *Room) receive(ctx context.Context, by tenants.Actor, in *reader, a *tenants.Arrival, o ImportOptions) (*tenants.Record, error) {
	b := &batch{r: r, a: a, m: in.manifest.Tenant, tell: o.Tell}
	for {
		kind, raw, err := in.next()
		if errors.Is(err, errEnd) {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := b.add(ctx, in.number, kind, raw); err != nil {
			return nil, err
		}
	}
	if err := b.flush(ctx); err != nil {
		return nil, err
	}
	return a.Finish(ctx, by, map[string]any{"bundle": in.manifest.Bundle.String(), "slug": a.Slug, "rows": b.written})
}

// A batch is rows of one table that are written at once.
type batch struct {
	r    *Room
	a    *tenants.Arrival
	m    *tenants.Moving
	tell func(int)

	table   *rawsql.Table
	rows    []rawsql.Row
	members []*ent.MetadataMember
	size    int
	first   int // line of the first row
	written int
}

func (b *batch) add(ctx context.Context, number int, kind string, raw []byte) error {
	t, ok := movable(kind)
	if !ok {
		return refused(number, "", errors.New("kind is not one that is in bundles"))
	}
	if b.table != t || len(b.rows) >= batchRows || len(b.members) >= batchRows || b.size >= batchBytes {
		if err := b.flush(ctx); err != nil {
			return err
		}
		b.table, b.first = t, number
	}
	row, err := decodeRow(t, raw, b.r.n.Store.Dialect())
	if err != nil {
		return refused(number, kind, err)
	}
	c := cells{t, row}
	if err := check(b.m, c); err != nil {
		return refused(number, kind, err)
	}
	if err := b.r.sealRow(b.a, c); err != nil {
		return refused(number, kind, err)
	}
	b.rows, b.size = append(b.rows, row), b.size+len(raw)
	if kind == "users" {
		b.findable(c)
	}
	return nil
}

// findable makes the rows by which a person is found by her metadata.
func (b *batch) findable(c cells) {
	id, _ := c.get("id").(uuid.UUID)
	for _, m := range user.MetadataRows(user.Metadata{
		Public: c.text("public_metadata"), Private: c.text("private_metadata"), Unsafe: c.text("unsafe_metadata"),
	}) {
		b.members = append(b.members, &ent.MetadataMember{ID: uuid.Must(uuid.NewV7()), UserID: id, Name: m.Name, Value: m.Value})
	}
}

// flush writes the rows in one unit of work, while the tenant is still ours.
func (b *batch) flush(ctx context.Context) error {
	if len(b.rows) == 0 {
		return nil
	}
	err := b.r.n.Store.Do(ctx, scope.Tenant(b.a.ID), func(ctx context.Context, tx *store.Tx) error {
		if err := b.a.Hold(ctx, tx); err != nil {
			return err
		}
		if err := tx.Raw.InsertRows(ctx, b.table, b.rows); err != nil {
			return err
		}
		return tx.Raw.InsertMetadataMembers(ctx, b.members)
	})
	switch {
	case store.IsUniqueViolation(err):
		return conflict.Wrap(fmt.Errorf("%s, from line %d: %w", b.table.Name, b.first, err))
	case store.IsForeignKeyViolation(err):
		return refused(b.first, b.table.Name, errors.New("this row or one of the next refers to one that is not there"))
	case err != nil:
		return fmt.Errorf("write rows of %s: %w", b.table.Name, err)
	}
	b.written += len(b.rows)
	if b.tell != nil {
		b.tell(b.written)
	}
	b.rows, b.members, b.size = b.rows[:0], b.members[:0], 0
	return nil
}
