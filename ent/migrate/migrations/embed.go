// Package migrations holds the versioned statements that make the tables, for each database, as the Atlas tools write and read them. They
// are only ever added to: what was released stays as it is. See ent/migrations for what runs them.
package migrations

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed postgres mysql sqlite
var files embed.FS

// Dir is the directory of the dialect: "postgres", "mysql" or "sqlite".
func Dir(name string) (fs.FS, error) {
	dir, err := fs.Sub(files, name)
	if err != nil {
		return nil, fmt.Errorf("migrations of %s: %w", name, err)
	}
	return dir, nil
}
