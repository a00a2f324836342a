package testenv

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
)

// An actor says how an audit record names the person it speaks of.
type actor int

const (
	nobody  actor = iota
	byID          // her id alone
	inFull        // her id and, where she has one, her primary address
	either        // by id, or nobody: who it was may be unknown
	perhaps       // in full, or nobody
)

// A shape is what a record of a type must look like, wherever it comes from. Spec: audit-log §3.1.
type shape struct {
	actor    actor
	must     string // details that are there
	may      string // details that may be there
	failed   bool   // it says what went wrong
	internal bool   // it comes from no request
}

// Where records come from.
const (
	fromFlow    = "flow"
	fromBackend = "backend"
	fromOther   = "other"
)

// shapes of the records of people and back ends, by where they come from and their type.
var shapes = map[string]map[event.AuditType]shape{
	fromFlow: {
		event.LoginSuccess:         {actor: byID, must: "login_method", may: "mfa_method"},
		event.LoginFailure:         {actor: either, may: "login_method", failed: true},
		event.UserCreated:          {actor: inFull, may: "passkey security_key password otp_secret username"},
		event.UserDeleted:          {actor: byID},
		event.EmailCreated:         {actor: byID, must: "email"},
		event.EmailVerified:        {actor: byID, must: "email"},
		event.EmailDeleted:         {actor: byID, must: "email"},
		event.PrimaryEmailChanged:  {actor: byID, must: "email"},
		event.UsernameCreated:      {actor: byID, must: "username"},
		event.UsernameChanged:      {actor: byID, must: "username"},
		event.UsernameDeleted:      {actor: byID, must: "username"},
		event.PasswordCreated:      {actor: byID},
		event.PasswordChanged:      {actor: byID, must: "context"},
		event.PasswordDeleted:      {actor: byID},
		event.PasskeyCreated:       {actor: byID, must: "passkey"},
		event.SecurityKeyCreated:   {actor: byID, must: "security_key"},
		event.PasskeyDeleted:       {actor: byID, must: "credential_id"},
		event.SecurityKeyDeleted:   {actor: byID, must: "credential_id"},
		event.PasskeyRenamed:       {actor: byID, must: "credential_id"},
		event.SecurityKeyRenamed:   {actor: byID, must: "credential_id"},
		event.OTPCreated:           {actor: byID, must: "otp_secret"},
		event.OTPDeleted:           {actor: byID},
		event.SessionRevoked:       {actor: byID, must: "session_id", may: "context"},
		event.MetadataChanged:      {actor: byID, must: "changed"},
		event.MFAFailure:           {actor: byID, must: "mfa_method login_method", failed: true},
		event.RecoveryCodeUsed:     {actor: byID},
		event.RecoveryCodesCreated: {actor: byID},
		event.ThirdPartyUnlinking:  {actor: byID, must: "provider"},
	},
	fromBackend: {
		event.LoginSuccess:        {actor: inFull},
		event.UserCreated:         {actor: inFull},
		event.UserUpdated:         {actor: inFull, must: "changed"},
		event.UserDeleted:         {actor: inFull},
		event.UserBlocked:         {actor: inFull},
		event.UserUnblocked:       {actor: inFull},
		event.EmailCreated:        {actor: inFull, must: "email"},
		event.EmailDeleted:        {actor: inFull, must: "email"},
		event.PrimaryEmailChanged: {actor: inFull, must: "email"},
		event.UsernameChanged:     {actor: inFull, must: "username"},
		event.UsernameDeleted:     {actor: inFull, must: "username"},
		event.PasswordCreated:     {actor: inFull, must: "context"},
		event.PasswordChanged:     {actor: inFull, must: "context"},
		event.PasswordDeleted:     {actor: inFull},
		event.PasskeyDeleted:      {actor: inFull, must: "credential_id"},
		event.SecurityKeyDeleted:  {actor: inFull, must: "credential_id"},
		event.OTPDeleted:          {actor: inFull, must: "otp_secret"},
		event.MetadataChanged:     {actor: inFull, must: "changed"},
		event.SessionRevoked:      {actor: inFull, may: "session_id sessions"},
		event.WebhookCreated:      {must: "webhook_id"},
		event.WebhookUpdated:      {must: "webhook_id"},
		event.WebhookDeleted:      {must: "webhook_id"},
		event.WebhookEnabled:      {must: "webhook_id"},
		event.WebhookSecret:       {must: "webhook_id"},
	},
	fromOther: {
		event.UserLoggedOut:     {actor: inFull},
		event.NotificationSent:  {actor: inFull, must: "template email_address delivered_by_hanko"},
		event.ThirdPartySignup:  {actor: inFull},
		event.ThirdPartySignin:  {actor: inFull},
		event.ThirdPartyLinking: {actor: inFull},
		event.ThirdPartyFailed:  {failed: true},
		event.WebhookDisabled:   {must: "webhook_id", may: "reason callback", internal: true},
	},
}

// FlowRecords are the types of audit records that flows bring about.
func FlowRecords() []string {
	kinds := []string{string(event.NotificationSent)}
	for kind := range shapes[fromFlow] {
		kinds = append(kinds, string(kind))
	}
	return slices.Sorted(slices.Values(kinds))
}

