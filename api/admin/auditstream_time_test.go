package admin

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/tenants"
)

// ear hears an entry every so often; never, where that is zero.
type ear time.Duration

func (e ear) Next(_ context.Context, wait time.Duration) ([]audit.Event, bool, error) {
	if every := time.Duration(e); every > 0 && every < wait {
		<-time.After(every)
		return []audit.Event{{Sequence: 7}}, true, nil
	}
	<-time.After(wait)
	return nil, true, nil
}

// follow follows a log until a key that was revoked after a time is noticed, and returns what was sent and how long that took.
func follow(t *testing.T, e ear, revoked time.Duration) (sent string, took time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var out bytes.Buffer
		may := func() bool { return time.Since(began) < revoked }
		require.NoError(t, tail(t.Context(), e, &tenants.Tenant{ID: uuid.New()}, &out, may))
		sent, took = out.String(), time.Since(began)
	})
	return sent, took
}

func TestTail_SaysEveryFifteenSecondsThatNothingIsNewAndLooksAtTheKey(t *testing.T) {
	t.Parallel()
	sent, took := follow(t, 0, 40*time.Second)
	require.Equal(t, ": listening\n\n: nothing new\n\n: nothing new\n\n", sent)
	require.Equal(t, 45*time.Second, took)
}

func TestTail_LooksAtTheKeyWhileEntriesComeToo(t *testing.T) {
	t.Parallel()
	sent, took := follow(t, ear(time.Second), 20*time.Second)
	require.Equal(t, 29, strings.Count(sent, "id: 7\n"))
	require.NotContains(t, sent, "nothing new")
	require.Equal(t, 30*time.Second, took)
}
