package certificates

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/certificatefile"
	"github.com/latchkeep/latchkeep/ent/store"
)

const (
	// leaseTime is how long a lock is a killed process's, and more than clocks of replicas may differ; it is renewed three times as often.
	leaseTime = 2 * time.Minute
	// lockPoll is how often a lock that another has is asked for.
	lockPoll = 200 * time.Millisecond
)

// A lease is a lock that this process has. When it ends says whose it is: nobody else has a lock until the same instant.
type lease struct {
	until time.Time
	stop  context.CancelFunc
	done  chan struct{}
}

var errNotHeld = errors.New("the lock is not held")

func lockName(name string) string { return "lock/" + name }

// Lock waits until nobody else has a lock, and takes it. Error: of the context.
func (f *Files) Lock(ctx context.Context, name string) error {
	tick := time.NewTicker(lockPoll)
	defer tick.Stop()
	for {
		taken, err := f.TryLock(ctx, name)
		if err != nil || taken {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the lock %q: %w", name, ctx.Err())
		case <-tick.C:
		}
	}
}

// TryLock takes a lock unless somebody has it.
func (f *Files) TryLock(ctx context.Context, name string) (bool, error) {
	until := now().Add(leaseTime)
	taken := false
	err := f.db.Do(ctx, system(), func(ctx context.Context, tx *store.Tx) error {
		taken = false
		row, err := store.Lock(tx, tx.CertificateFile.Query().Where(certificatefile.Name(lockName(name)))).Only(ctx)
		switch {
		case ent.IsNotFound(err):
			taken = true
			return tx.CertificateFile.Create().SetID(uuid.Must(uuid.NewV7())).SetName(lockName(name)).SetContent([]byte{}).SetLockedUntil(until).Exec(ctx)
		case err != nil:
			return err
		case row.LockedUntil != nil && row.LockedUntil.After(now()):
			return nil
		}
		taken = true // whoever had it is gone
		return tx.CertificateFile.UpdateOneID(row.ID).SetLockedUntil(until).Exec(ctx)
	})
	if store.IsUniqueViolation(err) {
		return false, nil // another was faster
	}
	if err != nil {
		return false, fmt.Errorf("take the lock %q: %w", name, err)
	}
	if taken {
		f.keep(ctx, name, until)
	}
	return taken, nil
}

// keep renews a lock until it is given back.
func (f *Files) keep(ctx context.Context, name string, until time.Time) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	l := &lease{until: until, stop: stop, done: make(chan struct{})}
	f.mu.Lock()
	f.held[name] = l
	f.mu.Unlock()
	go func() {
		defer close(l.done)
		tick := time.NewTicker(leaseTime / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			next := now().Add(leaseTime)
			if n, err := f.move(ctx, name, l.until, next); err == nil && n == 1 {
				l.until = next
			}
		}
	}()
}

// move lets a lock end later, if it is still ours.
func (f *Files) move(ctx context.Context, name string, from, to time.Time) (n int, err error) {
	err = f.db.Do(ctx, system(), func(ctx context.Context, tx *store.Tx) error {
		n, err = tx.CertificateFile.Update().Where(certificatefile.Name(lockName(name)), certificatefile.LockedUntil(from)).SetLockedUntil(to).Save(ctx)
		return err
	})
	return n, err
}

// Unlock gives a lock back. Error: where this process never had it.
func (f *Files) Unlock(ctx context.Context, name string) error {
	f.mu.Lock()
	l := f.held[name]
	delete(f.held, name)
	f.mu.Unlock()
	if l == nil {
		return fmt.Errorf("unlock %q: %w", name, errNotHeld)
	}
	l.stop()
	<-l.done
	err := f.db.Do(ctx, system(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.CertificateFile.Delete().Where(certificatefile.Name(lockName(name)), certificatefile.LockedUntil(l.until)).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("unlock %q: %w", name, err)
	}
	return nil
}
