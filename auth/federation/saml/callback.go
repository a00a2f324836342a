package saml

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/crewjam/saml"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/samlprovider"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/tenants"
)

// An Outcome is how a sign-in ended, and where the browser goes.
type Outcome struct {
	RedirectTo string
	// Token is what the flow redeems; empty where the sign-in came to nothing.
	Token string
	// IdPInitiated says that the person began at the provider.
	IdPInitiated bool
	// Code and Description say why it came to nothing, in words that may be shown.
	Code        federation.Code
	Description string
}

// Descriptions of refusals. They do not tell what exactly was wrong: that is in the audit log.
const (
	aboutState    = "the sign-in was not begun here, was finished before, or took too long"
	aboutResponse = "the response of the identity provider is not valid"
	aboutReplay   = "the response of the identity provider was used before"
	aboutUnknown  = "no identity provider of this name is known"
)

// Callback takes a response to a request of ours, or one that somebody's provider sends by itself. Spec: saml §6.
func (r *Room) Callback(ctx context.Context, t *tenants.Tenant, c auth.Client, relayState, response string) Outcome {
	a := &arrival{Room: r, t: t, client: c, response: response, now: r.now()}
	a.out.RedirectTo = t.Config.SAML.DefaultRedirectURL
	var err *federation.Error
	if sealed, ours := strings.CutPrefix(relayState, statePrefix); ours {
		err = a.solicited(ctx, sealed)
	} else {
		a.out.IdPInitiated = true
		err = a.unsolicited(ctx)
	}
	if err != nil {
		a.fail(ctx, err)
	}
	return a.out
}

// An arrival is a response that is being looked at.
type arrival struct {
	*Room
	t        *tenants.Tenant
	client   auth.Client
	response string
	now      time.Time
	out      Outcome
}

// fail ends the sign-in. What went wrong with us is in the program's log, what went wrong with the response in the audit log.
func (a *arrival) fail(ctx context.Context, err *federation.Error) {
	a.out.Code, a.out.Description = err.Code, err.Description
	if err.Code == federation.ServerError {
		a.out.Description = ""
		if ctx.Err() == nil {
			a.n.Log.ErrorContext(ctx, "a SAML sign-in failed", "tenant_id", a.t.ID, "request_id", a.client.RequestID, "error", err.Cause)
		}
		return
	}
	a.n.Linker.Refused(ctx, a.t, a.client, err)
}

// distrust is what is answered to a response that was not believed: the code of our own for one that we asked for, where clients expect that the
// fault is the service's. It is a refusal nevertheless, and recorded as one. Spec: saml §6.1.
func (a *arrival) distrust(ctx context.Context, description string, cause error) *federation.Error {
	err := federation.Refuse(federation.InvalidRequest, description, cause)
	if a.out.IdPInitiated {
		return err
	}
	a.n.Linker.Refused(ctx, a.t, a.client, err)
	a.out.Code = federation.ServerError
	return nil
}

func internal(err error) *federation.Error { return federation.Refuse(federation.ServerError, "", err) }

// solicited takes the answer to a request of ours. Spec: saml §6.1.
func (a *arrival) solicited(ctx context.Context, sealed string) *federation.Error {
	state, err := a.takeState(ctx, sealed)
	switch {
	case errors.Is(err, federation.ErrState):
		return federation.Refuse(federation.InvalidRequest, aboutState, err)
	case err != nil:
		return internal(err)
	}
	a.out.RedirectTo = state.RedirectTo
	p, found := a.t.SAMLForDomain(state.Provider)
	if !found {
		return a.distrust(ctx, aboutUnknown, errors.New("the provider was switched off or deleted"))
	}
	row, err := a.enabled(ctx, a.t, p.ID)
	switch {
	case errors.Is(err, ErrNoProvider):
		return a.distrust(ctx, aboutUnknown, errors.New("the provider was switched off or deleted"))
	case err != nil:
		return internal(err)
	}
	raw, err := decode(a.response)
	if err != nil {
		return a.distrust(ctx, aboutResponse, err)
	}
	seen, err := inspect(raw)
	if err != nil {
		return a.distrust(ctx, aboutResponse, err)
	}
	assertion, refused := a.believe(ctx, raw, seen, row, state.RequestID)
	if refused != nil {
		if refused.Code == federation.ServerError {
			return refused
		}
		return a.distrust(ctx, refused.Description, refused.Cause)
	}
	return a.finish(ctx, state, assertion, row)
}

// takeState opens a state and takes it out of circulation, whatever comes of it: it is remembered as used until it would have expired.
// Error: federation.ErrState. Spec: saml §5.4.
func (a *arrival) takeState(ctx context.Context, sealed string) (federation.State, error) {
	state, err := federation.OpenState(a.n.Keyring, a.t.ID, federation.PurposeSAML, sealed, a.now)
	if err != nil {
		return state, err
	}
	if state.RequestID == "" {
		return state, fmt.Errorf("%w: it is of no request", federation.ErrState)
	}
	err = a.n.Store.Do(ctx, scope.Tenant(a.t.ID), func(ctx context.Context, tx *store.Tx) error {
		return tx.SAMLUse.Create().SetKind(useRequest).SetDigest(digest(useRequest, state.Nonce)).
			SetExpiresAt(state.ExpiresAt.Truncate(time.Microsecond).Add(time.Second)).Exec(ctx)
	})
	if store.IsUniqueViolation(err) {
		return state, fmt.Errorf("%w: it was used before", federation.ErrState)
	}
	if err != nil {
		return state, fmt.Errorf("take a SAML request: %w", err)
	}
	return state, nil
}

