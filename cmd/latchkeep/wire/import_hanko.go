package wire

import (
	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/auth/hankodb"
	"github.com/latchkeep/latchkeep/auth/totp"
	"github.com/latchkeep/latchkeep/auth/transfer"
	"github.com/latchkeep/latchkeep/ent/outbox"
)

// HankoImporter takes over what is in a Hanko database.
func (a *App) HankoImporter() *hankodb.Importer {
	return hankodb.New(hankodb.Needs{
		Store: a.Store, Keyring: a.keyring, Provisioner: a.Provisioner, Registry: a.Registry,
		Accounts: transfer.NewWriter(a.Store, totp.NewRoom(a.Store, a.keyring)),
		Audit:    audit.NewAppender(outbox.NewWriter(a.keyring, func() { a.bell.Ring(bellOutbox) }), a.Settings.AuditLog.EraseDeletedUsers),
		Single:   a.Single != nil,
	})
}
