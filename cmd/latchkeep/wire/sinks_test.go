package wire

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/settings"
)

// Spec: audit-log §1. Upstream prints to standard error whatever is configured.
func TestAuditSinks_PrintWhereTheSettingsSay(t *testing.T) {
	t.Parallel()
	s := settings.AuditLog{Mask: true, Storage: settings.Storage{Enabled: true}, Retention: time.Hour, EraseDeletedUsers: true}
	sinks := auditSinks(s)
	require.Nil(t, sinks.Console)
	require.True(t, sinks.Store && sinks.Mask && sinks.EraseDeleted)
	for output, want := range map[string]*os.File{"stdout": os.Stdout, "stderr": os.Stderr} {
		s.ConsoleOutput = settings.ConsoleOutput{Enabled: true, Output: output}
		require.Same(t, want, auditSinks(s).Console)
	}
	s.Mask, s.Storage.Enabled, s.EraseDeletedUsers = false, false, false
	sinks = auditSinks(s)
	require.False(t, sinks.Store || sinks.Mask || sinks.EraseDeleted)
}
