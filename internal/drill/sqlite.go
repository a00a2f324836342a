package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
)

// sqlite is a file. The backup is made by the program sqlite3, while the server has the file open.
type sqlite struct {
	file, backup string
}

func (s *sqlite) urls() (string, string) { return "sqlite://" + s.file, "" }

func (s *sqlite) tool() string { return "sqlite3 .backup" }

func (s *sqlite) counts(ctx context.Context) (map[string]int, error) {
	if _, err := os.Stat(s.file); err != nil {
		return nil, err // opening would make it
	}
	return count(ctx, "sqlite://"+s.file, `SELECT '"' || name || '"' FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
}

func (s *sqlite) dump(ctx context.Context) error {
	_, err := output(exec.CommandContext(ctx, "sqlite3", s.file, ".timeout 10000", ".backup '"+s.backup+"'"))
	return err
}

func (s *sqlite) destroy(context.Context) error {
	var err error
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if gone := os.Remove(s.file + suffix); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

func (s *sqlite) restore(context.Context) error {
	content, err := os.ReadFile(s.backup)
	if err != nil {
		return err
	}
	s.file += ".again"
	return os.WriteFile(s.file, content, 0o600)
}
