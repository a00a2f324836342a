package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/password"
	"github.com/latchkeep/latchkeep/tenants"
)

// check refuses a row that the program would never have written, since what reads it trusts it, and sets what follows from other cells or begins anew
// in another deployment. Errors quote nothing.
func check(m *tenants.Moving, c cells) error {
	if id, _ := c.get("id").(uuid.UUID); id == uuid.Nil || id == uuid.Max {
		return errors.New("id must not be the nil or max UUID")
	}
	if f := checks[c.table.Name]; f != nil {
		return f(m, c)
	}
	return nil
}

var checks = map[string]func(*tenants.Moving, cells) error{
	"signing_keys":           func(_ *tenants.Moving, c cells) error { return stateOf(c) },
	"saml_certificates":      func(_ *tenants.Moving, c cells) error { return stateOf(c) },
	"saml_providers":         checkSAMLProvider,
	"api_keys":               checkAPIKey,
	"tenant_domains":         checkDomain,
	"tenant_config_versions": checkVersion,
	"webhooks":               checkWebhook,
	"webhook_endpoints":      checkEndpoint,
	"users":                  checkUser,
	"emails":                 checkEmail,
	"password_credentials":   checkPassword,
	"webauthn_credentials":   checkCredential,
	"identities":             checkIdentity,
	"sessions":               func(_ *tenants.Moving, c cells) error { return textsOf(c, "amr", nil) },
	"trusted_devices":        func(_ *tenants.Moving, c cells) error { return sizeOf(c, "token_hash", sha256.Size) },
	"audit_logs":             func(_ *tenants.Moving, c cells) error { return objectOf(c, "details") },
}

func stateOf(c cells) error {
	switch tenants.KeyState(c.text("state")) {
	case tenants.KeyPublished, tenants.KeyActive, tenants.KeyRetiring, tenants.KeyGone:
		return nil
	}
	return errors.New("state must be published, active, retiring or gone")
}

func checkSAMLProvider(_ *tenants.Moving, c cells) error {
	if c.text("domain") != strings.ToLower(c.text("domain")) || c.text("domain") == "" {
		return errors.New("domain must be a domain in lower case")
	}
	return objectOf(c, "attribute_map")
}

func checkAPIKey(_ *tenants.Moving, c cells) error {
	return errors.Join(sizeOf(c, "hash", sha256.Size), textsOf(c, "scopes", append(tenants.APIKeyScopes(), tenants.AllScopes)))
}

// checkDomain has the domain verified anew: what is proved of it was proved to another deployment. The challenge stays, so that the DNS record that
// is there already proves it here.
func checkDomain(_ *tenants.Moving, c cells) error {
	for _, column := range []string{"verified_host", "verified_at", "checked_at"} {
		c.set(column, nil)
	}
	c.set("problem", "")
	host := c.text("host")
	if host == "" || host != strings.ToLower(host) || strings.ContainsAny(host, "/:@ ") {
		return errors.New("host must be a host name in lower case")
	}
	return nil
}

func checkVersion(m *tenants.Moving, c cells) error {
	if v := c.int("version"); v < 1 || v > int64(m.ConfigVersion) {
		return errors.New("version must be from 1 to that of the tenant")
	}
	var changes []json.RawMessage
	if json.Unmarshal(rawOf(c, "changes"), &changes) != nil {
		return errors.New("changes must be a list")
	}
	return nil
}

func checkWebhook(_ *tenants.Moving, c cells) error {
	var events []tenants.HookEvent
	if json.Unmarshal(rawOf(c, "events"), &events) != nil {
		return errors.New("events must be a list of subscriptions")
	}
	return nil
}

// checkEndpoint has nothing due: deliveries do not move.
func checkEndpoint(_ *tenants.Moving, c cells) error {
	c.set("due_at", nil)
	return nil
}

func checkUser(_ *tenants.Moving, c cells) error {
	if name, ok := c.get("username").(string); ok && (name == "" || name != strings.ToLower(strings.TrimSpace(name))) {
		return errors.New("username must be in lower case, without blanks around it")
	}
	for _, column := range []string{"public_metadata", "private_metadata", "unsafe_metadata"} {
		text, ok := c.get(column).(string)
		if ok && (utf8.RuneCountInString(text) > user.MaxMetadata || !isObject([]byte(text))) {
			return fmt.Errorf("%s must be a JSON object of at most %d characters", column, user.MaxMetadata)
		}
	}
	return nil
}

func checkEmail(_ *tenants.Moving, c cells) error {
	address := c.text("address")
	if !user.IsAddress(address) || address != strings.ToLower(address) {
		return errors.New("address must be an e-mail address in lower case")
	}
	if owner := c.get("primary_of"); owner != nil && owner != c.get("user_id") {
		return errors.New("primary_of must be the user whose address it is")
	}
	return nil
}

func checkPassword(_ *tenants.Moving, c cells) error {
	if err := password.Check(c.text("hash")); err != nil {
		return errors.New("hash cannot be used")
	}
	c.set("format", int64(password.FormatOf(c.text("hash"))))
	return nil
}

func checkCredential(_ *tenants.Moving, c cells) error {
	if len(c.bytes("credential_id")) == 0 || len(c.bytes("public_key")) == 0 {
		return errors.New("credential_id and public_key must not be empty")
	}
	sum := sha256.Sum256(c.bytes("credential_id"))
	c.set("credential_hash", sum[:])
	return textsOf(c, "transports", nil)
}

func checkIdentity(_ *tenants.Moving, c cells) error {
	if c.get("user_id") == nil {
		return errors.New("user_id is missing")
	}
	if !isObject([]byte(c.text("claims"))) {
		return errors.New("claims must be a JSON object")
	}
	return nil
}

// rawOf is a cell of JSON, empty where it is null.
func rawOf(c cells, column string) json.RawMessage {
	raw, _ := c.get(column).(json.RawMessage)
	return raw
}

func isObject(text []byte) bool {
	return json.Valid(text) && bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) && !tooDeep(text)
}

func objectOf(c cells, column string) error {
	if raw := rawOf(c, column); len(raw) > 0 && !isObject(raw) {
		return fmt.Errorf("%s must be a JSON object", column)
	}
	return nil
}

func sizeOf(c cells, column string, size int) error {
	if len(c.bytes(column)) != size {
		return fmt.Errorf("%s must have %d bytes", column, size)
	}
	return nil
}

// textsOf makes sure that a cell is a list of texts, each one of those that are known, or of any where none are; or that it is null.
func textsOf(c cells, column string, known []string) error {
	raw := rawOf(c, column)
	if len(raw) == 0 {
		return nil
	}
	var texts []string
	if json.Unmarshal(raw, &texts) != nil {
		return fmt.Errorf("%s must be a list of texts", column)
	}
	for _, text := range texts {
		if area, wild := strings.CutSuffix(text, ":*"); known != nil && !slices.Contains(known, text) &&
			(!wild || !slices.ContainsFunc(known, func(k string) bool { return strings.HasPrefix(k, area+":") })) {
			return fmt.Errorf("%s has one that is not known", column)
		}
	}
	return nil
}
