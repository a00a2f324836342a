package tenants

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/purgereceipt"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/signingkey"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/pkg/problem"
)

// ReceiptType is the typ of a purge receipt's signature.
const ReceiptType = "purge-receipt+jwt"

// receiptLeeway is how far clocks may differ.
const receiptLeeway = time.Minute

// A Statement is what a purge receipt says.
type Statement struct {
	Issuer    string         `json:"iss"`    // the tenant of the operators
	TenantID  uuid.UUID      `json:"tenant"` // that is gone
	Slug      string         `json:"slug"`
	DeletedBy Actor          `json:"deleted_by"`
	DeletedAt time.Time      `json:"deleted_at"`
	PurgedAt  time.Time      `json:"purged_at"`
	Rows      map[string]int `json:"rows"` // that went, by table
	Total     int            `json:"total"`
	IssuedAt  int64          `json:"iat"` // Unix time
}

// A Receipt proves that a tenant's data was erased.
type Receipt struct {
	ID        uuid.UUID       `json:"id"`
	Statement json.RawMessage `json:"statement"` // a Statement
	Signature string          `json:"signature"` // JWS in compact form (RFC 7515) over the statement
	CreatedAt time.Time       `json:"created_at"`
}

// receiptKey is the key that signs receipts: that of the operators' tenant.
func (p *Provisioner) receiptKey(ctx context.Context) (*jose.Key, error) {
	if err := p.EnsureSystem(ctx); err != nil {
		return nil, err
	}
	system, err := p.registry.ByID(ctx, SystemID)
	if err != nil {
		return nil, fmt.Errorf("find the key for receipts: %w", err)
	}
	key, err := system.Keys.Signer(p.now())
	if err != nil {
		return nil, fmt.Errorf("find the key for receipts: %w", err)
	}
	return key, nil
}

// writeReceipt signs and stores what went, and records it in the log of the console. Signing computes for some microseconds and waits for nothing.
func (p *Provisioner) writeReceipt(ctx context.Context, tx *store.Tx, row *ent.Tenant, counts map[string]int, signer *jose.Key) error {
	now, d := p.now(), deletionOf(row)
	s := Statement{
		Issuer: p.addresses.Public(SystemID, SystemID.String()), TenantID: row.ID, Slug: row.Slug, DeletedBy: d.By, DeletedAt: d.At, PurgedAt: now,
		Rows: counts, IssuedAt: now.Unix(),
	}
	for _, n := range counts {
		s.Total += n
	}
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("write the receipt: %w", err)
	}
	signature, err := signer.SignPayload(ReceiptType, text)
	if err != nil {
		return fmt.Errorf("sign the receipt: %w", err)
	}
	// A tenant with an id that was used, purged and used again has a receipt already: the newest counts.
	if _, err := tx.PurgeReceipt.Delete().Where(purgereceipt.PurgedTenant(row.ID)).Exec(ctx); err != nil {
		return fmt.Errorf("replace the receipt: %w", err)
	}
	if err := tx.PurgeReceipt.Create().SetPurgedTenant(row.ID).SetSlug(row.Slug).SetStatement(text).SetSignature(signature).SetCreatedAt(now).
		Exec(ctx); err != nil {
		return fmt.Errorf("store the receipt: %w", err)
	}
	details := map[string]any{"tenant": row.ID.String(), "slug": row.Slug, "rows": s.Total}
	return p.recorder.note(ctx, tx, SystemID, AuditTenantPurged, d.By, details)
}

