package event_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
)

func TestAuditTypes_AreAllThatAreDeclaredAndAllAreWrittenDown(t *testing.T) {
	t.Parallel()

	page, err := os.ReadFile("../../docs/audit-log.md")
	require.NoError(t, err)
	types := event.AuditTypes()
	for _, kind := range types {
		require.Contains(t, string(page), "`"+string(kind)+"`")
	}
	require.Len(t, slices.Compact(slices.Clone(types)), len(types))
	for _, file := range []string{"names.go", "../../tenants/audit.go"} {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, found := range regexp.MustCompile(`AuditType += "(\w+)"`).FindAllStringSubmatch(string(source), -1) {
			require.Contains(t, types, event.AuditType(found[1]), file)
		}
	}
}
