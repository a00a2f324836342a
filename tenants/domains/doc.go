// Package domains gives tenants host names of their own. A tenant adds a host, proves by a record in the DNS that it is hers, and is then
// reached there; the proof is looked for again every day, and a host whose proof is gone for days is no longer hers.
//
// Several tenants may claim a host; only who proves it has it. The package asks the DNS outside of transactions, and knows no HTTP.
package domains

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

const (
	// MaxPerTenant is how many hosts a tenant may claim.
	MaxPerTenant = 20
	// MaxHost is how long a host may be: the name of its record is longer, and names have at most 253 bytes.
	MaxHost = 253 - len(recordLabel) - 1

	recordLabel = "_latchkeep-challenge"
	recordValue = "latchkeep-domain-verification="
)

// Errors about domains.
var (
	ErrNotFound = problem.NotFound("domain_not_found", "the tenant has no such domain")
	ErrTaken    = problem.Conflict("domain_taken", "another tenant of this deployment has this domain")
	ErrExists   = problem.Conflict("domain_exists", "the tenant has this domain already")
	ErrTooMany  = problem.Conflict("too_many_domains", "the tenant has as many domains as it may have")
	ErrPrimary  = problem.Conflict("domain_is_primary", "this is the tenant's primary domain: make another one primary first")
	ErrUnproven = problem.Conflict("domain_not_verified", "the domain is not verified yet")
	ErrNone     = problem.Conflict("no_domains", "this tenant can have no domains of its own")
)

// A Resolver asks the DNS. *net.Resolver is one.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// Needs are what the room works with. All but Reserved, Timeout, Log and Now are required.
type Needs struct {
	Store    *store.Store
	Outbox   *outbox.Writer
	Registry *tenants.Registry
	Tenants  *tenants.Provisioner
	Resolver Resolver
	// Reserved are hosts that no tenant may have: the console's and that of the admin API.
	Reserved []string
	// Timeout is how long one question to the DNS may take; 5 s where it is not positive.
	Timeout time.Duration
	Log     *slog.Logger
	Now     func() time.Time
}

// A Room keeps the domains of all tenants. It is safe for concurrent use.
type Room struct{ n Needs }

// NewRoom makes the room.
func NewRoom(n Needs) *Room {
	if n.Log == nil {
		n.Log = slog.New(slog.DiscardHandler)
	}
	if n.Now == nil {
		n.Now = time.Now
	}
	if n.Timeout <= 0 {
		n.Timeout = 5 * time.Second
	}
	return &Room{n}
}

// now is the time as all databases keep it.
func (r *Room) now() time.Time { return r.n.Now().UTC().Truncate(time.Microsecond) }

// Status is how far the proof of a domain is.
type Status string

// The statuses of a domain.
const (
	Pending  Status = "pending"  // the proof was not found yet and is looked for
	Expired  Status = "expired"  // the proof was not found for a week, and is looked for only when asked to
	Verified Status = "verified" // the tenant is served there
)

// A Domain is a host name of a tenant's own.
type Domain struct {
	ID, TenantID uuid.UUID
	Host         string // in ASCII and lower case
	Status       Status
	Primary      bool // the tenant's public URL begins with it
	// RecordName and RecordValue are the TXT record that proves the domain.
	RecordName, RecordValue string
	VerifiedAt              *time.Time
	CheckedAt               *time.Time
	NextCheckAt             *time.Time // nil where nobody will look by himself
	LostAt                  *time.Time // of a verified domain whose proof is missing: when it is no longer the tenant's
	Problem                 string     // what the last check missed; empty where nothing
	CreatedAt               time.Time
	CreatedBy               string
}

// show is a row as operators see it.
func (r *Room) show(row *ent.TenantDomain, primary string) Domain {
	d := Domain{
		ID: row.ID, TenantID: row.TenantID, Host: row.Host, Status: Pending, Primary: row.VerifiedAt != nil && row.Host == primary,
		RecordName: recordLabel + "." + row.Host, RecordValue: recordValue + row.Challenge,
		VerifiedAt: utc(row.VerifiedAt), CheckedAt: utc(row.CheckedAt), Problem: row.Problem, CreatedAt: row.CreatedAt.UTC(), CreatedBy: row.CreatedBy,
	}
	switch {
	case row.VerifiedAt != nil:
		d.Status = Verified
		if row.Problem != "" {
			d.LostAt = utc(new(row.UpdatedAt.Add(graceOfProof)))
		}
	case givenUp(row, r.now()):
		d.Status = Expired
		return d
	}
	d.NextCheckAt = utc(new(nextCheck(row)))
	return d
}

func utc(at *time.Time) *time.Time {
	if at == nil {
		return nil
	}
	return new(at.UTC())
}
