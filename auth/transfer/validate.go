package transfer

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/password"
	"github.com/latchkeep/latchkeep/pkg/totp"
)

// Limits of what an entry may hold. Spec: import-export §1.
const (
	maxText            = 255  // characters of an address, a name and the like
	maxCredentialID    = 1023 // bytes; Web Authentication §4
	maxPublicKey       = 1 << 16
	maxUserHandle      = 64 // bytes; Web Authentication §4
	maxTransports      = 32
	maxTransportLength = 64
	maxSecret          = 255
)

// plainUUID is the 8-4-4-4-12 form, the only one that the id of a user may have.
var plainUUID = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

// importable are the forms of bcrypt that are accepted. Others name old defects.
var importable = []string{"$2a$", "$2b$", "$2y$", "$fbscrypt$", "$argon2id$"}

// A checker turns an entry into an account and collects what is wrong with it.
type checker struct{ reasons []string }

func (c *checker) refuse(field, rule string, args ...any) {
	c.reasons = append(c.reasons, field+" "+fmt.Sprintf(rule, args...))
}

// account checks an entry and makes an account of it. Reasons never quote the entry.
func (e *Entry) account() (Account, []string) {
	c := &checker{}
	a := Account{
		ID:        c.userID(e.UserID),
		Emails:    c.emails(e.Emails),
		Username:  c.username(e.Username, len(e.Emails) == 0),
		Password:  c.password(e.Password),
		TOTP:      c.totp(e.OTPSecret),
		Metadata:  c.metadata(e.Metadata),
		Name:      c.text("Name", e.Name, maxText),
		GivenName: c.text("GivenName", e.GivenName, maxText), FamilyName: c.text("FamilyName", e.FamilyName, maxText),
		Picture:   c.text("Picture", e.Picture, user.MaxPicture),
		CreatedAt: c.time("CreatedAt", e.CreatedAt), UpdatedAt: c.time("UpdatedAt", e.UpdatedAt),
		BlockedAt: c.optionalTime("BlockedAt", e.BlockedAt),
	}
	a.Credentials = c.credentials(e.WebauthnCredentials)
	return a, c.reasons
}

func (c *checker) userID(text string) uuid.UUID {
	if text == "" {
		return uuid.Nil
	}
	id, err := uuid.Parse(text)
	switch {
	case err != nil || !plainUUID.MatchString(text):
		c.refuse("UserID", "must be a UUID")
	case id == uuid.Nil:
		c.refuse("UserID", "must not be all zero")
	}
	return id
}

func (c *checker) username(name *string, required bool) *user.Username {
	if name == nil {
		if required {
			c.refuse("Username", "is required when there are no Emails")
		}
		return nil
	}
	clean := strings.ToLower(strings.TrimSpace(*name))
	if clean == "" {
		c.refuse("Username", "must have at least 1 character")
	}
	c.text("Username", &clean, maxText)
	return &user.Username{Name: clean}
}

func (c *checker) emails(entries []EmailEntry) []user.Email {
	var emails []user.Email
	seen := map[string]bool{}
	primary := 0
	for _, e := range entries {
		address := strings.ToLower(e.Address)
		if !user.IsAddress(e.Address) || len(address) > maxText {
			c.refuse("Address", "must be an e-mail address")
		} else if seen[address] {
			c.refuse("Emails", "must be unique by address, whatever the case")
		}
		seen[address] = true
		if e.IsPrimary {
			primary++
		}
		emails = append(emails, user.Email{Address: address, IsPrimary: e.IsPrimary, IsVerified: e.IsVerified})
	}
	if len(entries) > 0 && primary != 1 {
		c.refuse("Emails", "must have exactly one that is primary, not %d", primary)
	}
	return emails
}

func (c *checker) password(e *PasswordEntry) *Password {
	if e == nil {
		return nil
	}
	known := false
	for _, prefix := range importable {
		known = known || strings.HasPrefix(e.Password, prefix)
	}
	switch {
	case e.Password == "":
		c.refuse("Password", "is required")
	case !known:
		c.refuse("Password", "must be a hash of bcrypt ($2a$, $2b$, $2y$), Firebase scrypt ($fbscrypt$) or argon2id ($argon2id$)")
	default:
		if err := password.Check(e.Password); err != nil {
			c.refuse("Password", "cannot be used: %v", err)
		}
	}
	return &Password{
		Hash: e.Password, CreatedAt: c.time("Password.CreatedAt", e.CreatedAt), UpdatedAt: c.time("Password.UpdatedAt", e.UpdatedAt),
	}
}

func (c *checker) totp(e *OTPEntry) *TOTP {
	if e == nil {
		return nil
	}
	switch {
	case e.Secret == "":
		c.refuse("Secret", "is required")
	case len(e.Secret) > maxSecret:
		c.refuse("Secret", "must have at most %d characters", maxSecret)
	case !totp.Valid(e.Secret):
		c.refuse("Secret", "must be base32")
	}
	return &TOTP{
		Secret:    strings.ToUpper(strings.TrimRight(strings.TrimSpace(e.Secret), "=")),
		CreatedAt: c.time("OTPSecret.CreatedAt", e.CreatedAt), UpdatedAt: c.time("OTPSecret.UpdatedAt", e.UpdatedAt),
	}
}

