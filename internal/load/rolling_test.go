package load_test

import (
	"context"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/load"
)

// everything is what all kinds of clients do, often enough to be caught at any moment.
const everything = "validate=10,jwks=5,start=5,login=1,passkey=5,registration=1,admin-get=5,admin-list=2,admin-create=2,tenant-list=1"

func TestRollingRestart_FailsNoRequest(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	_, mix := d.open(t, 100, everything)
	tally := load.NewTally()
	ctx, end := context.WithCancel(t.Context())
	var working sync.WaitGroup
	working.Go(func() { load.Plan{Mix: mix, Clients: 8, Connect: connect, Tally: tally}.Run(ctx) })
	began := time.Now()
	for range *rounds {
		for _, s := range d.servers {
			before := s.PID()
			s.Kill(syscall.SIGTERM)
			s.Start(t)
			require.NotEqual(t, before, s.PID())
			d.joined(t)
		}
	}
	end()
	working.Wait()
	all, _ := tally.Cut()
	t.Logf("%d restarts in %s, %d operations", *rounds*len(d.servers), time.Since(began).Round(time.Second), done(all))
	noted.add(note{what: "one of two servers ended and started, in turn", times: *rounds * len(d.servers), done: done(all), withoutFailing: true})
	require.Positive(t, done(all))
	require.Empty(t, failures(all), "requests that failed")
}
