package admin

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/latchkeep/latchkeep/auth/idempotency"
	"github.com/latchkeep/latchkeep/pkg/problem"
)

const (
	idempotencyHeader = "Idempotency-Key"
	replayedHeader    = "Idempotency-Replayed"
	// repeatableKey, set to false in an operation's metadata, says that it ignores idempotency keys: it is streamed, or no creation.
	repeatableKey = "idempotency"
	maxKey        = 255
	// finishFor is how long keeping an answer may take once the client may have gone.
	finishFor = 5 * time.Second
)

var (
	errBadKey     = problem.Invalid("invalid_idempotency_key", "the idempotency key must have 1 to 255 visible characters")
	keptInHeaders = []string{"Content-Type", "Etag", "Location"}
)

// describeRepetition documents the header on the operations that heed it.
func describeRepetition(_ *huma.OpenAPI, op *huma.Operation) {
	if !heedsKey(op) {
		return
	}
	one, longest := 1, maxKey
	op.Parameters = append(op.Parameters, &huma.Param{
		Name: idempotencyHeader, In: "header",
		Description: "Makes it safe to send the request again: the same key with the same request is answered as before, for 24 hours, and nothing is " +
			"done twice. With another request, or while the first is under way, the answer is 409.",
		Schema: &huma.Schema{Type: huma.TypeString, MinLength: &one, MaxLength: &longest},
	})
}

// heedsKey reports whether an operation heeds idempotency keys.
func heedsKey(op *huma.Operation) bool {
	wanted, set := op.Metadata[repeatableKey].(bool)
	return op.Method == http.MethodPost && (wanted || !set)
}

// repeatable lets every POST be sent again with the same Idempotency-Key: the first answer is given again, and nothing is done twice.
func (s *Server) repeatable(ctx huma.Context, next func(huma.Context)) {
	op := ctx.Operation()
	r, w := humachi.Unwrap(ctx)
	keys := r.Header.Values(idempotencyHeader)
	if len(keys) == 0 || !heedsKey(op) {
		next(ctx)
		return
	}
	if len(keys) > 1 || !visible(keys[0]) {
		_ = huma.WriteErr(s.api, ctx, http.StatusBadRequest, "", errBadKey)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, op.MaxBodyBytes+1))
	r.Body = replay(body, r.Body)
	if err != nil || int64(len(body)) > op.MaxBodyBytes { // which the operation refuses itself
		next(ctx)
		return
	}
	t := tenantOf(r.Context())
	claim, kept, err := s.o.Idempotency.Begin(r.Context(), t, idempotency.Request{
		Owner: keyOf(r.Context()).ID, Key: keys[0], Content: content(r, body),
	})
	switch {
	case err != nil:
		_ = huma.WriteErr(s.api, ctx, problem.HTTPStatus(err), "", err)
	case kept != nil:
		w.Header().Set(replayedHeader, "true")
		write(w, *kept)
	default:
		s.once(ctx, claim, next)
	}
}

// once carries a request out under its claim and sends what it answers once that is kept.
func (s *Server) once(ctx huma.Context, claim *idempotency.Claim, next func(huma.Context)) {
	r, w := humachi.Unwrap(ctx)
	op := ctx.Operation()
	claim.Render = func(result any) (idempotency.Answer, error) { return render(op, result) }
	rec := &recorder{header: w.Header().Clone(), status: http.StatusOK}
	finished := false
	defer func() {
		if !finished { // it panicked
			s.finish(r.Context(), claim, idempotency.Answer{}, true)
		}
	}()
	next(humachi.NewContext(op, r.WithContext(idempotency.With(ctx.Context(), claim)), rec))
	finished = true
	a := rec.answer()
	s.finish(r.Context(), claim, a, a.Status >= http.StatusInternalServerError || a.Status == http.StatusTooManyRequests)
	maps.Copy(w.Header(), rec.header)
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body) // the client may have gone
}

// finish keeps an answer, also where the client has gone.
func (s *Server) finish(ctx context.Context, claim *idempotency.Claim, a idempotency.Answer, passing bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishFor)
	defer cancel()
	if err := claim.Finish(ctx, a, passing); err != nil {
		s.o.Log.WarnContext(ctx, "the answer to a request with an idempotency key cannot be kept", "error", err)
	}
}

// render makes the answer that an operation gives for a result, as huma does.
func render(op *huma.Operation, result any) (idempotency.Answer, error) {
	a := idempotency.Answer{Status: op.DefaultStatus, Header: map[string]string{}}
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	if result == nil {
		return a, nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(result); err != nil {
		return a, err
	}
	a.Body = b.Bytes()
	a.Header["Content-Type"] = "application/json"
	if tagged, ok := result.(interface{ ETag() string }); ok {
		a.Header["Etag"] = tagged.ETag()
	}
	return a, nil
}

func write(w http.ResponseWriter, a idempotency.Answer) {
	for name, value := range a.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body) // the client may have gone
}

// content is the digest of what decides what a request does.
func content(r *http.Request, body []byte) [sha256.Size]byte {
	h := sha256.New()
	for _, part := range []string{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header.Get("Content-Type")} {
		_, _ = io.WriteString(h, part+"\x00") // a hash takes everything
	}
	_, _ = h.Write(body)
	return [sha256.Size]byte(h.Sum(nil))
}

// visible reports whether a key has 1 to 255 visible ASCII characters.
func visible(key string) bool {
	for i := range len(key) {
		if key[i] < 0x21 || key[i] > 0x7e {
			return false
		}
	}
	return key != "" && len(key) <= maxKey
}

// replay is a body of which the beginning was read.
func replay(read []byte, rest io.ReadCloser) io.ReadCloser {
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(read), rest), rest}
}

// A recorder keeps an answer instead of sending it.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

func (r *recorder) answer() idempotency.Answer {
	a := idempotency.Answer{Status: r.status, Header: map[string]string{}, Body: r.body.Bytes()}
	for _, name := range keptInHeaders {
		if value := r.header.Get(name); value != "" {
			a.Header[name] = value
		}
	}
	return a
}
