package middleware

import (
	"crypto/rand"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/pkg/clientip"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/telemetry"
)

// RequestIDHeader carries the id by which a request is found in logs and audit records.
const RequestIDHeader = "X-Request-Id"

// Options of the Base.
type Options struct {
	// IP finds the caller's address.
	IP *clientip.Extractor
	// Log takes the access log.
	Log *slog.Logger
	// LogHealth also logs requests for health and metrics.
	LogHealth bool
	// Server names the server in metrics.
	Server  string
	Metrics *telemetry.Metrics
	Traces  *telemetry.Traces
}

// Base wraps a whole server: it gives each request an id and a client, logs one line for it, and turns a panic into a 500.
func Base(o Options, next http.Handler) http.Handler {
	inFlight := o.Metrics.InFlight(o.Server)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		inFlight.Inc()
		defer inFlight.Dec()
		ip := o.IP.IP(r)
		req := &Request{Client: auth.Client{
			IP:        ip,
			LimitKey:  clientip.LimitKey(ip),
			UserAgent: r.UserAgent(),
			Language:  r.Header.Get("X-Language"),
			RequestID: requestID(r.Header.Get(RequestIDHeader)),
		}}
		w.Header().Set(RequestIDHeader, req.Client.RequestID)
		w.Header().Set("X-Content-Type-Options", "nosniff") // of no answer is the type to be guessed
		rec := &recorder{ResponseWriter: w}
		ctx, end := o.Traces.Request(r, o.Server)
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				o.Log.ErrorContext(r.Context(), "a request handler panicked",
					"panic", p, "request_id", req.Client.RequestID, "stack", string(debug.Stack()))
				if rec.status == 0 {
					problem.WriteCompatible(rec, problem.Internal("panic", nil))
				}
			}
			took := time.Since(start)
			endSpan(end, rec, req)
			o.Metrics.Observe(o.Server, req.Route, r.Method, rec.code(), took)
			if o.LogHealth || !isHealth(r.URL.Path) {
				logLine(o.Log, r, rec, req, took)
			}
		}()
		next.ServeHTTP(rec, r.WithContext(With(ctx, req)))
	})
}

// endSpan tells the trace what the access log tells.
func endSpan(end func(int, string, ...telemetry.Attribute), rec *recorder, req *Request) {
	attributes := []telemetry.Attribute{telemetry.Attr("request_id", req.Client.RequestID)}
	if req.Tenant != nil {
		attributes = append(attributes, telemetry.Attr("tenant_id", req.Tenant.ID.String()))
	}
	end(rec.code(), req.Route, attributes...)
}

// isHealth reports whether a path is one of health or metrics, that below a tenant's own path, too.
func isHealth(path string) bool {
	switch path {
	case "/livez", "/readyz", "/metrics":
		return true
	}
	return strings.HasSuffix(path, "/health/alive") || strings.HasSuffix(path, "/health/ready")
}

// logLine writes the access log. The path is logged without its query: that holds flow ids and tokens of callbacks.
func logLine(log *slog.Logger, r *http.Request, rec *recorder, req *Request, took time.Duration) {
	if !log.Enabled(r.Context(), slog.LevelInfo) {
		return
	}
	attrs := append(telemetry.RequestAttrs(r, rec.code(), rec.bytes, took),
		slog.String("ip", req.Client.IP.String()),
		slog.String("request_id", req.Client.RequestID),
	)
	if req.Tenant != nil {
		attrs = append(attrs, slog.String("tenant_id", req.Tenant.ID.String()))
	}
	log.LogAttrs(r.Context(), slog.LevelInfo, "request", attrs...)
}

// requestID takes over an id that the caller sent if it is harmless, else draws 32 characters.
func requestID(sent string) string {
	if sent != "" && len(sent) <= 128 && harmless(sent) {
		return sent
	}
	return rand.Text() + rand.Text()[:6]
}

// harmless accepts what can stand in a header, a log line and a database column.
func harmless(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' {
			return false
		}
	}
	return true
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status, bytes int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}
