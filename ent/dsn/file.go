package dsn

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"entgo.io/ent/dialect"
)

// CreateFile makes the empty file of an SQLite database where there is none, readable by its owner alone: it holds password hashes. SQLite
// gives the same mode to the files beside it. It does nothing for the other databases.
func (s Source) CreateFile() error {
	if s.Dialect != dialect.SQLite {
		return nil
	}
	f, err := os.OpenFile(s.Path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("create database file: %w", err)
	}
	return f.Close()
}

// ReadableByOthers reports whether the file of an SQLite database can be read by other users of the machine.
func (s Source) ReadableByOthers() bool {
	if s.Dialect != dialect.SQLite {
		return false
	}
	info, err := os.Stat(s.Path)
	return err == nil && info.Mode().Perm()&0o077 != 0
}
