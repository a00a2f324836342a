package bundle

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// page is how many rows are read at a time.
const page = 500

// ErrUnreadable says that a stored secret cannot be opened. It is no internal error where an operator asks: she can do something about it.
var ErrUnreadable = problem.Conflict("secrets_unreadable",
	"a secret of the tenant cannot be opened: the entry of secrets.keys that sealed it is missing")

// ExportOptions say what is exported, and who can open it.
type ExportOptions struct {
	Lock
	// WithoutAudit leaves the audit log out.
	WithoutAudit bool
	// Status is what the tenant is to be where it arrives, in place of what it is; empty keeps. It is for who made it read-only just for the export.
	Status tenants.Status
	// Tell, which may be nil, learns how many rows are written so far.
	Tell func(rows int)
}

// Exported is what came of an export.
type Exported struct {
	Bundle uuid.UUID      `json:"bundle"`
	Tenant uuid.UUID      `json:"tenant"`
	Rows   map[string]int `json:"rows"` // by table
}

// An Export is a tenant that was found and may be exported.
type Export struct {
	r *Room
	m *tenants.Moving
	o ExportOptions
}

// Prepare finds a tenant and checks the lock, so that whoever streams the bundle knows that it can be made. Errors: tenants.ErrNotFound, invalid_lock,
// single_tenant, system_tenant, secrets_unreadable.
func (r *Room) Prepare(ctx context.Context, id uuid.UUID, o ExportOptions) (*Export, error) {
	if _, err := o.recipients(); err != nil {
		return nil, err
	}
	m, err := r.n.Tenants.Depart(ctx, id)
	if err != nil {
		return nil, err
	}
	if o.Status != "" {
		m.Status = o.Status
	}
	return &Export{r: r, m: m, o: o}, nil
}

// Name is what the file may be called.
func (e *Export) Name() string { return e.m.Slug + Extension }

// Write writes the bundle. The tenant may go on meanwhile: each table is read page by page, so what changes while it is written may be in it or not.
// The export is recorded before its last line: what cannot be recorded has failed, and is not complete.
func (e *Export) Write(ctx context.Context, by tenants.Actor, to io.Writer) (*Exported, error) {
	ctx = scope.With(ctx, scope.Tenant(e.m.ID))
	locked, err := lock(to, e.o.Lock)
	if err != nil {
		return nil, err
	}
	w := &writer{ctx: ctx, e: e, to: locked, sum: sha256.New(), rows: map[string]int{}}
	manifest := Manifest{
		Kind: kindManifest, Format: Format, Bundle: uuid.Must(uuid.NewV7()), Product: "latchkeep", ProductVersion: e.r.n.Version,
		CreatedAt: time.Now().UTC().Truncate(time.Second), Audit: !e.o.WithoutAudit, Tenant: e.m,
	}
	if err := w.json(manifest); err != nil {
		return nil, err
	}
	if err := w.all(); err != nil {
		return nil, fmt.Errorf("export tenant %s: %w", e.m.ID, err)
	}
	total := 0
	for _, n := range w.rows {
		total += n
	}
	details := map[string]any{"bundle": manifest.Bundle.String(), "rows": total, "audit": manifest.Audit}
	if err := e.r.n.Tenants.Departed(ctx, by, e.m.ID, details); err != nil {
		return nil, err
	}
	if err := w.json(summary{Kind: kindSummary, Rows: w.rows, SHA256: hex.EncodeToString(w.sum.Sum(nil))}); err != nil {
		return nil, err
	}
	if err := locked.Close(); err != nil {
		return nil, fmt.Errorf("end the bundle: %w", err)
	}
	return &Exported{Bundle: manifest.Bundle, Tenant: e.m.ID, Rows: w.rows}, nil
}

// A writer writes the lines of a bundle.
type writer struct {
	ctx  context.Context //nolint:containedctx // of one export
	e    *Export
	to   io.Writer
	sum  hash.Hash
	rows map[string]int
	told int
	buf  bytes.Buffer
}

