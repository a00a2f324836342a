//go:build chaos

package chaos

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/latchkeep/latchkeep/internal/smtpsink"
)

// A fault breaks something and mends it. Some are kills.
type fault struct {
	name string
	kill bool
	do   func(t testing.TB, dice *rand.Rand)
}

// faults are what can happen to a deployment.
func (d *deployment) faults() []fault {
	all := []fault{
		{"server killed", true, func(t testing.TB, _ *rand.Rand) { d.server.Kill(syscall.SIGKILL); d.server.Start(t) }},
		{"server ended and started", false, func(t testing.TB, _ *rand.Rand) { d.server.Kill(syscall.SIGTERM); d.server.Start(t) }},
		{"webhooks fail, hang or are refused", false, func(_ testing.TB, dice *rand.Rand) {
			d.hooks.mood.Store(1 + dice.Int32N(int32(resetting)))
			wait(dice, 1500)
			d.hooks.mood.Store(int32(good))
		}},
		{"mails are refused or the host falls silent", false, func(_ testing.TB, dice *rand.Rand) {
			moods := []smtpsink.Behaviour{
				smtpsink.Refuse(smtpsink.Recipient, 451), smtpsink.Refuse(smtpsink.Greeting, 421), smtpsink.Drop(smtpsink.Content), smtpsink.Hang(smtpsink.Sender),
			}
			d.mails.Behave(moods[dice.IntN(len(moods))])
			wait(dice, 1500)
			d.mails.Behave(smtpsink.Behaviour{})
		}},
	}
	for i, w := range d.workers {
		all = append(all, fault{"worker killed", true, func(t testing.TB, _ *rand.Rand) { w.Kill(syscall.SIGKILL); w.Start(t) }})
		if i == 0 {
			all = append(all, fault{"worker ended and started", false, func(t testing.TB, _ *rand.Rand) { w.Kill(syscall.SIGTERM); w.Start(t) }})
		}
	}
	if d.redis != nil {
		all = append(all, fault{"Redis killed, and empty again", true, func(t testing.TB, _ *rand.Rand) { d.redis.Kill(syscall.SIGKILL); d.redis.Start(t) }})
	}
	if p := d.db.Process; p != nil {
		all = append(all,
			fault{"database killed", true, func(t testing.TB, _ *rand.Rand) { p.Kill(syscall.SIGKILL); p.Start(t) }},
			fault{"database stopped and started", false, func(t testing.TB, _ *rand.Rand) { p.Kill(d.db.StopSignal()); p.Start(t) }},
		)
	}
	return all
}

// wait passes up to so many milliseconds: here time is what is tested with, not what is waited for.
func wait(dice *rand.Rand, most int) {
	<-time.After(time.Duration(dice.IntN(most)) * time.Millisecond)
}

// strike lets faults happen one after the other, at random instants, until there were so many kills. It counts them.
func (d *deployment) strike(t testing.TB, dice *rand.Rand, kills int) map[string]int {
	t.Helper()
	all, counts, killed := d.faults(), map[string]int{}, 0
	for killed < kills {
		f := all[dice.IntN(len(all))]
		wait(dice, 1500)
		f.do(t, dice)
		counts[f.name]++
		if f.kill {
			killed++
		}
	}
	return counts
}
