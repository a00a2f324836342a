package flows

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/passkey"
	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// The engine's types, with our data and environment.
type (
	turn       = flow.Turn[Data, *Env]
	state      = flow.State[Data, *Env]
	action     = flow.Action[Data, *Env]
	group      = flow.Group[Data, *Env]
	definition = flow.Definition[Data, *Env]
	stateName  = flow.StateName
)

// Data is what a flow remembers between requests. It is sealed wherever it is kept.
type Data struct {
	// What the browser can do, as it told at the start.
	WebauthnAvailable bool        `json:"wa,omitempty"`
	ConditionalUI     bool        `json:"wc,omitempty"`
	PlatformWebauthn  bool        `json:"wp,omitempty"`
	Registration      bool        `json:"rg,omitempty"` // the flow is a registration
	Exists            bool        `json:"ex,omitempty"` // in a registration: a third party signed her in, so the account exists
	Exchange          bool        `json:"xc,omitempty"` // the flow only redeems a one-time token
	Profile           bool        `json:"pf,omitempty"` // the person is signed in
	RememberMe        bool        `json:"rm,omitempty"`
	Identifier        string      `json:"id,omitempty"` // as typed, trimmed and lower-cased: the key of rate limits
	UserID            uuid.UUID   `json:"u,omitzero"`
	Email             string      `json:"e,omitempty"` // the address that the flow works with
	Username          string      `json:"n,omitempty"`
	LoginMethod       loginMethod `json:"lm,omitempty"`
	Provider          string      `json:"tp,omitempty"` // the third party that signed her in
	NewUser           bool        `json:"nu,omitempty"` // and that the account was made for
	MFAMethod         mfaMethod   `json:"mm,omitempty"`
	Scheduled         bool        `json:"sc,omitempty"` // the states after the first factor were decided

	// What the person has, as of when she was identified, kept up to date while she adds to it.
	HasPassword    bool `json:"hp,omitempty"`
	HasPasskey     bool `json:"hk,omitempty"`
	HasWebauthn    bool `json:"hw,omitempty"`
	HasSecurityKey bool `json:"hs,omitempty"`
	HasTOTP        bool `json:"ht,omitempty"`
	HasUsername    bool `json:"hn,omitempty"`
	HasEmails      bool `json:"he,omitempty"`

	// The passcode that was mailed last survives going back, so that going back and forth does not mail another one.
	PasscodeTemplate string       `json:"pt,omitempty"`
	Passcode         sentPasscode `json:"pc,omitzero"`
	EmailVerified    bool         `json:"ev,omitempty"`
	RecoveryPending  bool         `json:"rp,omitempty"`

	// The WebAuthn ceremony that was begun last: its options wait for an answer.
	Ceremony passkey.Ceremony `json:"wx,omitzero"`

	// The secret of an authenticator app that is being set up, and the step of the code that proved it.
	TOTPSecret string `json:"ts,omitempty"`
	TOTPStep   int64  `json:"tc,omitempty"`

	TrustDevice bool `json:"td,omitempty"` // the person chose so

	// What is stored once the flow gets that far.
	NewCredentials  []passkey.Credential `json:"nc,omitempty"`
	RecoveryHashes  [][]byte             `json:"rh,omitempty"`
	CreateEmail     bool                 `json:"ce,omitempty"`
	NewPasswordHash string               `json:"ph,omitempty"`
	UsedPasscode    bool                 `json:"up,omitempty"` // in a registration: the address was proven by a code
	Enrolled        []string             `json:"en,omitempty"` // in a registration: what was set up and is stored already
}

// sentPasscode is the passcode that was mailed, and what it was mailed for.
type sentPasscode struct {
	ID       uuid.UUID `json:"i,omitzero"`
	Address  string    `json:"a,omitempty"`
	Template string    `json:"t,omitempty"`
}

// A loginMethod is a first factor, as clients are told it.
type loginMethod string

const (
	methodPassword   loginMethod = "password"
	methodPasscode   loginMethod = "passcode"
	methodPasskey    loginMethod = "passkey"
	methodThirdParty loginMethod = "third_party"
)

// An mfaMethod is a second factor, as clients are told it.
type mfaMethod string

const (
	methodTOTP        mfaMethod = "totp"
	methodSecurityKey mfaMethod = "security_key"
)

// Env is what one request brings along and what it is about to change. It is never stored.
type Env struct {
	Tenant *tenants.Tenant
	Client auth.Client
	Work   auth.Work

	stored     *flow.Record   // of the flow, as the request found it; nil where it was not stored yet
	session    *session.Valid // of a profile flow: who sends the request
	user       *user.User
	assertion  *passkey.Assertion // that was accepted
	sessions   []session.View     // the person's, where the profile needs them
	issued     *session.Issued
	retryAfter time.Duration
	mailed     bool // a passcode was mailed by this request
	cookies    []*http.Cookie
}

// config is what holds for the tenant's flows.
func (e *Env) config() *config.Config { return settings(e.Tenant) }

// audit queues an audit record of the flow.
func (f *Flows) audit(t *turn, kind event.AuditType, actor event.Actor, details map[string]any, failure string) {
	if details == nil {
		details = map[string]any{}
	}
	details["flow_id"] = t.FlowID().String()
	t.Env.Work.Emit(event.Audit(t.Env.Tenant, t.Env.Client, kind, actor, details, failure))
}

// webhookUser queues an event that shows the person as she is after this request.
func (f *Flows) webhookUser(t *turn, name event.Name, u *user.User) {
	view := user.NewAdminView(t.Env.Tenant, u).From(t.Env.Client)
	if hook, ok := event.Webhook(t.Env.Tenant, name, u.ID, view); ok {
		t.Env.Work.Emit(hook)
	}
}

// user loads the person of the flow, once a request. Changes that the request makes are also made to the loaded person, so that payloads
// and events show her as she will be.
func (f *Flows) user(t *turn) (*user.User, error) {
	if t.Env.user != nil {
		return t.Env.user, nil
	}
	u, err := f.users.Load(t.Context(), t.Env.Tenant, t.Data.UserID)
	if err != nil {
		return nil, fmt.Errorf("load the flow's user: %w", err)
	}
	if t.Env.assertion != nil {
		t.Env.assertion.Show(u.Credentials)
	}
	t.Env.user = u
	return u, nil
}

// adopt remembers who was identified and what she has.
func (d *Data) adopt(a user.Account) {
	d.UserID = a.UserID
	d.HasPassword, d.HasPasskey, d.HasWebauthn = a.HasPassword, a.HasPasskey, a.HasWebauthn
	d.HasSecurityKey, d.HasTOTP = a.HasSecurityKey, a.HasTOTP
	d.HasUsername = a.Username != ""
	d.HasEmails = a.Email != ""
}

// unborn reports whether the account is made at the end of the flow only.
func (d *Data) unborn() bool { return d.Registration && !d.Exists }

// known reports whether an account stands behind the flow.
func (d *Data) known() bool { return d.UserID != uuid.Nil }

// actor is the person of the flow by her id.
func (d *Data) actor() event.Actor { return event.Actor{UserID: d.UserID} }

// failure is how an audit record names an error that a client was shown.
func failure(code interface {
	String() string
	Message() string
}) string {
	return code.String() + ": " + code.Message()
}

// scoped is a context for reads of the tenant's rows.
func scoped(ctx context.Context, t *tenants.Tenant) context.Context {
	return scope.With(ctx, scope.Tenant(t.ID))
}
