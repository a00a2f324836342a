package flows

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/devicetrust"
	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/auth/federation/roundtrip"
	"github.com/latchkeep/latchkeep/auth/passcode"
	"github.com/latchkeep/latchkeep/auth/passkey"
	authpassword "github.com/latchkeep/latchkeep/auth/password"
	"github.com/latchkeep/latchkeep/auth/recoverycode"
	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/auth/totp"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent"
	entflow "github.com/latchkeep/latchkeep/ent/flow"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/pkg/password"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/ratelimit"
	"github.com/latchkeep/latchkeep/pkg/secret"
	"github.com/latchkeep/latchkeep/pkg/telemetry"
	"github.com/latchkeep/latchkeep/tenants"
)

// The flows, by the names in their paths.
const (
	Login         = "login"
	Registration  = "registration"
	Profile       = "profile"
	TokenExchange = "token_exchange"
)

// Names lists the flows that have an endpoint.
func Names() []string { return []string{Login, Registration, Profile, TokenExchange} }

// Flows runs the flows of all tenants.
type Flows struct {
	store     *store.Store
	outbox    *outbox.Writer
	keyring   *secret.Keyring
	users     *user.Directory
	passwords *authpassword.Room
	passcodes *passcode.Room
	passkeys  *passkey.Room
	totp      *totp.Room
	recovery  *recoverycode.Room
	devices   *devicetrust.Room
	sessions  *session.Service
	limits    *limiter

	federation *federation.Room
	roundtrip  *roundtrip.Room
	saml       SAML
	gate       *federation.Gate
	log        *slog.Logger

	flows map[string]*flow.Flow[Data, *Env]
}

// Needs are what flows work with.
type Needs struct {
	Store     *store.Store
	Outbox    *outbox.Writer
	Keyring   *secret.Keyring
	Users     *user.Directory
	Passwords *authpassword.Room
	Passcodes *passcode.Room
	Passkeys  *passkey.Room
	TOTP      *totp.Room
	Recovery  *recoverycode.Room
	Devices   *devicetrust.Room
	Sessions  *session.Service
	// Federation knows what accounts at third parties mean, RoundTrip the way to OAuth providers and back.
	Federation *federation.Room
	RoundTrip  *roundtrip.Room
	// SAML knows the identity providers of mail domains; nil: there are none.
	SAML SAML
	// Gate limits how often a caller may leave for a third party.
	Gate    *federation.Gate
	Limiter ratelimit.Limiter
	Limits  Limits
	Log     *slog.Logger
}

// New checks the flows' definitions and makes them ready to run.
func New(n Needs) (*Flows, error) {
	f := &Flows{
		store: n.Store, outbox: n.Outbox, keyring: n.Keyring,
		users: n.Users, passwords: n.Passwords, passcodes: n.Passcodes, sessions: n.Sessions,
		passkeys: n.Passkeys, totp: n.TOTP, recovery: n.Recovery, devices: n.Devices,
		limits:     &limiter{store: n.Limiter, limits: n.Limits},
		federation: n.Federation, roundtrip: n.RoundTrip, saml: n.SAML, gate: n.Gate,
		log:   n.Log,
		flows: map[string]*flow.Flow[Data, *Env]{},
	}
	for _, def := range []definition{f.login(), f.registration(), f.profile(), f.tokenExchange()} {
		ready, err := flow.New(withheld(def), n.Keyring)
		if err != nil {
			return nil, err
		}
		f.flows[def.Name] = ready
	}
	return f, nil
}

// An Answer is what a client gets: always a body in the shape of a flow.
type Answer struct {
	Status int
	Body   []byte
	// Issued is the session that the request opened, if any.
	Issued *session.Issued
	// Cookies to set beside the session's.
	Cookies []*http.Cookie
	// RetryAfter is how long to wait, where that is the answer; rounded up when sent as a header.
	RetryAfter time.Duration
}

