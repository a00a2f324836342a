package public_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/federation/saml"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
)

func TestSAMLUpkeep_IsDoneByTheWorkerByItself(t *testing.T) {
	t.Parallel()
	eachSAMLQuietly(t, func(t *testing.T, env *testenv.Env, clock *testenv.Clock) {
		h := newSAMLHouse(t, env, clock, "shop")
		h.provide(t)
		h.metadata(t)
		_, err := h.room.Rotate(t.Context(), tenants.BySystem, h.ID)
		require.NoError(t, err)
		require.EqualValues(t, 1, h.peer.Fetches.Load())
		require.Equal(t, []tenants.KeyState{tenants.KeyActive, tenants.KeyPublished}, h.states(t))

		clock.Move(max(saml.Overlap, samlDay))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- env.App.Work(ctx) }()
		require.Eventually(t, func() bool { return h.peer.Fetches.Load() == 2 }, 30*time.Second, 20*time.Millisecond, "metadata is fetched again")
		require.Eventually(t, func() bool {
			states := h.states(t)
			return states[0] == tenants.KeyRetiring && states[1] == tenants.KeyActive
		}, 30*time.Second, 20*time.Millisecond, "certificates move on")
		stop()
		require.NoError(t, <-ended)
	})
}
