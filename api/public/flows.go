package public

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/latchkeep/latchkeep/api/middleware"
	"github.com/latchkeep/latchkeep/auth/flows"
	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/tenants"
)

// flowHandler serves one flow: a POST without an action starts it, one with an action goes on. Every answer has the shape of a flow, since
// a client that gets anything else leaves its form disabled.
func (s *Server) flowHandler(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			writeFlow(w, flow.RefuseWith(http.StatusNotFound, flow.NotFound, "only POST exists"))
			return
		}
		req := middleware.From(r.Context())
		ref, err := flow.ParseAction(r.URL.RawQuery)
		if err != nil {
			writeFlow(w, err)
			return
		}
		if ref.IsStart() {
			s.answer(w, req.Tenant, s.flows.Start(r.Context(), req.Tenant, name, req.Client))
			return
		}
		body, err := readBody(w, r)
		if err != nil {
			writeFlow(w, err)
			return
		}
		s.answer(w, req.Tenant, s.flows.Continue(r.Context(), req.Tenant, name, ref, body, req.Client))
	}
}

// readBody reads a request's JSON, within the limits of the engine. An empty body needs no content type.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, flow.MaxBodySize))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, flow.RefuseWith(http.StatusRequestEntityTooLarge, flow.TechnicalError, "the body is too large")
		}
		return nil, flow.RefuseWith(http.StatusBadRequest, flow.TechnicalError, "the body cannot be read")
	}
	if len(body) > 0 {
		if err := flow.CheckContentType(r.Header.Get("Content-Type")); err != nil {
			return nil, err
		}
	}
	return body, nil
}

// answer writes what a flow answered, and hands over the session where it opened one.
func (s *Server) answer(w http.ResponseWriter, t *tenants.Tenant, a flows.Answer) {
	if a.Issued != nil {
		handOver(w.Header(), t, a.Issued)
	}
	for _, cookie := range a.Cookies {
		w.Header().Add("Set-Cookie", cookie.String())
	}
	if a.Status == http.StatusTooManyRequests || a.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int((a.RetryAfter+time.Second-1)/time.Second))))
	}
	writeJSON(w, a.Status, a.Body)
}

// handOver gives a fresh session to the client: as a cookie, or as a header where the tenant chose so. Spec: session §6.
func handOver(h http.Header, t *tenants.Tenant, i *session.Issued) {
	h.Set("X-Session-Lifetime", strconv.Itoa(int(i.Lifetime/time.Second)))
	h.Set("X-Session-Retention", string(i.Retention))
	if t.Config.Session.EnableAuthTokenHeader {
		h.Set("X-Auth-Token", i.Token)
		return
	}
	h.Add("Set-Cookie", session.Cookie(t, i.Token, i.Lifetime, i.Retention).String())
}

func writeFlow(w http.ResponseWriter, err error) {
	response := flow.ErrorResponse(err)
	writeJSON(w, response.Status, response.Body())
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone
}
