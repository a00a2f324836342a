package smtpsink_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/smtpsink"
)

func TestSink_WaitGivesEachMessageOnceInItsOrder(t *testing.T) {
	t.Parallel()
	sink := smtpsink.New(t, smtpsink.Options{})
	for _, subject := range []string{"first", "second"} {
		m := letter()
		m.Subject = subject
		require.NoError(t, host(sink).Send(soon(t), sink, m))
	}

	require.Equal(t, "first", received(t, sink, kim).Subject)
	require.Equal(t, "second", received(t, sink, "KIM@shop.example").Subject)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := sink.Wait(ended, kim)
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, sink.Messages(), 2)
}

func TestSink_WaitWaits(t *testing.T) {
	t.Parallel()
	sink := smtpsink.New(t, smtpsink.Options{})
	type result struct {
		message smtpsink.Message
		err     error
	}
	waited := make(chan result, 1)
	ctx := soon(t)
	go func() {
		m, err := sink.Wait(ctx, kim)
		waited <- result{m, err}
	}()
	other := letter()
	other.To.Address = "sam@shop.example"
	require.NoError(t, host(sink).Send(ctx, sink, other))
	require.NoError(t, host(sink).Send(ctx, sink, letter()))

	got := <-waited

	require.NoError(t, got.err)
	require.Equal(t, kim, got.message.To)
}

func TestSink_NobodySendsWithoutTheUserItAsksFor(t *testing.T) {
	t.Parallel()
	sink := smtpsink.New(t, smtpsink.Options{User: "shop", Password: "hunter2"})
	h := host(sink)

	require.ErrorContains(t, h.Send(soon(t), sink, letter()), "530")
	h.User, h.Password = "shop", "wrong"
	require.ErrorContains(t, h.Send(soon(t), sink, letter()), "535")

	require.Empty(t, sink.Messages())
}
