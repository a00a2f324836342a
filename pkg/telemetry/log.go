package telemetry

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// NewLogger writes a log to w as "json" (the default) or "text", from a level on. Its lines hold what [WithAttrs] put
// into the context, no control characters, and nothing under the names of secrets.
func NewLogger(w io.Writer, format string, level slog.Leveler) *slog.Logger {
	o := &slog.HandlerOptions{Level: level, ReplaceAttr: redact}
	w = escaper{w}
	if format == "text" {
		return slog.New(contextHandler{slog.NewTextHandler(w, o)})
	}
	return slog.New(contextHandler{slog.NewJSONHandler(w, o)})
}

// Redacted stands in the log for the value of an attribute whose name is that of a secret.
const Redacted = "[redacted]"

// secrets are names of attributes that must not be logged. Not logging them is the caller's duty; this is the second wall.
var secrets = map[string]bool{
	"password": true, "new_password": true, "old_password": true, "passcode": true, "otp_code": true, "otp_secret": true,
	"secret": true, "secrets": true, "client_secret": true, "private_key": true, "api_key": true, "apikey": true,
	"token": true, "session_token": true, "access_token": true, "refresh_token": true, "id_token": true, "csrf_token": true,
	"authorization": true, "proxy_authorization": true, "cookie": true, "set_cookie": true, "cookies": true,
	"code_verifier": true, "saml_response": true, "samlresponse": true, "x_auth_token": true,
}

func redact(_ []string, a slog.Attr) slog.Attr {
	if secrets[strings.ReplaceAll(strings.ToLower(a.Key), "-", "_")] {
		return slog.String(a.Key, Redacted)
	}
	return a
}

// escaper writes whole log lines, in which it replaces what is not printable by \uXXXX. In JSON that is the same text; a
// terminal or a viewer that shows the line is not led to hide, turn round or overwrite parts of it. A handler writes one
// line at a time, and line ends stand only at its end.
type escaper struct{ w io.Writer }

func (e escaper) Write(line []byte) (int, error) {
	body := line
	if n := len(line); n > 0 && line[n-1] == '\n' {
		body = line[:n-1]
	}
	if printable(body) {
		return e.w.Write(line)
	}
	escaped := make([]byte, 0, len(line)+64)
	for len(body) > 0 {
		r, size := utf8.DecodeRune(body)
		switch {
		case unicode.IsPrint(r) && (r != utf8.RuneError || size > 1):
			escaped = append(escaped, body[:size]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			escaped = fmt.Appendf(escaped, `\u%04x\u%04x`, high, low)
		default:
			escaped = fmt.Appendf(escaped, `\u%04x`, r)
		}
		body = body[size:]
	}
	if _, err := e.w.Write(append(escaped, '\n')); err != nil {
		return 0, err
	}
	return len(line), nil
}

func printable(line []byte) bool {
	for _, c := range line {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

type attrsKey struct{}

// WithAttrs is a context whose log lines hold attrs, besides those of ctx: the id of a request, the id of its tenant.
func WithAttrs(ctx context.Context, attrs ...slog.Attr) context.Context {
	known, _ := ctx.Value(attrsKey{}).([]slog.Attr)
	all := make([]slog.Attr, 0, len(known)+len(attrs))
	return context.WithValue(ctx, attrsKey{}, append(append(all, known...), attrs...))
}

// contextHandler adds the attributes of the context to each line.
type contextHandler struct{ slog.Handler }

func (h contextHandler) Handle(ctx context.Context, r slog.Record) error {
	if attrs, ok := ctx.Value(attrsKey{}).([]slog.Attr); ok {
		r = r.Clone()
		r.AddAttrs(attrs...)
	}
	return h.Handler.Handle(ctx, r)
}

func (h contextHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return contextHandler{h.Handler.WithAttrs(attrs)}
}

func (h contextHandler) WithGroup(name string) slog.Handler {
	return contextHandler{h.Handler.WithGroup(name)}
}

// maxText bounds what a client sends and the log repeats, in bytes.
const maxText = 512

// Cut is a text of a client, at most 512 bytes of it.
func Cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	cut := maxText
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// RequestAttrs are what a line of the access log says about a request and its answer. The query is left out, since ids of
// flows, codes and tokens of callbacks stand in it; so are all headers.
func RequestAttrs(r *http.Request, status, bytes int, took time.Duration) []slog.Attr {
	return []slog.Attr{
		slog.String("method", Cut(r.Method)),
		slog.String("path", Cut(r.URL.Path)),
		slog.Int("status", status),
		slog.Int("bytes", bytes),
		slog.Duration("took", took),
	}
}