// Receipts lists the receipts of purged tenants, newest first: at most limit, those after the receipt with an id where that is not nil. Error:
// receipt_not_found for an id that none has.
func (p *Provisioner) Receipts(ctx context.Context, after uuid.UUID, limit int) (Page[*Receipt], error) {
	page := Page[*Receipt]{Total: -1, Items: []*Receipt{}}
	ctx = scope.With(ctx, scope.System("list purge receipts"))
	q := p.db.Reader().PurgeReceipt.Query()
	if after != uuid.Nil {
		last, err := p.db.Reader().PurgeReceipt.Get(ctx, after)
		if ent.IsNotFound(err) {
			return page, errNoReceipt
		}
		if err != nil {
			return page, fmt.Errorf("list purge receipts: %w", err)
		}
		q = q.Where(purgereceipt.Or(purgereceipt.CreatedAtLT(last.CreatedAt),
			purgereceipt.And(purgereceipt.CreatedAt(last.CreatedAt), purgereceipt.IDLT(last.ID))))
	}
	rows, err := q.Order(ent.Desc(purgereceipt.FieldCreatedAt, purgereceipt.FieldID)).Limit(limit + 1).All(ctx)
	if err != nil {
		return page, fmt.Errorf("list purge receipts: %w", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		page.Next = rows[limit-1].ID
	}
	for _, row := range rows {
		page.Items = append(page.Items, receipt(row))
	}
	return page, nil
}

var errNoReceipt = problem.NotFound("receipt_not_found", "there is no receipt of this tenant")

// Receipt is that of a purged tenant. Error: receipt_not_found.
func (p *Provisioner) Receipt(ctx context.Context, id uuid.UUID) (*Receipt, error) {
	row, err := p.db.Reader().PurgeReceipt.Query().Where(purgereceipt.PurgedTenant(id)).
		Only(scope.With(ctx, scope.System("read a purge receipt")))
	if ent.IsNotFound(err) {
		return nil, errNoReceipt
	}
	if err != nil {
		return nil, fmt.Errorf("read the purge receipt of tenant %s: %w", id, err)
	}
	return receipt(row), nil
}

func receipt(row *ent.PurgeReceipt) *Receipt {
	return &Receipt{ID: row.ID, Statement: row.Statement, Signature: row.Signature, CreatedAt: row.CreatedAt.UTC()}
}

// ReceiptKeys are all keys that ever signed receipts here, also those that have left the key set: their public parts stay known.
func (p *Provisioner) ReceiptKeys(ctx context.Context) (*jose.Set, error) {
	rows, err := p.db.Reader().SigningKey.Query().Order(ent.Asc(signingkey.FieldCreatedAt)).All(scope.With(ctx, scope.Tenant(SystemID)))
	if err != nil {
		return nil, fmt.Errorf("read the keys of receipts: %w", err)
	}
	public := make([]json.RawMessage, len(rows))
	for i, row := range rows {
		public[i] = row.PublicJwk
	}
	return jose.NewSetFromPublic(public...)
}

// Verify checks a receipt with the keys of the deployment that gave it, and gives what it says. It fails with jose.ErrInvalid where the signature is
// not one of these keys', or is over another statement.
func (r *Receipt) Verify(keys *jose.Set, now time.Time) (Statement, error) {
	claims, err := keys.Verify(r.Signature, now, jose.Validation{Type: ReceiptType, Leeway: receiptLeeway, Lasting: true})
	if err != nil {
		return Statement{}, fmt.Errorf("verify the receipt: %w", err)
	}
	text, err := json.Marshal(claims)
	if err != nil {
		return Statement{}, err
	}
	var signed, shown Statement
	if err := json.Unmarshal(text, &signed); err != nil {
		return Statement{}, fmt.Errorf("read the receipt: %w", err)
	}
	if len(r.Statement) == 0 { // the signature holds it
		return signed, nil
	}
	if err := json.Unmarshal(r.Statement, &shown); err != nil {
		return Statement{}, fmt.Errorf("read the receipt: %w", err)
	}
	if !signed.equal(shown) {
		return Statement{}, fmt.Errorf("verify the receipt: %w: the statement is not the one that was signed", jose.ErrInvalid)
	}
	return signed, nil
}

func (s Statement) equal(o Statement) bool {
	same := s.Issuer == o.Issuer && s.TenantID == o.TenantID && s.Slug == o.Slug && s.DeletedBy == o.DeletedBy && s.Total == o.Total &&
		s.IssuedAt == o.IssuedAt
	return same && s.DeletedAt.Equal(o.DeletedAt) && s.PurgedAt.Equal(o.PurgedAt) && maps.Equal(s.Rows, o.Rows)
}

// Tables are the names of the tables of which rows went, sorted.
func (s Statement) Tables() []string { return slices.Sorted(maps.Keys(s.Rows)) }

// FindReceipts finds the receipts of purged tenants that had a slug, or that of the tenant with an id; newest first, at most limit.
func (p *Provisioner) FindReceipts(ctx context.Context, text string, limit int) ([]*Receipt, error) {
	which := purgereceipt.Slug(strings.ToLower(strings.TrimSpace(text)))
	if id, err := uuid.Parse(strings.TrimSpace(text)); err == nil {
		which = purgereceipt.Or(which, purgereceipt.PurgedTenant(id))
	}
	rows, err := p.db.Reader().PurgeReceipt.Query().Where(which).Order(ent.Desc(purgereceipt.FieldCreatedAt, purgereceipt.FieldID)).Limit(limit).
		All(scope.With(ctx, scope.System("find purge receipts")))
	if err != nil {
		return nil, fmt.Errorf("find purge receipts: %w", err)
	}
	found := make([]*Receipt, len(rows))
	for i, row := range rows {
		found[i] = receipt(row)
	}
	return found, nil
}
