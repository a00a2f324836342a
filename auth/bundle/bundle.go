// Package bundle moves a whole tenant from one deployment to another: her configuration, keys and people with all they sign in with, as one encrypted
// file. docs/moving-tenants.md tells operators how, and docs/adr/0019-a-tenant-moves-as-one-file.md why the format is as it is.
//
// A bundle is JSON a line inside an age file: a manifest, rows, and a summary. Secrets that the database keeps sealed are opened with the keyring of
// the deployment that is left, and sealed anew with that of the other. Rows are read and written page by page, so that neither side holds more than a
// page in memory.
package bundle

import (
	"encoding/json"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/totp"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/tenants"
)

// What a bundle is as a file.
const (
	MediaType = "application/vnd.latchkeep.tenant+age"
	Extension = ".lktenant"
)

// Format is the version of the format that is written. Older ones are read, too; see upgrades.
const Format = 1

// The kinds of lines that are no rows.
const (
	kindManifest = "manifest"
	kindSummary  = "summary"
)

// maxLine is the most bytes of a line: more than any row that a deployment has.
const maxLine = 16 << 20

// Errors of bundles.
var (
	ErrNewer = problem.Conflict("bundle_newer",
		"the bundle was made by a newer version of Latchkeep than this one can read: upgrade first")
	ErrLocked  = problem.Invalid("bundle_locked", "the bundle cannot be opened with this identity or passphrase")
	ErrDamaged = problem.Invalid("bundle_damaged", "the bundle is damaged or not complete")
	ErrNoFile  = problem.Invalid("bundle_unreadable", "this is no bundle of a tenant: it is not in the format of age")
)

// Manifest is the first line: what the bundle is.
type Manifest struct {
	Kind   string `json:"kind"`
	Format int    `json:"format"`
	// Bundle is the id of this export. By it a deployment knows that it has imported it.
	Bundle         uuid.UUID       `json:"bundle"`
	Product        string          `json:"product"`
	ProductVersion string          `json:"product_version"`
	CreatedAt      time.Time       `json:"created_at"`
	Audit          bool            `json:"audit"` // the audit log is in it
	Tenant         *tenants.Moving `json:"tenant"`
}

// summary is the last line: how many rows of which table there are, and the SHA-256 of all lines before, in hexadecimal.
type summary struct {
	Kind   string         `json:"kind"`
	Rows   map[string]int `json:"rows"`
	SHA256 string         `json:"sha256"`
}

// line is a row.
type line struct {
	Kind string          `json:"kind"` // the table
	Row  json.RawMessage `json:"row"`
}

// Needs are what a Room works with. Log and Version are optional.
type Needs struct {
	Store   *store.Store
	Keyring *secret.Keyring
	Tenants *tenants.Provisioner
	Log     *slog.Logger
	// Version is that of the program, for the manifest.
	Version string
}

// A Room exports and imports tenants. It is safe for concurrent use.
type Room struct {
	n    Needs
	apps *totp.Room
}

// NewRoom makes a Room.
func NewRoom(n Needs) *Room {
	if n.Log == nil {
		n.Log = slog.New(slog.DiscardHandler)
	}
	return &Room{n: n, apps: totp.NewRoom(n.Store, n.Keyring)}
}
