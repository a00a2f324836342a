package audit

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

// counted is what is counted of a record.
type counted struct {
	kind   string
	at     time.Time
	person *uuid.UUID
	// details are nil where they were erased.
	details *countedDetails
}

// countedDetails are what counts of a record's details.
type countedDetails struct {
	LoginMethod string `json:"login_method"`
	MFAMethod   string `json:"mfa_method"`
	API         string `json:"api"`
	By          string `json:"by"`
	Users       int64  `json:"users"`
}

func readCounted(raw json.RawMessage) *countedDetails {
	d := &countedDetails{}
	if len(raw) > 0 {
		_ = json.Unmarshal(raw, d) // what is not as expected says nothing
	}
	return d
}

// countedTypes are the types of records of which something is counted.
func countedTypes() []string {
	types := []string{
		string(event.LoginSuccess), string(event.LoginFailure), string(event.MFAFailure), string(event.ThirdPartyFailed), string(event.UserCreated),
		string(event.ThirdPartySignup), string(event.UserDeleted), string(event.UsersImported),
	}
	for old := range oldSignIns() {
		types = append(types, old)
	}
	slices.Sort(types)
	return types
}

// oldSignIns are records of sign-ins that older versions of Hanko wrote: they come with imports.
func oldSignIns() map[string]string {
	return map[string]string{
		"password_login_succeeded": usage.SignIn("password", usage.Succeeded), "password_login_failed": usage.SignIn("password", usage.Failed),
		"passcode_login_final_succeeded": usage.SignIn("passcode", usage.Succeeded), "passcode_login_final_failed": usage.SignIn("passcode", usage.Failed),
		"webauthn_authentication_final_succeeded": usage.SignIn("passkey", usage.Succeeded),
		"webauthn_authentication_final_failed":    usage.SignIn("passkey", usage.Failed),
	}
}

// count adds a record to a tally. Spec: audit-log §3.1: a sign-up through a third party has neither a user_created nor a login_success.
func (c counted) count(t *usage.Tally) {
	d := c.details
	if d == nil {
		d = &countedDetails{}
	}
	backEnd := d.API != "" || d.By != ""
	active := false
	switch kind := event.AuditType(c.kind); kind {
	case event.LoginSuccess:
		method := methodName(d.LoginMethod)
		if backEnd {
			method = "back_end"
		}
		t.Add(c.at, usage.SignIn(method, usage.Succeeded), 1)
		active = true
	case event.LoginFailure:
		t.Add(c.at, usage.SignIn(methodName(d.LoginMethod), usage.Failed), 1)
	case event.MFAFailure:
		t.Add(c.at, usage.SignIn(methodName(d.MFAMethod), usage.Failed), 1)
	case event.ThirdPartyFailed:
		t.Add(c.at, usage.SignIn("third_party", usage.Failed), 1)
	case event.UserCreated:
		if backEnd {
			t.Add(c.at, usage.UsersCreated, 1)
			break
		}
		t.Add(c.at, usage.Registrations, 1)
		active = true
	case event.ThirdPartySignup:
		t.Add(c.at, usage.Registrations, 1)
		active = true
	case event.UserDeleted:
		t.Add(c.at, usage.UsersDeleted, 1)
	case event.UsersImported:
		t.Add(c.at, usage.UsersImported, max(d.Users, 0))
	default:
		if metric, known := oldSignIns()[c.kind]; known {
			t.Add(c.at, metric, 1)
			_, outcome, _ := usage.ReadSignIn(metric)
			active = outcome == usage.Succeeded
		}
	}
	if active && c.person != nil && *c.person != uuid.Nil {
		t.Active(c.at, *c.person)
	}
}

// methodName is a method by which people sign in: of others there is no counter.
func methodName(method string) string {
	switch method {
	case "password", "passkey", "passcode", "third_party", "totp", "security_key":
		return method
	}
	return usage.UnknownMethod
}

// tallyOf counts records as they are appended.
func tallyOf(records []Record) *usage.Tally {
	types := countedTypes()
	t := &usage.Tally{}
	for _, r := range records {
		if _, ok := slices.BinarySearch(types, r.Type); !ok {
			continue
		}
		counted{kind: r.Type, at: r.CreatedAt, person: r.ActorUserID, details: readCounted(r.Details)}.count(t)
	}
	return t
}
