//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/freeport"
)

// devMode starts the program as "make run" does: one process, SQLite, and a page for every tenant.
func devMode(t *testing.T) *deployment {
	t.Helper()
	port := freeport.Several(t, 4)
	data := t.TempDir()
	p := start(t, nil, "dev", "--data", data,
		"--public-addr", "127.0.0.1:"+port[0], "--admin-addr", "127.0.0.1:"+port[1],
		"--console-addr", "127.0.0.1:"+port[2], "--ops-addr", "127.0.0.1:"+port[3])
	p.ready(t, "127.0.0.1:"+port[3])
	token, err := os.ReadFile(filepath.Join(data, "operator.token"))
	require.NoError(t, err)
	console := "http://localhost:" + port[2]
	inbox := &devInbox{console: console, read: map[string]bool{}}
	return &deployment{
		join:    joinLink(t, p.log.String()),
		home:    "http://localhost:" + port[0] + "/",
		demo:    "http://demo.localhost:" + port[0] + "/",
		console: console,
		inbox:   inbox,
		token:   strings.TrimSpace(string(token)),
		config:  func(string) map[string]any { return map[string]any{} },
		place: func(_ *testing.T, made tenant) site {
			return site{page: made.PublicURL + "/", api: made.PublicURL, mailbox: inbox}
		},
	}
}
