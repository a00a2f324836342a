package contract

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// Published insists that a file holds a document as the program makes it, for a program without a version. With update it writes the file, which
// is what the command does.
func Published(t testing.TB, document []byte, file string, update bool, command string) {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, json.Indent(&b, document, "", "  "))
	b.WriteByte('\n')
	if update {
		require.NoError(t, os.WriteFile(file, b.Bytes(), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, b.Bytes()), "the document changed: write it with: %s", command)
}