// BackendRecords are the types of audit records that back ends bring about.
func BackendRecords() []string {
	var kinds []string
	for kind := range shapes[fromBackend] {
		kinds = append(kinds, string(kind))
	}
	return slices.Sorted(slices.Values(kinds))
}

// FlowEvents are the events that flows bring about. Spec: webhooks §3.
func FlowEvents() []string {
	return strings.Fields(`user.create user.delete user.login user.update.email.create user.update.email.primary user.update.email.delete
		user.update.username.create user.update.username.update user.update.username.delete user.update.password.update session.create.flow
		session.delete.explicit.revoke session.delete.passive.expire session.delete.passive.limit email.send`)
}

// origin of a record, and the details that tell it.
func (r AuditRecord) origin() (string, []string) {
	kind := event.AuditType(r.Type)
	if _, ok := shapes[fromOther][kind]; ok {
		return fromOther, nil
	}
	if r.Details["api"] == "admin" {
		return fromBackend, []string{"api", "api_key"}
	}
	if r.Details["api"] == "console" {
		return fromBackend, []string{"api", "by"}
	}
	return fromFlow, []string{"flow_id"}
}

// RequireShape checks that a record looks as all of its type do: who it names and how, which details it has, whether it tells of a failure
// and where the request came from. Types that are not in the list are those of operators and of exports, which have tests of their own.
func (r AuditRecord) RequireShape(t testing.TB) {
	t.Helper()
	if r.erased() {
		return
	}
	origin, own := r.origin()
	want, known := shapes[origin][event.AuditType(r.Type)]
	if !known {
		if r.Type != string(event.UsersExported) && !r.legacy() {
			t.Fatalf("no shape of records of type %s from a %s is known: %+v", r.Type, origin, r)
		}
		return
	}
	named := r.Actor != uuid.Nil
	switch want.actor {
	case nobody:
		require.False(t, named, "%+v is about nobody", r)
	case byID:
		require.True(t, named && r.ActorEmail == "", "%+v names a person by id alone", r)
	case inFull:
		require.True(t, named, "%+v names a person", r)
	case either:
		require.True(t, r.ActorEmail == "" || r.Details["login_method"] == "passkey", "%+v names a person by id at most", r)
	}
	require.Equal(t, want.failed, r.Error != "", "%+v tells of a failure", r)
	if !want.internal {
		require.NotEmpty(t, r.RequestID, "%+v tells the request", r)
		require.NotEmpty(t, r.SourceIP, "%+v tells where the request came from", r)
	}
	if origin == fromFlow {
		require.Contains(t, r.Details, "flow_id", "%+v", r)
	}
	must := strings.Fields(want.must)
	for _, name := range must {
		require.Contains(t, r.Details, name, "%+v", r)
	}
	allowed := slices.Concat(own, must, strings.Fields(want.may))
	for name := range maps.Keys(r.Details) {
		require.Contains(t, allowed, name, "%+v has no such detail", r)
	}
}

// erased reports whether nothing personal is left in a record: who it was about is gone.
func (r AuditRecord) erased() bool {
	return r.ActorEmail == "" && r.SourceIP == "" && r.UserAgent == "" && len(r.Details) == 0
}

// legacy reports whether a record is of a type that nothing writes any more: a test put it there.
func (r AuditRecord) legacy() bool {
	for _, of := range shapes {
		if _, ok := of[event.AuditType(r.Type)]; ok {
			return false
		}
	}
	return true
}

// Members of what events tell. Spec: webhooks §4.
const (
	userMembers = "id webauthn_credentials emails username created_at updated_at password identities otp metadata given_name family_name name picture " +
		"blocked_at" // Latchkeep's own
	sessionMembers = "id user_id user_agent ip_address created_at updated_at expires_at last_used"
)

// RequireShape checks that an event tells what all of its name do.
func (e Event) RequireShape(t testing.TB) {
	t.Helper()
	has := slices.Sorted(maps.Keys(e.Data))
	switch kind, _, _ := strings.Cut(e.Name, "."); kind {
	case "session":
		require.ElementsMatch(t, strings.Fields(sessionMembers), has, "%s tells a session, nulls too", e.Name)
	case "user":
		for _, name := range []string{"id", "created_at", "updated_at"} {
			require.Contains(t, has, name, e.Name)
		}
		from := e.Data["ip_address"] != nil && e.Data["user_agent"] != nil
		switch event.Name(e.Name) {
		case event.UserDelete, event.UserUpdate: // nobody asks for who deleted her; a provider did not browse
			require.False(t, from, "%s tells no client", e.Name)
		case event.UserCreate, event.UserEmailCreate: // by herself or by a back end or a provider
		default:
			require.True(t, from, "%s tells the client", e.Name)
		}
		for _, name := range has {
			require.Contains(t, append(strings.Fields(userMembers), "ip_address", "user_agent"), name, "%s has no such member", e.Name)
			require.NotEmpty(t, e.Data[name], "%s leaves out what is empty: %s", e.Name, name)
		}
	}
}
