package main_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testdb"
)

// The four steps of docs/key-rotation.md, by commands.
func TestKeyReencrypt_ChangesTheMasterKey(t *testing.T) {
	t.Parallel()

	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := onDatabase(t, name)
			secrets := func(list string) *machine { return m.with("LATCHKEEP_SECRETS_KEYS=" + list) }
			before, added, moved, after := secrets(goodSecret), secrets(goodSecret+","+otherSecret), secrets(otherSecret+","+goodSecret), secrets(otherSecret)
			before.must(t, "tenant", "create", "shop")
			require.Contains(t, before.must(t, "key", "status"), "nobody has counted yet")

			require.Zero(t, added.run(t, "key", "reencrypt", "--dry-run").code, "nothing is under the second")
			dry := moved.run(t, "key", "reencrypt", "--dry-run")
			require.Equal(t, 2, dry.code, dry.all())
			require.Regexp(t, `(?m)^2 +[0-9a-f]{8} +[1-9]\d* +decrypts`, dry.stdout)
			require.Contains(t, moved.must(t, "key", "status"), "nobody has counted yet", "it is not kept")

			var report struct {
				Entries []struct {
					Position, Total int
					RemovableFrom   *string `json:"removable_from"`
				}
				Undecryptable []any
				Resealed      int
			}
			moved.json(t, &report, "key", "reencrypt")
			require.Positive(t, report.Resealed)
			require.Zero(t, report.Entries[1].Total)
			require.NotNil(t, report.Entries[1].RemovableFrom, "flows that browsers began are sealed under it for a day")
			require.Empty(t, report.Undecryptable)
			require.Contains(t, moved.must(t, "key", "status"), "can be removed from")
			require.Regexp(t, `ok +master keys +entry 2 of secrets.keys .* can be removed from`, moved.run(t, "doctor").stdout)
			moved.must(t, "key", "reencrypt") // again changes nothing

			require.NotContains(t, after.run(t, "doctor").stdout, "BROKEN")
			after.must(t, "key", "rotate", "shop")
			said := before.run(t, "key", "reencrypt") // whose secret is gone
			require.Equal(t, 1, said.code, said.all())
			require.Contains(t, said.stderr, "not configured")
			require.Regexp(t, `(?m)^none +[0-9a-f]{8} +\d+ +undecryptable`, said.stdout)
			require.Regexp(t, `warning +master keys`, before.run(t, "doctor").stdout)
		})
	}
}
