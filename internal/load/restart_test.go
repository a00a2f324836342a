package load_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/load"
	"github.com/latchkeep/latchkeep/internal/visitor"
)

// storedOnly is what needs no mail.
const storedOnly = "validate=10,jwks=5,start=5,login=2,admin-get=5,admin-list=2,admin-create=2"

// under puts load on until what is done under it is done, and returns what came of it.
func (d *deployment) under(t testing.TB, mix load.Mix, do func(tally *load.Tally)) []load.Outcome {
	t.Helper()
	tally := load.NewTally()
	ctx, end := context.WithCancel(t.Context())
	var working sync.WaitGroup
	working.Go(func() {
		load.Plan{Mix: mix, Clients: 6, Connect: connect, Tally: tally, Pause: 50 * time.Millisecond}.Run(ctx)
	})
	defer working.Wait()
	defer end()
	do(tally)
	end()
	working.Wait()
	all, _ := tally.Cut()
	return all
}

// reasons are why operations failed, each once.
func reasons(all []load.Outcome) []string {
	found := map[string]bool{}
	for _, o := range all {
		for reason := range o.Failures {
			found[reason] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// until repeats an operation until it succeeds, and says how long that took.
func until(t testing.TB, op *load.Operation) time.Duration {
	t.Helper()
	c := visitor.New(connect)
	defer c.Close()
	began := time.Now()
	var err error
	require.Eventually(t, func() bool { err = op.Run(t.Context(), c); return err == nil }, patience, 20*time.Millisecond, "%s: %v", op.Name, err)
	return time.Since(began)
}

func named(t testing.TB, place *load.Place, name string) *load.Operation {
	t.Helper()
	all := place.Operations()
	i := slices.IndexFunc(all, func(o *load.Operation) bool { return o.Name == name })
	require.GreaterOrEqual(t, i, 0, name)
	return all[i]
}

// pids are those of servers and worker.
func (d *deployment) pids() []int {
	return []int{d.servers[0].PID(), d.servers[1].PID(), d.worker.PID()}
}

func TestRestart_TheProgramFindsItsDatabaseAgain(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	place, mix := d.open(t, 100, storedOnly)
	get, register := named(t, place, "admin-get"), named(t, place, "registration")
	before := d.pids()
	n := note{what: "PostgreSQL stopped or killed, and started"}
	for i := range 2 * *rounds {
		signal := d.db.StopSignal()
		if i%2 == 1 {
			signal = syscall.SIGKILL
		}
		all := d.under(t, mix, func(tally *load.Tally) {
			d.db.Process.Kill(signal)
			d.db.Process.Start(t)
			n.recovered = max(n.recovered, until(t, get))
			d.joined(t)
			away, _ := tally.Cut()
			n.done += done(away)
			for _, reason := range reasons(away) {
				require.Regexp(t, `^503`, reason, failures(away))
				if !slices.Contains(n.failedWith, reason) {
					n.failedWith = append(n.failedWith, reason)
				}
			}
			for _, o := range away {
				n.failed += o.Failed
			}
			require.Eventually(t, func() bool { // before long nothing fails any more
				tally.Cut()
				<-time.After(300 * time.Millisecond)
				all, _ := tally.Cut()
				return done(all) > 0 && failures(all) == ""
			}, patience, time.Millisecond)
		})
		n.times++
		n.done += done(all)
		require.Empty(t, failures(all))
	}
	until(t, register) // mails go, too
	require.Equal(t, before, d.pids(), "nothing of ours was restarted")
	t.Logf("%+v", n)
	noted.add(n)
}

func TestRestart_SignInsGoOnWithoutRedis(t *testing.T) {
	t.Parallel()
	d := deploy(t, "LATCHKEEP_RATE_LIMITER_ENABLED=true", "LATCHKEEP_RATE_LIMITER_PASSWORD_LIMITS_TOKENS=100000", "LATCHKEEP_RATE_LIMITER_ACCOUNT_PASSWORD_LIMITS_TOKENS=100000")
	hooks := newHooks(t)
	place, mix := d.open(t, 100, storedOnly)
	d.subscribe(t, place, hooks.url)
	register := named(t, place, "registration")
	n := note{what: "Redis killed, and after some seconds started empty; a server started meanwhile"}
	for i := range *rounds {
		var made, mailed []string
		all := d.under(t, mix, func(*load.Tally) {
			d.redis.Kill(syscall.SIGKILL)
			d.servers[i%2].Kill(syscall.SIGTERM)
			d.servers[i%2].Start(t) // which finds no Redis
			d.joined(t)
			made, mailed = d.createWithoutRedis(t, place)
		})
		n.times++
		n.done += done(all)
		require.Empty(t, failures(all), "sign-ins and the admin API go on")
		d.limited(t, place)

		d.redis.Start(t)
		n.recovered = max(n.recovered, until(t, register)) // with its mail
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		for _, address := range mailed {
			_, err := d.mails.Code(ctx, address)
			require.NoError(t, err, "a mail that was asked for while Redis was away")
		}
		require.Eventually(t, func() bool { return hooks.heard("user.create", made) }, patience, 20*time.Millisecond, "events of what happened while Redis was away")
		n.mails += len(mailed)
		n.events += len(made)
	}
	t.Logf("%+v", n)
	noted.add(n)
}

// createWithoutRedis makes some users, whose events wait, and has some codes mailed, which wait too.
func (d *deployment) createWithoutRedis(t testing.TB, place *load.Place) (made, mailed []string) {
	t.Helper()
	c := visitor.New(connect)
	defer c.Close()
	for range 10 {
		who := "waiting" + strings.ToLower(rand.Text()) + "@load.example"
		a, err := c.Send(t.Context(), http.MethodPost, place.Target.Admin+"/users", place.Target.Key, map[string]any{
			"emails": []map[string]any{{"address": who, "is_primary": true, "is_verified": true}},
		}, http.StatusOK)
		require.NoError(t, err)
		var user struct{ ID string }
		require.NoError(t, json.Unmarshal(a.Body, &user))
		made = append(made, user.ID)

		who = "mailed" + strings.ToLower(rand.Text()) + "@load.example"
		require.NoError(t, askForCode(t, c, place, who))
		mailed = append(mailed, who)
	}
	return made, mailed
}

// askForCode begins a registration, up to where the code is mailed.
func askForCode(t testing.TB, c *visitor.Client, place *load.Place, address string) error {
	t.Helper()
	f, err := c.Start(t.Context(), place.Shop.Base, "registration")
	if err != nil {
		return err
	}
	if err := f.Do(t.Context(), "register_client_capabilities", map[string]any{"webauthn_available": false}, "registration_init"); err != nil {
		return err
	}
	return f.Do(t.Context(), "register_login_identifier", map[string]any{"email": address}, "passcode_confirmation")
}

// limited makes sure that codes are still limited: three for an address and client, in each server for itself.
func (d *deployment) limited(t testing.TB, place *load.Place) {
	t.Helper()
	c := visitor.New(connect)
	defer c.Close()
	who := "impatient" + strings.ToLower(rand.Text()) + "@load.example"
	for range 3*len(d.servers) + 1 {
		if err := askForCode(t, c, place, who); err != nil {
			require.Regexp(t, `^429`, visitor.Reason(err))
			return
		}
	}
	require.Fail(t, "without Redis nothing is limited")
}

// subscribe has the tenant's events told to a receiver.
func (d *deployment) subscribe(t testing.TB, place *load.Place, url string) {
	t.Helper()
	c := visitor.New(connect)
	c.ContentType = "application/merge-patch+json"
	defer c.Close()
	id := place.Target.Admin[strings.LastIndex(place.Target.Admin, "/")+1:]
	_, err := c.Send(t.Context(), http.MethodPatch, d.console+"/v1/tenants/"+id+"/config", d.token, map[string]any{
		"webhooks": map[string]any{"enabled": true, "hooks": []map[string]any{{"callback": url, "events": []string{"user"}}}},
	}, http.StatusOK)
	require.NoError(t, err)
}
