package bundle

import (
	"slices"

	"github.com/latchkeep/latchkeep/ent/rawsql"
)

// Every table of a tenant is on one of the following lists; a test fails for a new one that is on none.

// before are the tables that are written first. Addresses that nobody has claimed are among them: see the exporter.
var before = []string{
	"signing_keys", "saml_certificates", "saml_providers", "api_keys", "tenant_domains", "tenant_config_versions", "webhooks", "webhook_endpoints",
}

// people are the tables with the rows of people, which are written page by page: a page's people, then what they have.
var people = []string{
	"users", "emails", "password_credentials", "webauthn_credentials", "totp_secrets", "recovery_codes", "identities", "sessions", "trusted_devices",
}

// after are the tables that are written last.
var after = []string{"usage_days", "usage_people"}

// events are the tables of the audit log, which can be left out.
var events = []string{"audit_logs", "audit_checkpoints"}

// derived are made anew from other rows.
var derived = []string{"metadata_members"}

// stays are the tables that do not move, because what is in them is about to happen or to expire: conversations under way, codes, deliveries, jobs.
var stays = []string{
	"flows", "idempotency_keys", "outbox", "jobs", "job_parts", "passcodes", "revocations", "saml_uses", "one_time_tokens", "webhook_deliveries",
}

// movable finds a table that may be in a bundle.
func movable(name string) (*rawsql.Table, bool) {
	for _, list := range [][]string{before, people, after, events} {
		if slices.Contains(list, name) {
			return rawsql.TableOf(name)
		}
	}
	return nil, false
}

// must is a table that is on a list above.
func must(name string) *rawsql.Table {
	t, ok := rawsql.TableOf(name)
	if !ok {
		panic("bundle: there is no table " + name) // the lists are ours, and a test goes through them
	}
	return t
}

// A cells is a row with its table, to be read and changed by the names of columns.
type cells struct {
	table *rawsql.Table
	row   rawsql.Row
}

func (c cells) get(column string) any        { return c.row[c.table.At(column)] }
func (c cells) set(column string, value any) { c.row[c.table.At(column)] = value }

func (c cells) text(column string) string {
	s, _ := c.get(column).(string)
	return s
}

func (c cells) bytes(column string) []byte {
	b, _ := c.get(column).([]byte)
	return b
}

func (c cells) int(column string) int64 {
	n, _ := c.get(column).(int64)
	return n
}
