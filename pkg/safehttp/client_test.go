package safehttp_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/safehttp"
)

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func local(timeout time.Duration) *http.Client {
	return safehttp.NewClient(safehttp.NewDialer(safehttp.Options{AllowLoopback: true}), timeout)
}

func get(t *testing.T, client *http.Client, url string) (*http.Response, []byte, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	response, err := client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return response, body, err
}

func TestClient_RefusesThisMachineInEveryURL(t *testing.T) {
	t.Parallel()
	var hits atomic.Int64
	url := serve(t, func(http.ResponseWriter, *http.Request) { hits.Add(1) })
	port := url[strings.LastIndexByte(url, ':'):]
	client := safehttp.NewClient(safehttp.NewDialer(safehttp.Options{}), 5*time.Second)
	for _, host := range []string{"127.0.0.1", "localhost", "user:pw@127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]"} {
		for _, scheme := range []string{"http://", "https://"} {
			_, _, err := get(t, client, scheme+host+port)
			require.ErrorIs(t, err, safehttp.ErrForbiddenAddress, scheme+host)
		}
	}
	require.Zero(t, hits.Load())
}

func TestClient_FollowsNoRedirects(t *testing.T) {
	t.Parallel()
	var hits atomic.Int64
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	})
	response, _, err := get(t, local(5*time.Second), url)
	require.NoError(t, err)
	require.Equal(t, http.StatusFound, response.StatusCode)
	require.EqualValues(t, 1, hits.Load())
}

func TestClient_UsesNoProxyOfTheEnvironment(t *testing.T) {
	var hits atomic.Int64
	proxy := serve(t, func(http.ResponseWriter, *http.Request) { hits.Add(1) })
	t.Setenv("HTTP_PROXY", proxy)
	t.Setenv("http_proxy", proxy)
	_, _, err := get(t, safehttp.NewClient(safehttp.NewDialer(safehttp.Options{}), 5*time.Second), "http://10.0.0.1/")
	require.ErrorIs(t, err, safehttp.ErrForbiddenAddress)
	require.Zero(t, hits.Load())
}

func TestClient_EndsWithItsTime(t *testing.T) {
	t.Parallel()
	ends, end := context.WithCancel(t.Context())
	for name, handler := range map[string]http.HandlerFunc{
		"no header": func(http.ResponseWriter, *http.Request) { <-ends.Done() },
		"no end": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("x"))
			w.(http.Flusher).Flush()
			<-ends.Done()
		},
	} {
		url := serve(t, handler)
		_, _, err := get(t, local(100*time.Millisecond), url)
		require.Error(t, err, name)
	}
	end()
}

func TestClient_ReadsNoEndlessAnswer(t *testing.T) {
	t.Parallel()
	whole := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, safehttp.MaxBody)) })
	_, body, err := get(t, local(20*time.Second), whole)
	require.NoError(t, err)
	require.Len(t, body, safehttp.MaxBody)

	more := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, safehttp.MaxBody+1)) })
	_, body, err = get(t, local(20*time.Second), more)
	require.ErrorIs(t, err, safehttp.ErrTooLarge)
	require.Len(t, body, safehttp.MaxBody)

	var bomb bytes.Buffer
	packed := gzip.NewWriter(&bomb)
	_, err = packed.Write(make([]byte, safehttp.MaxBody+1))
	require.NoError(t, err)
	require.NoError(t, packed.Close())
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb.Bytes())
	})
	_, _, err = get(t, local(20*time.Second), url)
	require.ErrorIs(t, err, safehttp.ErrTooLarge)

	headers := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Long", strings.Repeat("x", 100<<10)) })
	_, _, err = get(t, local(20*time.Second), headers)
	require.Error(t, err)
}

func TestReadLimited_TakesAllOrNothing(t *testing.T) {
	t.Parallel()
	body, err := safehttp.ReadLimited(strings.NewReader("12345"), 5)
	require.NoError(t, err)
	require.Equal(t, "12345", string(body))
	_, err = safehttp.ReadLimited(strings.NewReader("123456"), 5)
	require.ErrorIs(t, err, safehttp.ErrTooLarge)
	_, err = safehttp.ReadLimited(io.MultiReader(strings.NewReader("1"), failing{}), 5)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