// Start begins a flow. Nothing is stored, and no statement is sent but for the session of a profile flow.
func (f *Flows) Start(ctx context.Context, t *tenants.Tenant, name string, c auth.Client) Answer {
	ctx, end := telemetry.Span(ctx, "flow "+name)
	defer end(nil)
	if refused := f.refuse(t, name); refused != nil {
		return *refused
	}
	env := &Env{Tenant: t, Client: c}
	if refused := f.authenticate(ctx, name, env); refused != nil {
		return *refused
	}
	result, err := f.flows[name].Start(scoped(ctx, t), env, party(env), now())
	if err != nil {
		return f.failed(ctx, name, err)
	}
	return f.render(ctx, name, env, result)
}

// Continue runs an action of a flow. ref is the action and the flow's id; body what was posted.
func (f *Flows) Continue(ctx context.Context, t *tenants.Tenant, name string, ref flow.Ref, body []byte, c auth.Client) Answer {
	ctx, end := telemetry.Span(ctx, "flow "+name, telemetry.Attr("flow.action", ref.Action))
	defer end(nil)
	if refused := f.refuse(t, name); refused != nil {
		return *refused
	}
	parsed, err := flow.ParseBody(body)
	if err != nil {
		return f.failed(ctx, name, err)
	}
	env := &Env{Tenant: t, Client: c}
	if refused := f.authenticate(ctx, name, env); refused != nil {
		return *refused
	}
	ctx = scoped(ctx, t)
	var stored *flow.Record
	if !flow.IsHandle(parsed.CSRFToken) { // a sealed start has no row; one that was used before collides when it is stored
		if stored, err = f.load(ctx, t, ref.ID); err != nil {
			return f.failed(ctx, name, err)
		}
	}
	env.stored = stored
	result, err := f.flows[name].Continue(ctx, env, flow.Request{Ref: ref, Body: parsed, Party: party(env), Now: now()}, stored)
	if err != nil {
		return f.failed(ctx, name, err)
	}
	if err := f.commit(ctx, t, env, result); err != nil {
		return f.failed(ctx, name, err)
	}
	return f.render(ctx, name, env, result)
}

// refuse turns away what is not available: flows of suspended tenants, registrations in read-only ones, and flows that are switched off.
func (f *Flows) refuse(t *tenants.Tenant, name string) *Answer {
	code := flow.Forbidden
	switch {
	case t.Suspended():
	case name == Registration && t.ReadOnly():
	case name == TokenExchange && !t.Config.SAML.Enabled:
	case f.flows[name] == nil:
		code = flow.NotFound
	default:
		return nil
	}
	return &Answer{Status: code.Status(), Body: flow.ErrorBody(code.Status(), code)}
}

// authenticate finds the session that a profile flow acts for; the other flows need none. It answers for requests that have none.
// Spec: flow-profile §2.
func (f *Flows) authenticate(ctx context.Context, name string, env *Env) *Answer {
	if name != Profile {
		return nil
	}
	valid, err := f.sessions.Validate(ctx, env.Tenant, env.Client, session.Use)
	if err == nil {
		env.session = valid
		return nil
	}
	if errors.Is(err, session.ErrInvalid) || errors.Is(err, session.ErrMalformed) {
		answer := f.failed(ctx, name, flow.Refuse(flow.Unauthorized, err.Error()))
		if errors.Is(err, session.ErrIdle) {
			answer.Cookies = append(answer.Cookies, session.DeleteCookie(env.Tenant))
		}
		return &answer
	}
	answer := f.failed(ctx, name, err)
	return &answer
}

// party binds a flow to its tenant, and a profile flow to the person whose session it was started with.
func party(env *Env) flow.Party {
	p := flow.Party{Tenant: env.Tenant.ID.String()}
	if env.session != nil {
		p.User = env.session.UserID.String()
	}
	return p
}

func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// load finds the record of a flow that has begun to act, or nil.
func (f *Flows) load(ctx context.Context, t *tenants.Tenant, id uuid.UUID) (*flow.Record, error) {
	row, err := f.store.Reader().Flow.Get(ctx, id)
	switch {
	case ent.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("load flow: %w", err)
	}
	data, err := f.keyring.Open(row.Data, rowContext(t, id))
	if err != nil {
		return nil, fmt.Errorf("open flow %s: %w", id, err)
	}
	record, err := flow.DecodeRecord(data)
	if err != nil {
		return nil, err
	}
	record.Version = row.Version
	return record, nil
}