// unsolicited takes a response that nobody asked for. Spec: saml §6.2.
func (a *arrival) unsolicited(ctx context.Context) *federation.Error {
	if a.out.RedirectTo == "" {
		return internal(errNoDefault)
	}
	raw, err := decode(a.response)
	if err != nil {
		return a.distrust(ctx, aboutResponse, err)
	}
	seen, err := inspect(raw)
	if err != nil {
		return a.distrust(ctx, aboutResponse, err)
	}
	if seen.issuer == "" {
		return a.distrust(ctx, aboutResponse, errors.New("it does not say who issued it"))
	}
	rows, err := a.issuers(ctx, seen.issuer)
	if err != nil {
		return internal(err)
	}
	if len(rows) == 0 {
		return a.distrust(ctx, aboutUnknown, fmt.Errorf("no enabled provider is called %.255q", seen.issuer))
	}
	if seen.answers {
		return a.distrust(ctx, aboutResponse, errors.New("it answers a request, and came without the state of one"))
	}
	var last *federation.Error
	for _, row := range rows { // two domains may share a provider, and each has its own people
		assertion, refused := a.believe(ctx, raw, seen, row, "")
		if refused == nil {
			return a.finish(ctx, federation.State{Provider: row.Domain, RedirectTo: a.out.RedirectTo}, assertion, row)
		}
		last = refused
	}
	return last
}

// issuers are the tenant's enabled providers of a name.
func (a *arrival) issuers(ctx context.Context, entityID string) ([]*ent.SAMLProvider, error) {
	rows, err := a.n.Store.Reader().SAMLProvider.Query().Where(samlprovider.EntityID(entityID), samlprovider.Enabled(true)).
		Order(ent.Asc(samlprovider.FieldCreatedAt, samlprovider.FieldID)).All(scope.With(ctx, scope.Tenant(a.t.ID)))
	if err != nil {
		return nil, fmt.Errorf("find a SAML provider: %w", err)
	}
	return rows, nil
}

// A believed assertion is verified, and its claims were read.
type believed struct {
	assertion *saml.Assertion
	claims    federation.Claims
}

// believe verifies a response of a provider, and reads what it says of the person.
func (a *arrival) believe(ctx context.Context, raw []byte, seen shape, row *ent.SAMLProvider, request string) (believed, *federation.Error) {
	from, err := idpOf(row)
	if err != nil {
		return believed{}, internal(err)
	}
	e := expectation{
		service: serviceOf(a.t), idp: from, request: request, missingAttributes: a.t.Config.SAML.Options.AllowMissingAttributes, now: a.now,
	}
	if seen.encrypted {
		if e.keys, err = a.keys(ctx); err != nil {
			return believed{}, internal(err)
		}
		if len(e.keys) == 0 {
			return believed{}, federation.Refuse(federation.InvalidRequest, aboutResponse, errors.New("it is encrypted, and no certificate of ours is valid"))
		}
	}
	assertion, err := verify(raw, e)
	if err != nil {
		return believed{}, federation.Refuse(federation.InvalidRequest, aboutResponse, err)
	}
	c, err := claims(assertion, row, e.service.audience)
	if err != nil {
		return believed{}, federation.Refuse(federation.InvalidRequest, aboutResponse, err)
	}
	return believed{assertion, c}, nil
}

// keys are those that decrypt what was encrypted for the tenant. With validate_encryption_cert, only those whose certificate is valid now.
func (a *arrival) keys(ctx context.Context) ([]*rsa.PrivateKey, error) {
	rows, err := a.rows(ctx, a.t)
	if err != nil {
		return nil, err
	}
	var keys []*rsa.PrivateKey
	for _, row := range rows {
		p, err := a.open(row)
		if err != nil {
			return nil, err
		}
		ended := a.now.Before(p.certificate.NotBefore) || a.now.After(p.certificate.NotAfter)
		if !ended || !a.t.Config.SAML.Options.ValidateEncryptionCert {
			keys = append(keys, p.key)
		}
	}
	return keys, nil
}

// finish takes the assertion out of circulation and hands the account over.
func (a *arrival) finish(ctx context.Context, s federation.State, b believed, row *ent.SAMLProvider) *federation.Error {
	used, err := a.use(ctx, b.assertion)
	if err != nil {
		return internal(err)
	}
	if used {
		return a.distrust(ctx, aboutReplay, errors.New("the assertion was used before"))
	}
	token, err := a.n.Linker.SignIn(ctx, a.t, a.client, s, federation.Account{
		Provider: b.claims.Issuer, Claims: b.claims, AllowLinking: true, SAMLDomain: row.Domain,
	})
	if refused, ok := errors.AsType[*federation.Error](err); ok {
		return refused
	}
	if err != nil {
		return internal(err)
	}
	a.out.Token = token
	return nil
}

// use remembers an assertion for as long as it can be used, and reports whether it was used before. Of two at one time one is the first.
func (a *arrival) use(ctx context.Context, assertion *saml.Assertion) (before bool, err error) {
	until := auth.Bound(assertion.Conditions.NotOnOrAfter.Add(Skew)).Truncate(time.Microsecond)
	err = a.n.Store.Do(ctx, scope.Tenant(a.t.ID), func(ctx context.Context, tx *store.Tx) error {
		return tx.SAMLUse.Create().SetKind(useAssertion).SetDigest(digest(useAssertion, assertion.Issuer.Value, assertion.ID)).
			SetExpiresAt(until).Exec(ctx)
	})
	if store.IsUniqueViolation(err) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("keep a SAML assertion: %w", err)
	}
	return false, nil
}
