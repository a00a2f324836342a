package humaproblem_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/pkg/problem/humaproblem"
)

const leak = "password=hunter2"

type input struct {
	Body struct {
		Password string `json:"password" minLength:"8" doc:"x"`
		Fail     string `json:"fail,omitempty" doc:"x"`

		At    *time.Time `json:"at,omitempty" doc:"x"`
		Count int        `json:"count,omitempty" doc:"x"`
		_     struct{}   `additionalProperties:"true"`
	}
}

// handle fails as asked.
func handle(_ context.Context, in *input) (*struct{}, error) {
	switch in.Body.Fail {
	case "plain":
		return nil, errors.New("database: " + leak)
	case "internal":
		return nil, problem.Internal("broken", errors.New(leak))
	case "busy":
		return nil, problem.RateLimited(1500 * time.Millisecond)
	case "invalid":
		return nil, problem.Invalid("invalid_thing", "the thing is not valid", problem.Field{Path: "a.b", Reason: "is wrong"})
	case "wrapped":
		return nil, errors.Join(errors.New(leak), problem.NotFound("thing_not_found", "there is no such thing"))
	}
	return nil, nil
}

// serve makes an API of a face; configured is whether it asks this package for its errors.
func serve(t *testing.T, face humaproblem.Face, configured bool) (http.Handler, *strings.Builder) {
	t.Helper()
	log := &strings.Builder{}
	router := http.NewServeMux()
	c := huma.DefaultConfig("test", "1")
	var use func(huma.Context, func(huma.Context))
	if configured {
		use = humaproblem.Configure(&c, face, slog.New(slog.NewTextHandler(log, nil)))
	}
	api := humago.New(router, c)
	if configured {
		api.UseMiddleware(use)
	}
	huma.Register(api, huma.Operation{OperationID: "do", Method: "POST", Path: "/do", Errors: []int{400, 422}}, handle)
	return router, log
}

func post(h http.Handler, body, contentType string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/do", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestErrors_LookAsTheFaceSaysAndTellNothingInternal(t *testing.T) {
	t.Parallel()

	own, ownLog := serve(t, humaproblem.RFC9457, true)
	compatible, compatibleLog := serve(t, humaproblem.Compatible, true)
	for name, test := range map[string]struct {
		body, contentType string
		status            int
		own, compatible   string
	}{
		"a plain error": {`{"password":"long enough","fail":"plain"}`, "application/json", 500,
			`{"type":"about:blank","title":"Internal Server Error","status":500,"code":"internal_error"}`, `{"code":500,"message":"Internal Server Error"}`},
		"an internal error": {`{"password":"long enough","fail":"internal"}`, "application/json", 500,
			`{"type":"about:blank","title":"Internal Server Error","status":500,"code":"internal_error"}`, `{"code":500,"message":"Internal Server Error"}`},
		"a domain error": {`{"password":"long enough","fail":"invalid"}`, "application/json", 400,
			`{"type":"about:blank","title":"Bad Request","status":400,"code":"invalid_thing","detail":"the thing is not valid","errors":[{"path":"a.b","reason":"is wrong"}]}`,
			`{"code":400,"message":"the thing is not valid: a.b is wrong"}`},
		"a wrapped domain error": {`{"password":"long enough","fail":"wrapped"}`, "application/json", 404,
			`{"type":"about:blank","title":"Not Found","status":404,"code":"thing_not_found","detail":"there is no such thing"}`, `{"code":404,"message":"Not Found"}`},
		"a value refused": {`{"password":"hunter2"}`, "application/json", 400,
			`{"type":"about:blank","title":"Bad Request","status":400,"code":"invalid_request","detail":"validation failed","errors":[{"path":"password","reason":"expected length >= 8"}]}`,
			`{"code":400,"message":"validation failed: password expected length >= 8"}`},
		"a body of another type": {`password=hunter2`, "application/x-www-form-urlencoded", 415, "", ""},
	} {
		for face, h := range map[string]http.Handler{"own": own, "compatible": compatible} {
			w := post(h, test.body, test.contentType)
			where := name + ", " + face
			require.Equal(t, test.status, w.Code, where)
			require.NotContains(t, w.Body.String(), "hunter2", where)
			want, media := test.own, "application/problem+json"
			if face == "compatible" {
				want, media = test.compatible, "application/json"
			}
			require.Equal(t, media, w.Header().Get("Content-Type"), where)
			if want != "" {
				require.JSONEq(t, want, w.Body.String(), where)
			}
		}
	}
	for _, log := range []string{ownLog.String(), compatibleLog.String()} {
		require.Equal(t, 2, strings.Count(log, leak), "what the client is not told is logged")
	}
}

func TestErrors_OfWhatIsDecodedTellNeitherTypesOfOursNorWhatWasSent(t *testing.T) {
	t.Parallel()

	own, _ := serve(t, humaproblem.RFC9457, true)
	for body, reason := range map[string]string{
		`{"password":"long enough","PASSWORD":{}}`:                "has a member of another type than it should have",
		`{"password":"long enough","AT":"hunter2"}`:               "has a member of another type than it should have",
		`{"password":"long enough","COUNT":2718281828459045235}`:  "",
		`{"password":"long enough","COUNT":27182818284590452353}`: "has a member of another type than it should have",
		`{"password":"long enough"`:                               "unexpected end of JSON input",
		`{"password":hunter2}`:                                    "invalid character 'h' looking for beginning of value",
		`[]`:                                                      "expected object",
	} {
		w := post(own, body, "application/json")
		if reason == "" {
			require.Less(t, w.Code, 300, body)
			continue
		}
		require.Equal(t, 400, w.Code, body)
		require.JSONEq(t, `{"type":"about:blank","title":"Bad Request","status":400,"code":"invalid_request","detail":"validation failed",
			"errors":[{"path":"body","reason":"`+reason+`"}]}`, w.Body.String(), body)
	}
}

func TestErrors_SayWhenToTryAgain(t *testing.T) {
	t.Parallel()

	own, _ := serve(t, humaproblem.RFC9457, true)
	w := post(own, `{"password":"long enough","fail":"busy"}`, "application/json")
	require.Equal(t, 429, w.Code)
	require.Equal(t, "2", w.Header().Get("Retry-After"))
}

func TestErrors_OfAnAPIThatIsNotConfiguredHereDoNotLeakEither(t *testing.T) {
	t.Parallel()

	serve(t, humaproblem.RFC9457, true)
	other, _ := serve(t, 0, false)
	for _, body := range []string{`{"password":"long enough","fail":"plain"}`, `{"password":"hunter2"}`} {
		w := post(other, body, "application/json")
		require.GreaterOrEqual(t, w.Code, 400)
		require.NotContains(t, w.Body.String(), "hunter2")
	}
}

func TestHandler_AnswersWhatARouterDoesNotKnow(t *testing.T) {
	t.Parallel()

	for face, want := range map[humaproblem.Face]string{
		humaproblem.RFC9457:    `{"type":"about:blank","title":"Not Found","status":404,"code":"not_found","detail":"no such route"}`,
		humaproblem.Compatible: `{"code":404,"message":"Not Found"}`,
	} {
		w := httptest.NewRecorder()
		humaproblem.Handler(face, 404, "not_found", "no such route").ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		require.Equal(t, 404, w.Code)
		require.JSONEq(t, want, w.Body.String())
	}
}
