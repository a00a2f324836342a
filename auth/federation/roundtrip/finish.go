package roundtrip

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/auth/federation/oauth"
	"github.com/latchkeep/latchkeep/pkg/redirect"
	"github.com/latchkeep/latchkeep/tenants"
)

// A Return is what a browser brings back from a provider: parameters of the query, empty where absent, and the cookies that it has.
type Return struct {
	State, Code, Issuer     string
	Error, ErrorDescription string
	Cookies                 []string
}

// An Arrival is where the browser goes next.
type Arrival struct {
	// Location is empty where there is no page to go to: the state does not count, and the tenant has no page for errors.
	Location string
	// Cookie, where not nil, makes the browser forget the state.
	Cookie *http.Cookie
}

// Finish signs in who comes back from a provider, or says why not; either way the browser goes on to a page of the tenant's app.
// Spec: third-party §6.3.
func (r *Room) Finish(ctx context.Context, t *tenants.Tenant, c auth.Client, in Return, now time.Time) Arrival {
	state, refused := r.open(t, in, now)
	if refused != nil {
		r.n.Federation.Refused(ctx, t, c, refused)
		return Arrival{Location: withError(t.Config.ThirdParty.ErrorRedirectURL, refused)}
	}
	token, refused := r.signIn(ctx, t, c, state, in)
	if refused != nil {
		r.n.Federation.Refused(ctx, t, c, refused)
		return Arrival{Location: withError(state.RedirectTo, refused)}
	}
	return Arrival{Location: redirect.With(state.RedirectTo, "hanko_token", token), Cookie: noCookie(t)}
}

// open verifies the state: steps 1 to 3. Where the start had no verifier, the browser must be the one that asked.
func (r *Room) open(t *tenants.Tenant, in Return, now time.Time) (federation.State, *federation.Error) {
	if in.State == "" {
		return federation.State{}, federation.Refuse(federation.InvalidRequest, "the state is missing", nil)
	}
	state, err := federation.OpenState(r.n.Keyring, t.ID, federation.PurposeOAuth, in.State, now)
	if err != nil {
		return state, federation.Refuse(federation.InvalidRequest, "the state is not valid", err)
	}
	if state.CodeVerifier == "" && !slices.ContainsFunc(in.Cookies, func(text string) bool { return r.sameNonce(t, state, text, now) }) {
		return state, federation.Refuse(federation.InvalidRequest, "the state is not this browser's", nil)
	}
	switch allowed, err := allows(t, state.RedirectTo); {
	case err != nil:
		return state, federation.Refuse(federation.ServerError, "", err)
	case !allowed:
		return state, federation.Refuse(federation.InvalidRequest, "the page to return to is not allowed any more", nil)
	}
	return state, nil
}

func (r *Room) sameNonce(t *tenants.Tenant, state federation.State, cookie string, now time.Time) bool {
	own, err := federation.OpenState(r.n.Keyring, t.ID, federation.PurposeOAuth, cookie, now)
	return err == nil && subtle.ConstantTimeCompare([]byte(own.Nonce), []byte(state.Nonce)) == 1
}

// signIn is steps 4 to 11.
func (r *Room) signIn(ctx context.Context, t *tenants.Tenant, c auth.Client, state federation.State, in Return) (string, *federation.Error) {
	provider, err := r.provider(t, state.Provider)
	if in.Error != "" {
		if err == nil { // else there is nobody whose answer it might be, and nothing comes of it but the text
			err = provider.From(ctx, in.Issuer)
		}
		if err != nil && !errors.Is(err, ErrProvider) {
			return "", federation.AsError(err)
		}
		return "", theirs(in.Error, in.ErrorDescription)
	}
	switch {
	case errors.Is(err, ErrProvider):
		return "", federation.Refuse(federation.InvalidRequest, "the provider is not available", err)
	case err != nil:
		return "", federation.Refuse(federation.ServerError, "", err)
	case in.Code == "":
		return "", federation.Refuse(federation.InvalidRequest, "the code is missing", nil)
	}
	account, err := provider.Account(ctx, oauth.Answer{Code: in.Code, Issuer: in.Issuer, CodeVerifier: state.CodeVerifier, Nonce: state.Nonce})
	if err != nil {
		return "", federation.AsError(err)
	}
	account.Provider = state.Provider
	token, err := r.n.Federation.SignIn(ctx, t, c, state, account)
	if err != nil {
		return "", federation.AsError(err)
	}
	return token, nil
}

// What of a provider's own error is passed on, in bytes.
const (
	maxTheirCode = 100
	maxTheirText = 500
)

// theirs is an error that the provider answered with. What is no error code (RFC 6749 §4.1.2.1) is not passed on as one.
func theirs(code, description string) *federation.Error {
	for _, b := range []byte(code) {
		if b < 0x20 || b > 0x7e || b == '"' || b == '\\' {
			return federation.Refuse(federation.InvalidRequest, "the provider refused", nil)
		}
	}
	if len(code) > maxTheirCode {
		return federation.Refuse(federation.InvalidRequest, "the provider refused", nil)
	}
	description = strings.ToValidUTF8(description, "")
	if len(description) > maxTheirText {
		description = strings.ToValidUTF8(description[:maxTheirText], "")
	}
	return federation.Refuse(federation.Code(code), description, nil)
}

// internal is all that is told of what is our own fault.
const internal = "an internal error has occurred"

// withError is a page with the reason of a failure in its query.
func withError(page string, why *federation.Error) string {
	if page == "" {
		return ""
	}
	text := why.Description
	if why.Code == federation.ServerError {
		text = internal
	}
	if text == "" {
		return redirect.With(page, "error", string(why.Code))
	}
	return redirect.With(page, "error", string(why.Code), "error_description", text)
}
