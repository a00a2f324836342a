package reseal

import (
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/auth/recoverycode"
	"github.com/latchkeep/latchkeep/auth/totp"
	"github.com/latchkeep/latchkeep/auth/transfer"
	"github.com/latchkeep/latchkeep/auth/webhook"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/certificates"
)

// Transient is how long anything lives that is sealed, or derived from the newest secret, and not sealed anew: the sealed starts of flows that
// browsers have, what third parties bring back, cursors of lists, codes sent by mail, whose table keeps their HMACs.
const Transient = 24 * time.Hour

// A Place is a column that holds sealed texts.
type Place struct {
	// Name is the table and the column.
	Name string
	// Expires says that the texts are only counted: each is gone after so long. Zero: they are sealed anew.
	Expires time.Duration

	column  rawsql.SealedColumn
	boundTo func(rawsql.SealedRow) []byte
	config  *rawsql.ConfigColumn // configurations, with texts inside, in place of a column
}

// Places are all columns that hold sealed texts. A test compares the list with the schema.
func Places() []Place {
	return []Place{
		ofConfig(rawsql.TenantConfigs),
		ofConfig(rawsql.ConfigVersions),
		of(rawsql.SealedSigningKeys, func(r rawsql.SealedRow) []byte { return tenants.KeySealedFor(r.Tenant, r.Word, r.Number) }),
		of(rawsql.SealedSAMLKeys, func(r rawsql.SealedRow) []byte { return saml.SealedFor(r.Tenant, r.Owner) }),
		of(rawsql.SealedWebhookSecrets, func(r rawsql.SealedRow) []byte { return webhook.SealedFor(r.Tenant, r.Owner) }),
		of(rawsql.SealedCertificateFiles, func(r rawsql.SealedRow) []byte { return certificates.SealedFor(r.Word) }),
		of(rawsql.SealedTOTPSecrets, func(r rawsql.SealedRow) []byte { return totp.SealedFor(r.Tenant, r.Owner) }),
		of(rawsql.SealedRecoveryCodes, func(r rawsql.SealedRow) []byte { return recoverycode.SealedFor(r.Tenant, r.Owner) }),
		of(rawsql.SealedIntents, func(r rawsql.SealedRow) []byte { return outbox.SealedFor(r.Tenant, r.Word, r.Owner) }),
		of(rawsql.SealedWebhookDeliveries, func(r rawsql.SealedRow) []byte { return outbox.SealedFor(r.Tenant, event.KindWebhook, r.Owner) }),
		of(rawsql.SealedJobParts, func(r rawsql.SealedRow) []byte { return transfer.SealedFor(r.Tenant, r.Owner, r.Word, r.Number) }),
		expiring(rawsql.SealedFlows, Transient),
		expiring(rawsql.SealedAnswers, Transient),
	}
}

func of(c rawsql.SealedColumn, boundTo func(rawsql.SealedRow) []byte) Place {
	return Place{Name: c.String(), column: c, boundTo: boundTo}
}

func ofConfig(c rawsql.ConfigColumn) Place { return Place{Name: c.String(), config: &c} }

func expiring(c rawsql.SealedColumn, after time.Duration) Place {
	return Place{Name: c.String(), column: c, Expires: after}
}

// A position is where a pass is: in a place, behind a row.
type position struct {
	place int
	after uuid.UUID
}

func start() position { return position{} }

// over reports whether all places were looked at.
func (p position) over() bool { return p.place >= len(Places()) }
