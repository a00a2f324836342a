package rawsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// A SealedColumn holds texts that are sealed under a secret of the operator, one a row. Its expressions say what a text is bound to.
type SealedColumn struct {
	table, column       string
	owner, word, number string // expressions: an id, a text and a number; an id, '' and 0 where the text is bound to none
	global              bool   // the rows are no tenant's
}

// The columns. What each is bound to is said by who seals: see auth/reseal.
var (
	SealedSigningKeys       = SealedColumn{table: "signing_keys", column: "private_key", owner: "id", word: "kid", number: "seal_version"}
	SealedSAMLKeys          = SealedColumn{table: "saml_certificates", column: "private_key", owner: "id", word: "''", number: "0"}
	SealedTOTPSecrets       = SealedColumn{table: "totp_secrets", column: "secret", owner: "user_id", word: "''", number: "0"}
	SealedRecoveryCodes     = SealedColumn{table: "recovery_codes", column: "hash", owner: "user_id", word: "''", number: "0"}
	SealedWebhookSecrets    = SealedColumn{table: "webhook_endpoints", column: "secrets", owner: "id", word: "''", number: "0"}
	SealedCertificateFiles  = SealedColumn{table: "certificate_files", column: "content", owner: "id", word: "name", number: "0", global: true}
	SealedIntents           = SealedColumn{table: "outbox", column: "payload", owner: "id", word: "kind", number: "0"}
	SealedWebhookDeliveries = SealedColumn{table: "webhook_deliveries", column: "payload", owner: "message_id", word: "''", number: "0"}
	SealedJobParts          = SealedColumn{table: "job_parts", column: "data", owner: "job_id", word: "kind", number: "number"}
	SealedFlows             = SealedColumn{table: "flows", column: "data", owner: "id", word: "''", number: "0"}
	SealedAnswers           = SealedColumn{table: "idempotency_keys", column: "answer", owner: "id", word: "''", number: "0"}
)

// String is the table and the column.
func (c SealedColumn) String() string { return c.table + "." + c.column }

// A SealedHead is the beginning of a sealed text, which says under which secret it is, and its size in bytes: none where there is no text.
type SealedHead struct {
	ID   uuid.UUID
	Head []byte
	Size int
}

// A SealedRow is a sealed text with what it is bound to.
type SealedRow struct {
	ID, Tenant, Owner uuid.UUID
	Word              string
	Number            int
	Sealed            []byte
}

// headSize is how much of a sealed text says under which secret it is: see secret.HeadSize.
const headSize = 5

// SealedHeads reads the heads of so many rows after the one with an id, in the order of the ids. Run it in the system scope.
//
// Why raw: ent reads whole columns, and texts may have megabytes.
func (q *Queries) SealedHeads(ctx context.Context, c SealedColumn, after uuid.UUID, limit int) ([]SealedHead, error) {
	if err := system(ctx); err != nil {
		return nil, fmt.Errorf("read heads of %s: %w", c, err)
	}
	rows, err := q.query(ctx, fmt.Sprintf(`SELECT id, SUBSTR(%[1]s, 1, %[2]d), COALESCE(LENGTH(%[1]s), 0) FROM %[3]s WHERE id > ? ORDER BY id LIMIT ?`,
		c.column, headSize, c.table), after, limit)
	heads, err := collect(rows, err, func(rows *sql.Rows) (h SealedHead, err error) { return h, rows.Scan(&h.ID, &h.Head, &h.Size) })
	if err != nil {
		return nil, fmt.Errorf("read heads of %s: %w", c, err)
	}
	return heads, nil
}

