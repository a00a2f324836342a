package dsn_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/dsn"
)

func TestParse_NamesTheDatabaseWithoutItsPassword(t *testing.T) {
	t.Parallel()

	for raw, want := range map[string]string{
		"postgres://kim:s3cret@db:5432/lk?sslmode=require&password=s3cret": "postgres://kim:xxxxx@db:5432/lk",
		"postgresql://kim:s3cret@db/lk":                                    "postgresql://kim:xxxxx@db/lk",
		"mysql://kim:s3%20cret@db/lk":                                      "mysql://kim:xxxxx@db/lk",
		"mariadb://kim@db/lk":                                              "mariadb://kim@db/lk",
		"sqlite:///var/lib/x.db?synchronous=normal":                        "sqlite:///var/lib/x.db",
		"sqlite://./x.db":                                                  "sqlite://./x.db",
	} {
		source, err := dsn.Parse(raw)
		require.NoError(t, err, raw)
		require.Equal(t, want, source.String())
		require.Equal(t, want, fmt.Sprint(source), "also when it is printed")
		require.Equal(t, raw, source.Raw())
	}
}

func TestMySQL_CountsOnWhatTheProgramNeeds(t *testing.T) {
	t.Parallel()

	source, err := dsn.Parse("mysql://kim:p%40ss%3A%2F@db.example:3307/lk?tls=skip-verify&timeout=2s&parseTime=false&loc=Local")
	require.NoError(t, err)
	c, err := source.MySQL()
	require.NoError(t, err)
	require.Equal(t, "kim", c.User)
	require.Equal(t, "p@ss:/", c.Passwd)
	require.Equal(t, "db.example:3307", c.Addr)
	require.Equal(t, "lk", c.DBName)
	require.Equal(t, "skip-verify", c.TLSConfig)
	require.Equal(t, "2s", c.Timeout.String())
	require.True(t, c.ParseTime && c.ClientFoundRows && c.InterpolateParams)
	require.Equal(t, "UTC", c.Loc.String())

	source, err = dsn.Parse("mysql://kim@ignored/lk?socket=/run/mysqld/mysqld.sock")
	require.NoError(t, err)
	c, err = source.MySQL()
	require.NoError(t, err)
	require.Equal(t, "unix", c.Net)
	require.Equal(t, "/run/mysqld/mysqld.sock", c.Addr)

	source, err = dsn.Parse("mysql://[::1]/lk")
	require.NoError(t, err)
	c, err = source.MySQL()
	require.NoError(t, err)
	require.Equal(t, "[::1]:3306", c.Addr)
}

func TestSQLite_TellsWhoCanReadTheFile(t *testing.T) {
	t.Parallel()

	path := filepath.Join(t.TempDir(), "x.db")
	source, err := dsn.Parse("sqlite://" + path)
	require.NoError(t, err)
	require.Equal(t, dialect.SQLite, source.Dialect)
	require.False(t, source.ReadableByOthers())
	require.NoError(t, source.CreateFile())
	require.NoError(t, source.CreateFile(), "what is there stays")
	require.False(t, source.ReadableByOthers())
	require.NoError(t, os.Chmod(path, 0o640))
	require.True(t, source.ReadableByOthers())
}
