package hankodb_test

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testdb"
)

// A schema says which tables and columns a version of Hanko has: name and type, space between. Spec: data-model §2.
type schema map[string][]string

const (
	ts    = "created_at:ts updated_at:ts"
	owned = "tenant_id:uuid"
)

// current is the schema of Hanko v3.
func current() schema {
	s := schema{}
	for table, columns := range map[string]string{
		"schema_migration":                 "version:str",
		"tenants":                          "id:uuid config:json " + ts,
		"users":                            "id:uuid " + owned + " name:str given_name:str family_name:str picture:text " + ts,
		"emails":                           "id:uuid " + owned + " user_id:uuid address:str verified:bool " + ts,
		"primary_emails":                   "id:uuid " + owned + " email_id:uuid user_id:uuid " + ts,
		"usernames":                        "id:uuid " + owned + " user_id:uuid username:str " + ts,
		"password_credentials":             "id:uuid " + owned + " user_id:uuid password:str " + ts,
		"webauthn_credentials":             "id:str " + owned + " user_id:uuid name:str public_key:text attestation_type:str aaguid:uuid sign_count:int last_used_at:ts backup_eligible:bool backup_state:bool mfa_only:bool user_handle_id:uuid " + ts,
		"webauthn_credential_transports":   "id:str " + owned + " name:str webauthn_credential_id:str",
		"webauthn_credential_user_handles": "id:uuid " + owned + " user_id:uuid handle:str " + ts,
		"identities":                       "id:uuid " + owned + " provider_user_id:str provider_id:str data:text email_id:uuid user_id:uuid " + ts,
		"saml_identities":                  "id:uuid " + owned + " identity_id:uuid domain:str " + ts,
		"otp_secrets":                      "id:uuid " + owned + " user_id:uuid secret:str last_validated_step:int " + ts,
		"sessions":                         "id:uuid " + owned + " user_id:uuid user_agent:str ip_address:str expires_at:ts last_used:ts " + ts,
		"user_metadata":                    "id:uuid " + owned + " user_id:uuid public_metadata:long private_metadata:long unsafe_metadata:long " + ts,
		"trusted_devices":                  "id:uuid " + owned + " user_id:uuid device_token:str expires_at:ts " + ts,
		"jwks":                             "id:serial " + owned + " key_data:text created_at:ts",
		"audit_logs":                       "id:uuid " + owned + " type:str error:str meta_http_request_id:str meta_source_ip:str meta_user_agent:str actor_user_id:uuid actor_email:str details:text " + ts,
		"webhooks":                         "id:uuid " + owned + " callback:str enabled:bool failures:int expires_at:ts " + ts,
		"webhook_events":                   "id:uuid " + owned + " webhook_id:uuid event:str " + ts,
		"saml_providers":                   "id:uuid " + owned + " name:str entity_id:str metadata_url:str domain:str enabled:bool skip_email_verification:bool attribute_map:json " + ts,
		"saml_idp_metadata":                "id:uuid " + owned + " provider_id:uuid raw_metadata_xml:text issuer:str sso_url:str certificates_pem:text last_fetched_at:ts " + ts,
		"saml_certificates":                "id:uuid " + owned + " cert_data:text cert_key:text encryption_key:text " + ts,
		"flows":                            "id:uuid " + owned + " data:text version:int csrf_token:str expires_at:ts " + ts,
	} {
		s[table] = strings.Fields(columns)
	}
	return s
}

// without takes tables, and columns written table.column (or *.column for all), out of a schema.
func (s schema) without(names ...string) schema {
	for _, name := range names {
		table, column, ok := strings.Cut(name, ".")
		if !ok {
			delete(s, table)
			continue
		}
		for t := range s {
			if table == "*" || table == t {
				s[t] = slices.DeleteFunc(s[t], func(c string) bool { return strings.HasPrefix(c, column+":") })
			}
		}
	}
	return s
}

// renamed calls a column otherwise.
func (s schema) renamed(table, from, to string) schema {
	for n, c := range s[table] {
		if name, kind, _ := strings.Cut(c, ":"); name == from {
			s[table][n] = to + ":" + kind
		}
	}
	return s
}

// A hanko is a database of Hanko.
type hanko struct {
	t       testing.TB
	dialect string
	url     string
	db      *sql.DB
	schema  schema
}

// newHanko makes an empty one of a dialect and version.
func newHanko(t testing.TB, name string, version schema) *hanko {
	t.Helper()
	source := testdb.Empty(t, name)
	db, err := source.OpenPlain()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	h := &hanko{t: t, dialect: name, url: source.Raw(), db: db, schema: version}
	types := map[string]string{
		"uuid": "uuid", "ts": "timestamp", "str": "varchar(255)", "text": "text", "long": "text", "bool": "boolean", "int": "integer",
		"json": "jsonb", "serial": "serial",
	}
	if name == dialect.MySQL {
		types = map[string]string{
			"uuid": "char(36)", "ts": "datetime(6)", "str": "varchar(255)", "text": "longtext", "long": "text", "bool": "boolean", "int": "integer",
			"json": "json", "serial": "integer auto_increment",
		}
	}
	for _, table := range slices.Sorted(maps.Keys(version)) {
		var columns []string
		for _, c := range version[table] {
			column, kind, _ := strings.Cut(c, ":")
			line := column + " " + types[kind]
			if column == "id" {
				line += " PRIMARY KEY"
			}
			columns = append(columns, line)
		}
		h.exec("CREATE TABLE " + table + " (" + strings.Join(columns, ", ") + ")")
	}
	return h
}

func (h *hanko) exec(statement string, args ...any) {
	h.t.Helper()
	_, err := h.db.ExecContext(h.t.Context(), statement, args...)
	require.NoError(h.t, err, statement)
}

// A record is a row: columns that the version does not have are passed over.
type record map[string]any

// insert writes a row. Times are now unless given.
func (h *hanko) insert(table string, r record) {
	h.t.Helper()
	if h.schema[table] == nil {
		return
	}
	var names, marks []string
	var args []any
	for _, c := range h.schema[table] {
		name, kind, _ := strings.Cut(c, ":")
		value, given := r[name]
		if !given && (name == "created_at" || name == "updated_at") {
			value, given = now, true
		}
		if !given && name == "id" && kind != "serial" {
			value, given = uuid.NewString(), true
		}
		if !given {
			continue
		}
		if id, ok := value.(uuid.UUID); ok {
			value = id.String()
		}
		names, args = append(names, name), append(args, value)
		mark := "?"
		if h.dialect == dialect.Postgres {
			mark = fmt.Sprintf("$%d", len(args))
		}
		marks = append(marks, mark)
	}
	h.exec("INSERT INTO "+table+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(marks, ", ")+")", args...)
}
