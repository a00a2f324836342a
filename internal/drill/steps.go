package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/latchkeep/latchkeep/pkg/password"
)

// The one who signs in.
const (
	address       = "kim@shop.example"
	plainPassword = "a horse that no battery staples"
)

// build makes a deployment with two tenants, people, a session and an audit log.
func (r *rehearsal) build() []step {
	return []step{
		{"an empty database, and migrations", func(ctx context.Context) error {
			r.program.use(r.db)
			_, err := r.program.command(ctx, "migrate", "up")
			return err
		}},
		{"two tenants", r.makeTenants},
		{fmt.Sprintf("%d people are imported into each", r.people+1), r.importPeople},
		{"somebody signs in", func(ctx context.Context) (err error) {
			if err := r.program.serve(ctx); err != nil {
				return err
			}
			r.token, err = r.program.signIn(ctx, r.tenant, address, plainPassword)
			return err
		}},
		{"the audit log has it; a checkpoint is kept elsewhere", r.keepCheckpoint},
	}
}

// loseAndRestore takes a backup while the server runs, destroys the database and restores it.
func (r *rehearsal) loseAndRestore() []step {
	return []step{
		{"a backup, while the server runs: " + r.db.tool(), r.backUp},
		{"the database is destroyed", func(ctx context.Context) error {
			r.program.stop()
			if err := r.db.destroy(ctx); err != nil {
				return err
			}
			if _, err := r.db.counts(ctx); err == nil {
				return errors.New("it is still there")
			}
			return nil
		}},
		{"the backup is restored into a new database", func(ctx context.Context) error {
			if err := r.db.restore(ctx); err != nil {
				return err
			}
			r.program.use(r.db)
			return nil
		}},
	}
}

// show looks whether everything is there.
func (r *rehearsal) show() []step {
	return []step{
		{"every table has as many rows as before", func(ctx context.Context) error {
			after, err := r.db.counts(ctx)
			if err != nil {
				return err
			}
			return same(r.before, after)
		}},
		{"latchkeep doctor finds nothing broken", func(ctx context.Context) error {
			_, err := r.program.command(ctx, "doctor")
			return err
		}},
		{"latchkeep doctor with another secret does", func(ctx context.Context) error {
			if out, err := r.program.withSecret("another secret of enough characters").command(ctx, "doctor"); err == nil {
				return fmt.Errorf("it is content: %s", out)
			}
			return nil
		}},
		{"latchkeep audit verify, also with the checkpoint", func(ctx context.Context) error {
			if _, err := r.program.command(ctx, "audit", "verify", "--all-tenants"); err != nil {
				return err
			}
			_, err := r.program.command(ctx, "audit", "verify", "--tenant", "shop", "--checkpoint", r.checkpoint)
			return err
		}},
		{"the session of before is good", func(ctx context.Context) error {
			if err := r.program.serve(ctx); err != nil {
				return err
			}
			return r.program.validate(ctx, r.tenant, r.token)
		}},
		{"a password login works, and none with another password", func(ctx context.Context) error {
			token, err := r.program.signIn(ctx, r.tenant, address, plainPassword)
			if err != nil {
				return err
			}
			if _, err := r.program.signIn(ctx, r.tenant, address, plainPassword+"!"); err == nil {
				return errors.New("another password signs in, too")
			}
			return r.program.validate(ctx, r.tenant, token)
		}},
	}
}

func (r *rehearsal) makeTenants(ctx context.Context) error {
	config := filepath.Join(r.dir, "config.json")
	// Password alone, so that no mail and no second factor is asked for.
	const settings = `{"passkey": {"enabled": false}, "mfa": {"enabled": false}, "email": {"use_for_authentication": false}}`
	if err := os.WriteFile(config, []byte(settings), 0o600); err != nil {
		return err
	}
	for _, slug := range []string{"shop", "market"} {
		out, err := r.program.command(ctx, "tenant", "create", slug, "--config-file", config, "--output", "json")
		if err != nil {
			return err
		}
		var made struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal([]byte(out), &made); err != nil {
			return fmt.Errorf("read what tenant create says: %w", err)
		}
		if slug == "shop" {
			r.tenant = made.ID
		}
	}
	return nil
}

func (r *rehearsal) importPeople(ctx context.Context) error {
	hash, err := password.New(password.Options{}).Hash(ctx, "drill", plainPassword)
	if err != nil {
		return err
	}
	known, err := json.Marshal([]any{map[string]any{
		"emails":   []any{map[string]any{"address": address, "is_primary": true, "is_verified": true}},
		"password": map[string]any{"password": hash},
	}})
	if err != nil {
		return err
	}
	kim := filepath.Join(r.dir, "kim.json")
	if err := os.WriteFile(kim, known, 0o600); err != nil {
		return err
	}
	for _, slug := range []string{"shop", "market"} {
		crowd := filepath.Join(r.dir, slug+".json")
		for _, args := range [][]string{
			{"user", "generate", "--outputFile", crowd, "--count", strconv.Itoa(r.people)},
			{"user", "import", "--tenant", slug, "--inputFile", crowd},
			{"user", "import", "--tenant", slug, "--inputFile", kim},
		} {
			if _, err := r.program.command(ctx, args...); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *rehearsal) keepCheckpoint(ctx context.Context) error {
	err := eventually(ctx, 30*time.Second, func() error {
		out, err := r.program.command(ctx, "audit", "export", "--tenant", "shop", "--type", "login_success")
		if err != nil {
			return err
		}
		if !strings.Contains(out, "login_success") {
			return errors.New("no record of the sign-in")
		}
		return nil
	})
	if err != nil {
		return err
	}
	jws, err := r.program.command(ctx, "audit", "checkpoint", "--tenant", "shop")
	if err != nil {
		return err
	}
	r.checkpoint = filepath.Join(r.dir, "shop.jws")
	return os.WriteFile(r.checkpoint, []byte(jws), 0o600)
}

// backUp takes a backup at a moment in which the server does not change anything, so that rows can be compared.
func (r *rehearsal) backUp(ctx context.Context) error {
	return eventually(ctx, 2*time.Minute, func() error {
		before, err := r.db.counts(ctx)
		if err != nil {
			return err
		}
		if err := r.db.dump(ctx); err != nil {
			return err
		}
		if r.before, err = r.db.counts(ctx); err != nil {
			return err
		}
		return same(before, r.before)
	})
}

// same says which tables differ.
func same(before, after map[string]int) error {
	if maps.Equal(before, after) {
		return nil
	}
	var differ []string
	for table := range before {
		if before[table] != after[table] {
			differ = append(differ, fmt.Sprintf("%s had %d rows and has %d", table, before[table], after[table]))
		}
	}
	return fmt.Errorf("%d tables before, %d after; %s", len(before), len(after), strings.Join(differ, "; "))
}

// eventually tries until it works or the time is over.
func eventually(ctx context.Context, limit time.Duration, try func() error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("gave up: %w", err)
		case <-tick.C:
		}
	}
}
