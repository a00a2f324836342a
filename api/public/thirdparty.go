package public

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/latchkeep/latchkeep/api/middleware"
	"github.com/latchkeep/latchkeep/auth/federation/roundtrip"
)

// callbackPath is where OAuth providers send browsers back to.
const callbackPath = "/thirdparty/callback"

// maxCallback bounds what a provider has a browser post.
const maxCallback = 64 << 10

func (s *Server) registerThirdParty() {
	s.router.Get(callbackPath, s.thirdPartyCallback)
	s.router.Post(callbackPath, s.thirdPartyPost)
	documentThirdParty(s.api.OpenAPI())
}

// thirdPartyCallback signs in who comes back from an OAuth provider, and sends the browser on to the app. Spec: third-party §6.3.
func (s *Server) thirdPartyCallback(w http.ResponseWriter, r *http.Request) {
	req := middleware.From(r.Context())
	q := r.URL.Query()
	in := roundtrip.Return{
		State: q.Get("state"), Code: q.Get("code"), Issuer: q.Get("iss"), Error: q.Get("error"), ErrorDescription: q.Get("error_description"),
	}
	for _, c := range r.CookiesNamed(roundtrip.CookieName) {
		in.Cookies = append(in.Cookies, c.Value)
	}
	arrival := s.options.RoundTrip.Finish(r.Context(), req.Tenant, req.Client, in, time.Now().UTC())
	if arrival.Cookie != nil {
		w.Header().Add("Set-Cookie", arrival.Cookie.String())
	}
	if arrival.Location == "" {
		writeError(w, http.StatusBadRequest)
		return
	}
	sendOn(w, http.StatusTemporaryRedirect, arrival.Location)
}

// thirdPartyPost takes the answer of providers that have the browser post a form, and has it come again with a GET: a POST from another site
// brings no cookie but the one made for it. Spec: third-party §6.2.
func (s *Server) thirdPartyPost(w http.ResponseWriter, r *http.Request) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		writeError(w, http.StatusBadRequest)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCallback))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		writeError(w, http.StatusRequestEntityTooLarge)
		return
	}
	form, malformed := url.ParseQuery(string(body))
	if err != nil || malformed != nil {
		writeError(w, http.StatusBadRequest)
		return
	}
	for name, values := range r.URL.Query() {
		form[name] = append(form[name], values...)
	}
	sendOn(w, http.StatusSeeOther, middleware.From(r.Context()).Base+callbackPath+"?"+form.Encode())
}

// sendOn redirects without a body. What is in the address is for its reader alone: no cache keeps it, and no page is told where it came from.
func sendOn(w http.ResponseWriter, status int, location string) {
	h := w.Header()
	h.Set("Location", location)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
}

func documentThirdParty(doc *huma.OpenAPI) {
	text := &huma.Schema{Type: "string"}
	location := map[string]*huma.Param{"Location": {Schema: text, Description: "Where the browser goes next"}}
	var params []*huma.Param
	for _, p := range [][2]string{
		{"state", "The sealed state of the start"}, {"code", "What the provider gives for the account"},
		{"iss", "The provider's issuer (RFC 9207)"}, {"error", "Why the provider refused"}, {"error_description", "The same for people"},
	} {
		params = append(params, &huma.Param{Name: p[0], In: "query", Schema: text, Description: p[1]})
	}
	doc.AddOperation(&huma.Operation{
		OperationID: "third-party-callback", Method: http.MethodGet, Path: callbackPath, Tags: []string{"Third parties"},
		Summary: "Come back from an OAuth provider",
		Description: "Providers send browsers here. The answer sends them on to the page that the start named, with `hanko_token` in its query, " +
			"or with `error` and `error_description`.",
		Parameters: params,
		Responses: map[string]*huma.Response{
			"307": {Description: "On to the app", Headers: location},
			"400": {Description: "The state does not count, and the tenant has no page for errors"},
		},
	})
	doc.AddOperation(&huma.Operation{
		OperationID: "third-party-callback-form", Method: http.MethodPost, Path: callbackPath, Tags: []string{"Third parties"},
		Summary:     "Come back from an OAuth provider that has forms posted",
		Description: "The same for providers with `response_mode=form_post`. The answer has the browser come again with a GET.",
		RequestBody: &huma.RequestBody{Content: map[string]*huma.MediaType{
			"application/x-www-form-urlencoded": {Schema: &huma.Schema{Type: "object"}},
		}},
		Responses: map[string]*huma.Response{
			"303": {Description: "The same as a GET", Headers: location},
			"400": {Description: "No form"},
			"413": {Description: "The form is too large"},
		},
	})
}
