package public

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strconv"

	"github.com/latchkeep/latchkeep/api/middleware"
	"github.com/latchkeep/latchkeep/auth/federation"
	"github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/redirect"
)

// maxResponseForm is the most a form with a SAML response may have, in bytes: 5 MiB of XML in base64, and some more.
const maxResponseForm = 8 << 20

// registerSAML serves what SAML identity providers and browsers on their way to and from them ask for. Spec: saml §1.
func (s *Server) registerSAML() {
	s.router.Get("/saml/metadata", s.whereSAML(s.samlMetadata))
	s.router.Get("/saml/auth", s.whereSAML(s.samlAuth))
	s.router.Get("/saml/request", s.whereSAML(s.samlRequest))
	s.router.Post("/saml/callback", s.whereSAML(s.samlCallback))
	documentSAML(s.api.OpenAPI())
}

// whereSAML refuses what the tenant has switched off.
func (s *Server) whereSAML(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !middleware.From(r.Context()).Tenant.Config.SAML.Enabled {
			writeError(w, http.StatusForbidden)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		next(w, r)
	}
}

// samlMetadata hands out the tenant's metadata, or its certificate. Spec: saml §4.
func (s *Server) samlMetadata(w http.ResponseWriter, r *http.Request) {
	t, q := middleware.From(r.Context()).Tenant, r.URL.Query()
	give := s.options.SAML.Metadata
	if text := q.Get("cert_only"); text != "" {
		only, err := strconv.ParseBool(text)
		if err != nil {
			writeOdd(w, http.StatusBadRequest, "invalid_request", "cert_only must be true or false")
			return
		}
		if only {
			give = s.options.SAML.CertificatePEM
		}
	}
	document, err := give(r.Context(), t, q.Get("domain"))
	switch {
	case errors.Is(err, saml.ErrNoProvider):
		w.WriteHeader(http.StatusNotFound)
	case err != nil:
		if r.Context().Err() == nil {
			s.options.Log.ErrorContext(r.Context(), "SAML metadata cannot be served", "tenant_id", t.ID, "error", err)
		}
		writeOdd(w, http.StatusInternalServerError, "server_error", http.StatusText(http.StatusInternalServerError))
	default:
		h := w.Header()
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Content-Disposition", attachment(document.Name))
		_, _ = w.Write(document.Body) // the client is gone
	}
}

// attachment names a file as browsers understand it (RFC 6266).
func attachment(name string) string {
	if value := mime.FormatMediaType("attachment", map[string]string{"filename": name}); value != "" {
		return value
	}
	return "attachment"
}

// writeOdd answers in the shape that errors of the metadata have. Spec: saml §4.
func writeOdd(w http.ResponseWriter, status int, code, description string) {
	writeJSON(w, status, []byte(`{"Code":"`+code+`","Description":"`+description+`","Cause":null}`))
}

// samlAuth begins a sign-in that no flow asked for. Spec: saml §5.1.
func (s *Server) samlAuth(w http.ResponseWriter, r *http.Request) {
	req, q := middleware.From(r.Context()), r.URL.Query()
	to, err := s.options.SAML.Authorize(r.Context(), req.Tenant, req.Client, q.Get("domain"), q.Get("redirect_to"))
	if err == nil {
		sendOn(w, http.StatusTemporaryRedirect, to)
		return
	}
	if err.Code == federation.RateLimited {
		problem.WriteCompatible(w, problem.RateLimited(err.RetryAfter))
		return
	}
	back := req.Tenant.Config.SAML.DefaultRedirectURL
	if from, bad := url.Parse(r.Referer()); bad == nil && (from.Scheme == "http" || from.Scheme == "https") && from.Host != "" {
		back = r.Referer()
	}
	sendRefused(w, back, err.Code, err.Description)
}

// samlCallback takes the response of an identity provider. Spec: saml §6.
func (s *Server) samlCallback(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxResponseForm)
	if err := r.ParseForm(); err != nil {
		status := http.StatusBadRequest
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			status = http.StatusRequestEntityTooLarge
		}
		problem.WriteCompatible(w, refusedForm(status))
		return
	}
	req := middleware.From(r.Context())
	out := s.options.SAML.Callback(r.Context(), req.Tenant, req.Client, r.PostForm.Get("RelayState"), r.PostForm.Get("SAMLResponse"))
	if out.Token == "" {
		sendRefused(w, out.RedirectTo, out.Code, out.Description)
		return
	}
	result := []string{"hanko_token", out.Token}
	if out.IdPInitiated {
		result = append(result, "saml_hint", "idp_initiated")
	}
	sendOn(w, http.StatusFound, redirect.With(out.RedirectTo, result...))
}

func refusedForm(status int) *problem.Error {
	if status == http.StatusRequestEntityTooLarge {
		return &problem.Error{Kind: problem.KindTooLarge, Code: "form_too_large", Message: http.StatusText(status)}
	}
	return problem.Invalid("malformed_form", http.StatusText(status))
}

// internalText is all that is told of what went wrong with us.
const internalText = "an internal error has occurred"

// sendRefused tells a page why nobody is signed in. Where there is no page to tell, the browser stays here.
func sendRefused(w http.ResponseWriter, page string, code federation.Code, description string) {
	if page == "" {
		writeError(w, http.StatusBadRequest)
		return
	}
	if code == federation.ServerError {
		description = internalText
	}
	pairs := []string{"error", string(code)}
	if description != "" {
		pairs = append(pairs, "error_description", description)
	}
	sendOn(w, http.StatusSeeOther, redirect.With(page, pairs...))
}
