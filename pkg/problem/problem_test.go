package problem_test

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/problem"
)

func answer(t *testing.T, write func(http.ResponseWriter, error), err error) (*http.Response, map[string]any) {
	t.Helper()
	recorder := httptest.NewRecorder()
	write(recorder, err)
	var body map[string]any
	require.NoError(t, json.Unmarshal(recorder.Body.Bytes(), &body))
	return recorder.Result(), body
}

func TestEveryKindHasItsStatus(t *testing.T) {
	t.Parallel()
	for err, status := range map[*problem.Error]int{
		problem.Invalid("c", "m"):              400,
		problem.Unauthorized("c", "m"):         401,
		problem.Forbidden("c", "m"):            403,
		problem.NotFound("c", "m"):             404,
		{Kind: problem.KindMethodNotAllowed}:   405,
		problem.Conflict("c", "m"):             409,
		problem.Gone("c", "m"):                 410,
		problem.PreconditionFailed("c", "m"):   412,
		problem.TooLarge("c", "m"):             413,
		problem.UnsupportedMedia("c", "m"):     415,
		problem.Unprocessable("c", "m"):        422,
		problem.PreconditionRequired("c", "m"): 428,
		problem.RateLimited(time.Second):       429,
		problem.Internal("c", io.EOF):          500,
		problem.Unavailable("c", nil):          503,
		{}:                                     500,
		{Kind: 99}:                             500,
	} {
		require.Equal(t, status, problem.HTTPStatus(err))
		require.Equal(t, status, problem.HTTPStatus(fmt.Errorf("do the thing: %w", err)), "wrapping changes nothing")
	}
	require.Equal(t, 200, problem.HTTPStatus(nil))
}

func TestForeignErrorsAreTranslated(t *testing.T) {
	t.Parallel()
	require.Equal(t, problem.KindInternal, problem.KindOf(io.ErrShortWrite))
	require.Equal(t, problem.KindUnavailable, problem.KindOf(fmt.Errorf("query: %w", context.DeadlineExceeded)))
	require.ErrorIs(t, problem.From(io.ErrShortWrite), io.ErrShortWrite, "the log still sees the cause")
	require.Nil(t, problem.From(nil))

	_, err := io.ReadAll(http.MaxBytesReader(httptest.NewRecorder(), io.NopCloser(strings.NewReader("12345")), 4))
	require.Equal(t, 413, problem.HTTPStatus(err))
}

// stated is an error of PostgreSQL.
type stated string

func (s stated) Error() string    { return "database: " + string(s) }
func (s stated) SQLState() string { return string(s) }

// unsent is an error of its driver, for a connection that it found closed.
type unsent bool

func (u unsent) Error() string     { return "conn closed" }
func (u unsent) SafeToRetry() bool { return bool(u) }

func TestWhatIsAwayIsWorthAnotherTry(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	for _, err := range []error{refused, driver.ErrBadConn, io.ErrUnexpectedEOF, stated("57P01"), stated("57P03"), stated("08006"), stated("53300"), unsent(true), net.ErrClosed, syscall.ECONNRESET} {
		found := problem.From(fmt.Errorf("query: %w", err))
		require.Equal(t, problem.KindUnavailable, found.Kind, err)
		require.Equal(t, time.Second, found.RetryAfter, err)
	}
	require.Equal(t, problem.KindInternal, problem.KindOf(stated("42P01")), "a table that is missing does not come back")
	require.Equal(t, problem.KindInternal, problem.KindOf(unsent(false)))
}

func TestErrorsAreTheSameByKindAndCode(t *testing.T) {
	t.Parallel()
	taken := problem.Conflict("email_already_exists", "The address is taken.")
	require.ErrorIs(t, fmt.Errorf("create user: %w", taken.Wrap(io.EOF)), taken)
	require.NotErrorIs(t, problem.Conflict("username_already_exists", ""), taken)
	require.NotErrorIs(t, problem.Invalid("email_already_exists", ""), taken)
	require.Nil(t, taken.Cause, "Wrap leaves the original alone")
	require.Equal(t, "email_already_exists: The address is taken.: EOF", taken.Wrap(io.EOF).Error())
}

func TestWrite_ProblemDocument(t *testing.T) {
	t.Parallel()
	response, body := answer(t, problem.Write, fmt.Errorf("update tenant: %w", problem.Invalid("config_invalid", "2 settings are wrong.",
		problem.Field{Path: "session.limit", Reason: "must be at least 1"}, problem.Field{Path: "service.name", Reason: "must not be blank"})))

	require.Equal(t, 400, response.StatusCode)
	require.Equal(t, "application/problem+json", response.Header.Get("Content-Type"))
	require.Empty(t, response.Header.Get("Retry-After"))
	require.Equal(t, map[string]any{
		"type": "about:blank", "title": "Bad Request", "status": 400.0, "code": "config_invalid", "detail": "2 settings are wrong.",
		"errors": []any{
			map[string]any{"path": "session.limit", "reason": "must be at least 1"},
			map[string]any{"path": "service.name", "reason": "must not be blank"},
		},
	}, body)
}

func TestWriteCompatible_UsesReasonPhrases(t *testing.T) {
	t.Parallel()
	for _, err := range []*problem.Error{problem.Unauthorized("a", "secret"), problem.Forbidden("a", "secret"), problem.NotFound("a", "secret")} {
		response, body := answer(t, problem.WriteCompatible, err)
		require.Equal(t, "application/json", response.Header.Get("Content-Type"))
		require.Equal(t, map[string]any{"code": float64(response.StatusCode), "message": http.StatusText(response.StatusCode)}, body)
	}
	_, body := answer(t, problem.WriteCompatible, problem.Conflict("email_already_exists", "The address is taken."))
	require.Equal(t, map[string]any{"code": 409.0, "message": "The address is taken."}, body)
	_, body = answer(t, problem.WriteCompatible, problem.Invalid("x", "One setting is wrong.", problem.Field{Path: "service.name", Reason: "must not be blank"}))
	require.Equal(t, "service.name: must not be blank", body["message"])
	_, body = answer(t, problem.WriteCompatible, problem.Invalid("x", ""))
	require.Equal(t, "Bad Request", body["message"])
}

func TestServerErrorsSayNothingOfTheInside(t *testing.T) {
	t.Parallel()
	inside := errors.New("pq: password authentication failed for user latchkeep")
	for _, err := range []error{
		inside,
		problem.Internal("pool_exhausted", inside),
		&problem.Error{Kind: problem.KindInternal, Code: "pool_exhausted", Message: inside.Error(), Fields: []problem.Field{{Path: "db", Reason: inside.Error()}}},
		problem.Unavailable("busy", inside).After(2 * time.Second),
	} {
		for _, write := range []func(http.ResponseWriter, error){problem.Write, problem.WriteCompatible} {
			recorder := httptest.NewRecorder()
			write(recorder, err)
			require.GreaterOrEqual(t, recorder.Code, 500)
			require.NotContains(t, recorder.Body.String(), "latchkeep")
			require.NotContains(t, recorder.Body.String(), "pool_exhausted")
		}
	}
}

func TestRetryAfterIsRoundedUp(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]string{0: "", -time.Second: "", time.Millisecond: "1", time.Second: "1", 1001 * time.Millisecond: "2", time.Minute: "60"} {
		response, _ := answer(t, problem.WriteCompatible, problem.RateLimited(wait))
		require.Equal(t, want, response.Header.Get("Retry-After"), wait)
	}
	require.Empty(t, problem.RetryAfter(nil))
}
