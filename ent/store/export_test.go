package store

import "database/sql"

// DB is the handle below all walls but the database's own, for tests that attack it.
func (s *Store) DB() *sql.DB { return s.write }

// NewClient is what a unit of work builds.
var NewClient = newClient
