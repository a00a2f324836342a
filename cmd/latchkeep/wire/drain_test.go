package wire_test

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/cmd/latchkeep/wire"
	"github.com/latchkeep/latchkeep/internal/freeport"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

func TestServe_AnswersOnWhileBalancersNoticeThatItIsNotReady(t *testing.T) {
	t.Parallel()
	port := freeport.Several(t, 2)
	const delay = 5 * time.Second // long enough to be seen on a busy machine
	s := load(t, "database.url", testdb.URL(t, dialect.SQLite), "server.public.address", "127.0.0.1:"+port[0], "server.ops.address", "127.0.0.1:"+port[1],
		"server.drain_delay", delay.String())
	listening := make(chan struct{})
	app, err := wire.New(t.Context(), s, wire.Options{
		Log: slog.New(slog.DiscardHandler), NoSpareKeys: true, Listening: func() { close(listening) },
	})
	require.NoError(t, err)
	defer app.Close()
	ctx, end := context.WithCancel(t.Context())
	defer end()
	done := make(chan error, 1)
	go func() { done <- app.Serve(ctx, "public") }()
	<-listening

	get := func(url string) *http.Response {
		resp, err := http.Get(url)
		require.NoError(t, err)
		resp.Body.Close()
		return resp
	}
	ready, alive := "http://127.0.0.1:"+port[1]+"/readyz", "http://127.0.0.1:"+port[0]+"/health/alive"
	require.Equal(t, http.StatusOK, get(ready).StatusCode)
	require.False(t, get(alive).Close)

	told := time.Now()
	end()
	require.Eventually(t, func() bool { return get(ready).StatusCode == http.StatusServiceUnavailable }, delay, 5*time.Millisecond)
	answer := get(alive)
	require.Equal(t, http.StatusOK, answer.StatusCode, "who has not noticed yet is served")
	require.True(t, answer.Close, "and told to come back by another connection")
	require.NoError(t, <-done)
	require.GreaterOrEqual(t, time.Since(told), delay)
	_, err = http.Get(alive)
	require.Error(t, err, "it has ended")
}