// rowContext is what a stored record is bound to: it cannot be moved to another tenant or flow.
func rowContext(t *tenants.Tenant, id uuid.UUID) []byte {
	return append(append([]byte("flow|"), t.ID[:]...), id[:]...)
}

// commit stores the record and everything that the request changes, in one transaction. The record comes first: whoever loses the race for
// it changes nothing.
func (f *Flows) commit(ctx context.Context, t *tenants.Tenant, env *Env, r *flow.Result) error {
	if r.Write == flow.None {
		return nil
	}
	sealed := f.keyring.Seal(r.Document, rowContext(t, r.Record.ID))
	record := func(ctx context.Context, tx *store.Tx) error { return write(ctx, tx, r, sealed) }
	if env.Work.Empty() {
		return f.store.DoSingle(ctx, scope.Tenant(t.ID), record)
	}
	env.Work.DoFirst(record)
	return env.Work.Commit(ctx, f.store, scope.Tenant(t.ID), f.outbox)
}

func write(ctx context.Context, tx *store.Tx, r *flow.Result, sealed []byte) error {
	rec := r.Record
	if r.Write == flow.Insert {
		err := tx.Flow.Create().SetID(rec.ID).SetName(rec.Flow).SetVersion(rec.Version).SetData(sealed).SetExpiresAt(rec.ExpiresAt).Exec(ctx)
		if store.IsUniqueViolation(err) {
			return flow.Conflict() // a sealed start was used before
		}
		if err != nil {
			return fmt.Errorf("store flow: %w", err)
		}
		return nil
	}
	changed, err := tx.Flow.Update().
		Where(entflow.ID(rec.ID), entflow.Version(r.From)).
		SetVersion(rec.Version).SetData(sealed).
		Save(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("update flow: %w", err)
	case changed == 0:
		return flow.Conflict()
	}
	return nil
}

// render describes the state that was reached. The step was taken, so a failure here changes nothing any more.
func (f *Flows) render(ctx context.Context, name string, env *Env, r *flow.Result) Answer {
	response, err := r.Render()
	if err != nil {
		return f.failed(ctx, name, err)
	}
	return Answer{Status: response.Status, Body: response.Body(), Issued: env.issued, Cookies: env.cookies, RetryAfter: env.retryAfter}
}

// failed answers for a request that changed nothing. What went wrong unexpectedly is logged, never told.
func (f *Flows) failed(ctx context.Context, name string, err error) Answer {
	var retry time.Duration
	level := slog.LevelError
	if busy, ok := errors.AsType[*password.BusyError](err); ok {
		level, retry = slog.LevelWarn, busy.RetryAfter
		err = flow.RefuseWith(http.StatusServiceUnavailable, flow.TechnicalError, err.Error())
	}
	if _, ok := errors.AsType[*foreseen](err); ok {
		level = slog.LevelInfo
	}
	if _, refused := errors.AsType[*flow.Refusal](err); !refused && problem.KindOf(err) == problem.KindUnavailable { // the database is away, say
		retry = time.Second
		err = flow.RefuseWith(http.StatusServiceUnavailable, flow.TechnicalError, err.Error())
	}
	if overtaken(err) {
		err = flow.Refuse(flow.NotPermitted, err.Error())
	}
	response := flow.ErrorResponse(err)
	if response.Status >= http.StatusInternalServerError && ctx.Err() == nil {
		f.log.Log(ctx, level, "a flow failed", "flow", name, "error", err)
	}
	return Answer{Status: response.Status, Body: response.Body(), RetryAfter: retry}
}

// foreseen is a failure that is nobody's fault here, though clients know it as a 5xx.
type foreseen struct{ *flow.Refusal }

// Unwrap is the answer.
func (f *foreseen) Unwrap() error { return f.Refusal }

// overtaken reports whether somebody was faster: the address or name was taken meanwhile, or the person deleted.
func overtaken(err error) bool {
	p, ok := errors.AsType[*problem.Error](err)
	return ok && (p.Kind == problem.KindConflict || p.Kind == problem.KindNotFound) || store.IsForeignKeyViolation(err)
}
