package main_test

import (
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"
	"github.com/stretchr/testify/require"
)

func TestTenant_MovesToAnotherDeploymentByCommands(t *testing.T) {
	t.Parallel()

	from, to := node(t), node(t)
	from.must(t, "migrate", "up")
	to.must(t, "migrate", "up")
	var shop struct{ ID string }
	from.json(t, &shop, "tenant", "create", "shop", "--name", "The Shop")
	identity, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "shop.lktenant")

	from.refuses(t, []string{"tenant", "export", "shop", "--to", file}, "recipient")
	from.refuses(t, []string{"tenant", "export", "shop", "--to", file, "--recipient", identity.String()}, "secret")
	require.NoFileExists(t, file)
	require.Contains(t, from.must(t, "tenant", "export", "shop", "--to", file, "--recipient", identity.Recipient().String(), "--read-only"), "exported shop")
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "only its owner reads it")
	require.Contains(t, from.must(t, "tenant", "show", "shop"), `"read_only"`)

	to.write(t, "identity", identity.String()+"\n")
	to.write(t, "passphrase", "it was made for a key, not for this\n")
	to.refuses(t, []string{"tenant", "import", file}, "identity")
	to.refuses(t, []string{"tenant", "import", file, "--passphrase-file", "passphrase"}, "cannot be opened")
	require.Regexp(t, `^imported shop \(`+shop.ID+`\) with 0 users; it is active`, to.must(t, "tenant", "import", file, "--identity-file", "identity"))
	require.Contains(t, to.must(t, "tenant", "import", file, "--identity-file", "identity"), "nothing was changed")
	require.Contains(t, to.must(t, "tenant", "show", shop.ID), `"The Shop"`)
	from.write(t, "identity", identity.String())
	from.refuses(t, []string{"tenant", "import", file, "--identity-file", "identity"}, "here already")
}
