// Command drill shows that a backup of a deployment can be restored. On each kind of database it makes a deployment, puts people into
// it, takes a backup with the database's own tool, destroys the database, restores it, and looks whether everything is there and people
// sign in. It is run by scripts/backup-drill, which gives it servers; docs/backup.md says what it shows.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := drill(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "backup-drill:", err)
		stop()
		os.Exit(1)
	}
}

// drill does it on each kind of database that was asked for, one after the other.
func drill(ctx context.Context) error {
	binary := flag.String("binary", "bin/latchkeep", "the program")
	people := flag.Int("people", 200, "how many people there are besides the one who signs in")
	flag.Parse()
	kinds := flag.Args()
	if len(kinds) == 0 {
		kinds = []string{"postgres", "mariadb", "sqlite"}
	}
	for _, kind := range kinds {
		dir, err := os.MkdirTemp("", "latchkeep-drill-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		db, err := newDatabase(ctx, kind, dir)
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		r := &rehearsal{kind: kind, db: db, dir: dir, people: *people, program: newProgram(*binary, dir)}
		err = r.run(ctx)
		r.program.stop()
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	return nil
}

// A rehearsal is the drill on one kind of database.
type rehearsal struct {
	kind    string
	db      database
	dir     string
	people  int
	program *program

	tenant     string // id
	token      string // of a session that was open when the backup was taken
	checkpoint string // file with a checkpoint of the audit log, kept outside of the database
	before     map[string]int
}

// A step is one thing that is done or shown.
type step struct {
	name string
	do   func(context.Context) error
}

func (r *rehearsal) run(ctx context.Context) error {
	for _, s := range slices.Concat(r.build(), r.loseAndRestore(), r.show()) {
		began := time.Now()
		if err := s.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		fmt.Printf("%-9s ok  %-60s %6.1f s\n", r.kind, s.name, time.Since(began).Seconds())
	}
	return nil
}