func (c *checker) credentials(entries []CredentialEntry) []Credential {
	var credentials []Credential
	seen := map[string]bool{}
	for i := range entries {
		e := &entries[i]
		credential := c.credential(e)
		if key := string(credential.CredentialID); key != "" {
			if seen[key] {
				c.refuse("WebauthnCredentials", "must be unique by id")
			}
			seen[key] = true
		}
		credentials = append(credentials, credential)
	}
	return credentials
}

func (c *checker) credential(e *CredentialEntry) Credential {
	a := Credential{
		CredentialID: c.bytes("ID", e.ID, maxCredentialID), PublicKey: c.bytes("PublicKey", e.PublicKey, maxPublicKey),
		Name: c.text("Name", e.Name, maxText), AttestationType: c.text("AttestationType", &e.AttestationType, maxText),
		Transports:     c.transports(e.Transports),
		BackupEligible: e.BackupEligible, BackupState: e.BackupState, MFAOnly: e.MFAOnly,
		LastUsedAt: c.optionalTime("LastUsedAt", e.LastUsedAt),
		CreatedAt:  c.time("CreatedAt", e.CreatedAt), UpdatedAt: c.time("UpdatedAt", e.UpdatedAt),
	}
	if e.AttestationType == "" {
		c.refuse("AttestationType", "is required")
	}
	if e.AAGUID != nil {
		a.AAGUID = *e.AAGUID
	}
	if e.SignCount < 0 || e.SignCount > math.MaxUint32 {
		c.refuse("SignCount", "must be from 0 to %d", uint32(math.MaxUint32))
	} else {
		a.SignCount = uint32(e.SignCount)
	}
	if e.UserHandle != nil {
		switch {
		case e.MFAOnly:
			c.refuse("UserHandle", "must be absent when mfa_only is true")
		case *e.UserHandle == "" || len(*e.UserHandle) > maxUserHandle:
			c.refuse("UserHandle", "must have 1 to %d bytes", maxUserHandle)
		}
		a.UserHandle = []byte(*e.UserHandle)
	}
	return a
}

func (c *checker) transports(names []string) []string {
	seen := map[string]bool{}
	for _, name := range names {
		if seen[name] {
			c.refuse("Transports", "must be unique")
			break
		}
		seen[name] = true
		if len(name) > maxTransportLength || strings.ContainsRune(name, 0) {
			c.refuse("Transports", "must have at most %d bytes each", maxTransportLength)
			break
		}
	}
	if len(names) > maxTransports {
		c.refuse("Transports", "must be at most %d", maxTransports)
	}
	return names
}

// bytes reads base64url. Padding is not needed, and does no harm.
func (c *checker) bytes(field, text string, most int) []byte {
	if text == "" {
		c.refuse(field, "is required")
		return nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	switch {
	case err != nil || len(raw) == 0 || strings.ContainsAny(text, "\r\n"):
		c.refuse(field, "must be base64url")
	case len(raw) > most:
		c.refuse(field, "must have at most %d bytes", most)
	}
	return raw
}

// text checks the length of a text, and that all databases can store it.
func (c *checker) text(field string, text *string, most int) string {
	switch {
	case text == nil:
		return ""
	case utf8.RuneCountInString(*text) > most:
		c.refuse(field, "must have at most %d characters", most)
	case strings.ContainsRune(*text, 0):
		c.refuse(field, "must not have a NUL character")
	}
	return *text
}

func (c *checker) metadata(e *MetadataEntry) user.Metadata {
	if e == nil {
		return user.Metadata{}
	}
	return user.Metadata{
		Public:  c.object("PublicMetadata", e.Public),
		Private: c.object("PrivateMetadata", e.Private),
		Unsafe:  c.object("UnsafeMetadata", e.Unsafe),
	}
}

// object is a JSON object as compact text; an empty one counts as absent.
func (c *checker) object(field string, raw json.RawMessage) string {
	if len(raw) == 0 || string(raw) == "null" {
		return ""
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, raw); err != nil || compact.Bytes()[0] != '{' {
		c.refuse(field, "must be a JSON object")
		return ""
	}
	if utf8.RuneCount(compact.Bytes()) > user.MaxMetadata {
		c.refuse(field, "must have at most %d characters of compact JSON", user.MaxMetadata)
	}
	if compact.String() == "{}" {
		return ""
	}
	return compact.String()
}

// time is a time that all databases can store; zero where it is absent.
func (c *checker) time(field string, at *time.Time) time.Time {
	if at == nil || at.IsZero() {
		return time.Time{}
	}
	if year := at.UTC().Year(); year < 1000 || year > 9999 {
		c.refuse(field, "must be in the years 1000 to 9999")
	}
	return stored(*at)
}

func (c *checker) optionalTime(field string, at *time.Time) *time.Time {
	if t := c.time(field, at); !t.IsZero() {
		return &t
	}
	return nil
}