func (w *writer) json(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write a line: %w", err)
	}
	w.buf.Reset()
	w.buf.Write(text)
	w.buf.WriteByte('\n')
	return w.flush()
}

func (w *writer) flush() error {
	w.sum.Write(w.buf.Bytes())
	_, err := w.to.Write(w.buf.Bytes())
	return err
}

// all writes the tables, in an order in which each row comes after those that it refers to.
func (w *writer) all() error {
	for _, name := range before {
		if err := w.table(must(name), nil); err != nil {
			return err
		}
	}
	// Addresses that nobody has claimed: no person's page has them.
	if err := w.table(must("emails"), &rawsql.Which{Column: "user_id"}); err != nil {
		return err
	}
	if err := w.people(); err != nil {
		return err
	}
	rest := after
	if !w.e.o.WithoutAudit {
		rest = slices.Concat(after, events)
	}
	for _, name := range rest {
		if err := w.table(must(name), nil); err != nil {
			return err
		}
	}
	return nil
}

// table writes the rows of a table page by page.
func (w *writer) table(t *rawsql.Table, which *rawsql.Which) error {
	return w.pages(t, which, func(rows []rawsql.Row) error { return w.write(t, rows) })
}

func (w *writer) pages(t *rawsql.Table, which *rawsql.Which, each func([]rawsql.Row) error) error {
	at, last := t.At("id"), uuid.Nil
	for {
		rows, err := w.e.r.n.Store.Raw().RowsAfter(w.ctx, t, which, last, page)
		if err != nil {
			return err
		}
		if err := each(rows); err != nil {
			return err
		}
		if len(rows) < page {
			return nil
		}
		last, _ = rows[page-1][at].(uuid.UUID)
	}
}

// people writes people page by page: a page's people, and then what they have. Accounts at third parties are read before the addresses that they hang
// on, so that one which is added meanwhile is not there without its address.
func (w *writer) people() error {
	users := must("users")
	return w.pages(users, nil, func(rows []rawsql.Row) error {
		if len(rows) == 0 {
			return nil
		}
		which := rawsql.Which{Column: "user_id"}
		for _, row := range rows {
			which.Values = append(which.Values, row[users.At("id")])
		}
		identities, err := w.e.r.n.Store.Raw().RowsOf(w.ctx, must("identities"), which)
		if err != nil {
			return err
		}
		if err := w.write(users, rows); err != nil {
			return err
		}
		known := map[any]bool{}
		for _, name := range people[1:] {
			t := must(name)
			owned := identities
			if name != "identities" {
				if owned, err = w.e.r.n.Store.Raw().RowsOf(w.ctx, t, which); err != nil {
					return err
				}
			}
			for _, row := range owned {
				if name == "emails" {
					known[row[t.At("id")]] = true
				}
			}
			if name == "identities" {
				owned = slices.DeleteFunc(owned, func(row rawsql.Row) bool {
					address := row[t.At("email_id")]
					return address != nil && !known[address]
				})
			}
			if err := w.write(t, owned); err != nil {
				return err
			}
		}
		return nil
	})
}

// write writes rows, their secrets in clear.
func (w *writer) write(t *rawsql.Table, rows []rawsql.Row) error {
	w.buf.Reset()
	for _, row := range rows {
		c := cells{t, row}
		if outlived(c, time.Now()) {
			continue
		}
		err := w.e.r.openRow(w.e.m, c)
		switch {
		case errors.Is(err, errNoUse):
			continue
		case errors.Is(err, secret.ErrUndecryptable):
			return ErrUnreadable.Wrap(err)
		case err != nil:
			return err
		}
		if err := encodeRow(&w.buf, t, row); err != nil {
			return err
		}
		w.rows[t.Name]++
		w.told++
	}
	if w.e.o.Tell != nil {
		w.e.o.Tell(w.told)
	}
	return w.flush()
}

// outlived reports whether a row is only waiting to be cleaned up.
func outlived(c cells, now time.Time) bool {
	switch c.table.Name {
	case "sessions", "trusted_devices":
		until, ok := c.get("expires_at").(time.Time)
		return ok && !until.After(now)
	}
	return false
}