// SealedRows reads rows by their ids, in no order. Those that have gone are missing.
//
// Why raw: one statement for all columns that hold sealed texts.
func (q *Queries) SealedRows(ctx context.Context, c SealedColumn, ids ...uuid.UUID) ([]SealedRow, error) {
	if err := system(ctx); err != nil {
		return nil, fmt.Errorf("read sealed rows of %s: %w", c, err)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	tenant := "tenant_id"
	if c.global {
		tenant = "id" // nobody's: who opens it does not ask
	}
	rows, err := q.query(ctx, fmt.Sprintf(`SELECT id, %s, %s, %s, %s, %s FROM %s WHERE id IN (%s)`,
		tenant, c.owner, c.word, c.number, c.column, c.table, marks(len(ids))), list(ids)...)
	found, err := collect(rows, err, func(rows *sql.Rows) (r SealedRow, err error) {
		return r, rows.Scan(&r.ID, &r.Tenant, &r.Owner, &r.Word, &r.Number, &r.Sealed)
	})
	if err != nil {
		return nil, fmt.Errorf("read sealed rows of %s: %w", c, err)
	}
	return found, nil
}

// ReplaceSealed puts a text in the place of another one, and reports whether that was still there.
//
// Why raw: updated_at is none of its business, for nothing changed that anybody can see; entity tags are made of it.
func (q *Queries) ReplaceSealed(ctx context.Context, c SealedColumn, id uuid.UUID, old, sealed []byte) (bool, error) {
	if err := system(ctx); err != nil {
		return false, fmt.Errorf("replace a sealed text of %s: %w", c, err)
	}
	n, err := q.exec(ctx, fmt.Sprintf(`UPDATE %[1]s SET %[2]s = ? WHERE id = ? AND %[2]s = ?`, c.table, c.column), sealed, id, old)
	if err != nil {
		return false, fmt.Errorf("replace a sealed text of %s: %w", c, err)
	}
	return n == 1, nil
}

// A ConfigColumn holds configurations of tenants, with sealed secrets inside.
type ConfigColumn struct{ table, tenant string }

// The columns.
var (
	TenantConfigs  = ConfigColumn{table: "tenants", tenant: "id"}
	ConfigVersions = ConfigColumn{table: "tenant_config_versions", tenant: "tenant_id"}
)

// String is the table and the column.
func (c ConfigColumn) String() string { return c.table + ".config" }

// A StoredConfig is a configuration as it is stored.
type StoredConfig struct {
	ID, Tenant uuid.UUID
	Config     []byte
}

// StoredConfigs reads so many configurations after the one with an id, in the order of the ids. Run it in the system scope.
//
// Why raw: next to ReplaceConfig, and for both tables.
func (q *Queries) StoredConfigs(ctx context.Context, c ConfigColumn, after uuid.UUID, limit int) ([]StoredConfig, error) {
	if err := system(ctx); err != nil {
		return nil, fmt.Errorf("read configurations of %s: %w", c, err)
	}
	rows, err := q.query(ctx, fmt.Sprintf(`SELECT id, %s, config FROM %s WHERE id > ? ORDER BY id LIMIT ?`, c.tenant, c.table), after, limit)
	found, err := collect(rows, err, func(rows *sql.Rows) (s StoredConfig, err error) { return s, rows.Scan(&s.ID, &s.Tenant, &s.Config) })
	if err != nil {
		return nil, fmt.Errorf("read configurations of %s: %w", c, err)
	}
	return found, nil
}

// ReplaceConfig puts a configuration in the place of another one, and reports whether that was still there. It must run in a unit of work.
//
// Why raw: updated_at and version are none of its business, since nothing changed but the seals; and what the database made of the JSON is
// compared as it is read.
func (q *Queries) ReplaceConfig(ctx context.Context, c ConfigColumn, id uuid.UUID, old, config []byte) (bool, error) {
	if err := system(ctx); err != nil {
		return false, fmt.Errorf("replace a configuration of %s: %w", c, err)
	}
	rows, err := q.query(ctx, fmt.Sprintf(`SELECT config FROM %s WHERE id = ?%s`, c.table, q.forUpdate()), id)
	found, err := collect(rows, err, func(rows *sql.Rows) (stored []byte, err error) { return stored, rows.Scan(&stored) })
	switch {
	case err != nil:
		return false, fmt.Errorf("replace a configuration of %s: %w", c, err)
	case len(found) == 0 || string(found[0]) != string(old):
		return false, nil
	}
	n, err := q.exec(ctx, fmt.Sprintf(`UPDATE %s SET config = ? WHERE id = ?`, c.table), string(config), id)
	if err == nil && n != 1 {
		err = errors.New("the row is gone")
	}
	if err != nil {
		return false, fmt.Errorf("replace a configuration of %s: %w", c, err)
	}
	return true, nil
}
