package tenants

import (
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/tenants/config"
	"github.com/latchkeep/latchkeep/tenants/quota"
)

// SingleID is the tenant of a deployment that serves only one.
var SingleID = uuid.UUID{15: 1}

// Status is where a tenant is in its life.
type Status string

// The statuses of a tenant. A deleting tenant is not found, but by those who ask for deleted ones.
const (
	StatusActive    Status = "active"
	StatusReadOnly  Status = "read_only" // nothing may change; people still sign in
	StatusSuspended Status = "suspended" // nobody signs in; verification keys are still served
	StatusDeleting  Status = "deleting"
	StatusImporting Status = "importing" // its rows are arriving: nobody finds it. See Arrive
)

// Origin says how a tenant came to be, which decides the defaults under its configuration.
type Origin string

// The origins of a tenant.
const (
	OriginV1         Origin = "v1"         // defaults derive from its public URL
	OriginCompatible Origin = "compatible" // plain defaults; its slug is its UUID
	OriginSingle     Origin = "single"     // configuration comes from the file, not from the database
	OriginSystem     Origin = "system"     // where operators sign in
)

// A Tenant is a snapshot of one tenant, compiled when it was loaded and never changed after. A change of the tenant makes a new snapshot with
// a greater Version. It is shared by all requests, so nothing it points to may be written to.
type Tenant struct {
	ID            uuid.UUID
	Slug          string // DNS label: the host is slug.base-domain
	Name          string
	Status        Status
	StatusReason  string
	Origin        Origin
	Version       int64 // grows with every change
	ConfigVersion int   // grows with every change of the configuration
	Config        *config.Config
	PublicURL     string // without trailing slash
	AdminURL      string // without trailing slash
	Keys          *Keys
	Quotas        *quota.State   // what she may have, and what of it she has reached
	Hooks         []Hook         // enabled webhooks that back ends made, beside those of the configuration
	SAML          []SAMLProvider // identity providers, oldest first; none are read where SAML is switched off
	CreatedAt     time.Time
	UpdatedAt     time.Time

	memos sync.Map // of key to *memo
}

// Suspended reports whether the tenant is suspended: requests other than for verification keys are refused.
func (t *Tenant) Suspended() bool { return t.Status == StatusSuspended }

// ReadOnly reports whether changes are refused.
func (t *Tenant) ReadOnly() bool { return t.Status == StatusReadOnly }

// Key is the key of something of this tenant in a cache, a rate limiter, Redis or a lock. See [Key].
func (t *Tenant) Key(kind string, parts ...string) string { return Key(t.ID, kind, parts...) }
