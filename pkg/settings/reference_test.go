package settings_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/settings"
)

var update = flag.Bool("update", false, "rewrite docs/configuration.md")

func TestReference_IsUpToDate(t *testing.T) {
	t.Parallel()

	page := filepath.Join("..", "..", "docs", "configuration.md")
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(settings.Markdown()), 0o644))
	}
	written, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Equal(t, settings.Markdown(), string(written), "go test ./pkg/settings -run TestReference -update")
}

func TestReference_HasEverySectionOnce(t *testing.T) {
	t.Parallel()

	seen := map[string]bool{}
	for line := range strings.Lines(settings.Markdown()) {
		if strings.HasPrefix(line, "#") {
			require.False(t, seen[line], "two sections are called %s", line)
			seen[line] = true
		}
	}
}

func TestDescribe_CoversEveryKey(t *testing.T) {
	t.Parallel()

	rows := settings.Describe()
	require.Len(t, rows, len(settings.Keys()))
	for _, row := range rows {
		require.NotEmpty(t, row.Kind, row.Path)
		require.NotContains(t, strings.Join([]string{row.Meaning, row.Default}, ""), "|", row.Path)
	}
}

// What String prints and what the keys are must not drift apart.
func TestSettings_StringShowsEveryKeyWithEffect(t *testing.T) {
	t.Parallel()

	text := minimal().must(t).String()
	for _, key := range settings.Keys() {
		part := strings.HasPrefix(key.Path, "database.") && (strings.Contains("host port user password database dialect", strings.TrimPrefix(key.Path, "database.")))
		if key.Unused || part || strings.HasPrefix(key.Path, "rate_limiter.redis_config") {
			continue
		}
		name := strings.TrimSuffix(strings.TrimSuffix(key.Path, ".tokens"), ".interval")
		require.Contains(t, text, name+" = ")
	}
}
