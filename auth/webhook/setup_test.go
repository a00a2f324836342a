package webhook_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/webhookdelivery"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

const patience = 30 * time.Second

// each runs a test on every database, with a clock that webhooks go by and that the test can move.
func each(t *testing.T, test func(t *testing.T, env *testenv.Env, clock *testenv.Clock), options ...testenv.Option) {
	for _, name := range []string{"sqlite3", "postgres", "mysql"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &testenv.Clock{}
			all := append([]testenv.Option{testenv.Loopback(), testenv.WithClock(clock.Now)}, options...)
			test(t, testenv.New(t, name, all...), clock)
		})
	}
}

// hook is a webhook that was just made.
type hook struct {
	ID       uuid.UUID
	Secret   string
	Enabled  bool
	Failures int
	Expires  time.Time `json:"expires_at"`
}

// subscribe makes a webhook for events.
func subscribe(t testing.TB, s *testenv.Tenant, callback string, events ...string) hook {
	t.Helper()
	r := s.Admin(t).Do(t, http.MethodPost, "/webhooks", map[string]any{"callback": callback, "events": events})
	require.Equal(t, http.StatusCreated, r.Status, "%s", r.Body)
	var h hook
	r.JSON(t, &h)
	return h
}

func read(t testing.TB, s *testenv.Tenant, id uuid.UUID) hook {
	t.Helper()
	r := s.Admin(t).Get(t, "/webhooks/"+id.String())
	require.Equal(t, http.StatusOK, r.Status, "%s", r.Body)
	var h hook
	r.JSON(t, &h)
	return h
}

// numbered are n things that events tell of.
func numbered(n int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = map[string]any{"n": i}
	}
	return list
}

// order is which of the numbered things calls tell of.
func order(calls []testenv.Call) []int {
	var list []int
	for _, c := range calls {
		n, _ := c.Data()["n"].(float64)
		list = append(list, int(n))
	}
	return list
}

// deliveries are the tenant's, by the order of their events.
func deliveries(t testing.TB, s *testenv.Tenant) []*ent.WebhookDelivery {
	t.Helper()
	rows, err := s.Env.App.Store.Reader().WebhookDelivery.Query().Order(ent.Asc(webhookdelivery.FieldMessageID, webhookdelivery.FieldEndpointID)).
		All(scope.With(t.Context(), scope.Tenant(s.ID)))
	require.NoError(t, err)
	return rows
}

// states waits until the tenant's deliveries are in states, such as "2 delivered 1 waiting", with so many attempts in all.
func states(t testing.TB, s *testenv.Tenant, attempts int, want map[string]int) {
	t.Helper()
	var seen string
	require.Eventually(t, func() bool {
		got, tried := map[string]int{}, 0
		for _, d := range deliveries(t, s) {
			got[d.State]++
			tried += d.Attempts
		}
		seen = fmt.Sprintf("%v after %d attempts", got, tried)
		return seen == fmt.Sprintf("%v after %d attempts", want, attempts)
	}, patience, 10*time.Millisecond, "%v after %d attempts, but %s", want, attempts, &stringer{&seen})
}

type stringer struct{ s *string }

func (s *stringer) String() string { return *s.s }

// idle waits until nobody delivers to the tenant's endpoints, and returns the only one.
func idle(t testing.TB, s *testenv.Tenant) *ent.WebhookEndpoint {
	t.Helper()
	var found *ent.WebhookEndpoint
	require.Eventually(t, func() bool {
		rows, err := s.Env.App.Store.Reader().WebhookEndpoint.Query().All(scope.With(t.Context(), scope.Tenant(s.ID)))
		require.NoError(t, err)
		require.Len(t, rows, 1)
		found = rows[0]
		return found.DueAt == nil || found.OpenUntil == nil || found.Failures >= 10 || !found.DueAt.Equal(*found.OpenUntil)
	}, patience, 5*time.Millisecond)
	return found
}

func attemptsOf(t testing.TB, d *ent.WebhookDelivery) []map[string]any {
	t.Helper()
	var list []map[string]any
	require.NoError(t, json.Unmarshal(d.AttemptLog, &list))
	return list
}
