package config_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants/config"
)

var errNever = errors.New("there is no secret")

// What is stored must be rewritten just where SealSecrets seals, with the same places: what is sealed is bound to them.
func TestRewriteStored_MeetsTheSecretsThatAreSealedAndNothingElse(t *testing.T) {
	t.Parallel()

	r := rand.New(rand.NewPCG(1, 2))
	met := 0
	for range 200 {
		full := randomConfig(r)
		sealed, err := config.SealSecrets(full, func(path, plain string) (string, error) { return "old " + path + "|" + plain, nil })
		require.NoError(t, err)
		stored, err := config.RewriteStored(config.Diff(config.Default(), sealed), func(path, text string) (string, error) {
			plain, ok := strings.CutPrefix(text, "old "+path+"|")
			require.True(t, ok, "%s has %q", path, text)
			met++
			return "new " + path + "|" + plain, nil
		})
		require.NoError(t, err)
		want, err := config.SealSecrets(full, func(path, plain string) (string, error) { return "new " + path + "|" + plain, nil })
		require.NoError(t, err)
		require.JSONEq(t, string(config.Diff(config.Default(), want)), string(stored))
	}
	require.Greater(t, met, 100)
}

func TestRewriteStored_LeavesWhatHasNoSecretAsItIs(t *testing.T) {
	t.Parallel()

	for _, stored := range []string{`{}`, `{"b": 1,  "a":{"secret":"x"}}`, `{"session": {"lifespan": "1h0m0s"}}`} {
		got, err := config.RewriteStored([]byte(stored), func(path, _ string) (string, error) { return "", errNever })
		require.NoError(t, err)
		require.Equal(t, stored, string(got))
	}
	_, err := config.RewriteStored([]byte(`{"a`), nil)
	require.Error(t, err)
}
