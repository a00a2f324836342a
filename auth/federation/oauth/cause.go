package oauth

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/latchkeep/latchkeep/pkg/safehttp"
)

// What can be said of a call that failed.
var (
	errTimeout     = errors.New("there was no answer in time")
	errUnreachable = errors.New("it cannot be reached")
	errCertificate = errors.New("its certificate is not trusted")
	errUnreadable  = errors.New("its answer cannot be read")
	errGivenUp     = errors.New("the request was given up")
	errBusy        = errors.New("too many sign-ins wait for it")
)

// cause says why a call failed, in words of our own: what libraries say may quote requests and answers, which hold secrets and tokens.
func cause(err error) error {
	var refused *oauth2.RetrieveError
	var certificate *tls.CertificateVerificationError
	var network net.Error
	var operation *net.OpError
	var name *net.DNSError
	switch {
	case errors.Is(err, safehttp.ErrForbiddenAddress):
		return safehttp.ErrForbiddenAddress
	case errors.Is(err, safehttp.ErrTooLarge):
		return safehttp.ErrTooLarge
	case errors.As(err, &refused):
		return refusal(refused)
	case errors.As(err, &certificate):
		return errCertificate
	case errors.Is(err, context.Canceled):
		return errGivenUp
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return errTimeout
	case errors.As(err, &operation), errors.As(err, &name):
		return errUnreachable
	}
	return errUnreadable
}

// refusals are what token endpoints say (RFC 6749 §5.2, and what GitHub says instead); whatever else one says may be anything.
var refusals = []string{
	"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
	"access_denied", "server_error", "temporarily_unavailable",
	"bad_verification_code", "incorrect_client_credentials", "redirect_uri_mismatch", "unverified_user_email",
}

func refusal(r *oauth2.RetrieveError) error {
	status := 0
	if r.Response != nil {
		status = r.Response.StatusCode
	}
	if slices.Contains(refusals, r.ErrorCode) {
		return fmt.Errorf("it answered %d %s", status, r.ErrorCode)
	}
	return fmt.Errorf("it answered %d", status)
}

var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// unquoted is what a library says of a token, without what it quotes from it.
func unquoted(err error) error {
	text := strings.ToValidUTF8(quoted.ReplaceAllString(err.Error(), "…"), "")
	if i := strings.IndexByte(text, '"'); i >= 0 {
		text = text[:i]
	}
	if len(text) > 200 {
		text = strings.ToValidUTF8(text[:200], "") + "…"
	}
	return errors.New(text)
}
