package password_test

import (
	"crypto/rand"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/password"
)

func TestCommon_KnowsWhatIsGuessedFirst(t *testing.T) {
	t.Parallel()

	for _, plain := range []string{"password", "Password", "12345678", "qwertyuiop", "iloveyou", "PASSWORD1", "football", "jennifer", "trustno1"} {
		require.True(t, password.Common(plain), plain)
	}
	for _, plain := range []string{"", "correct horse battery", "wherever I may roam 7", "pässword"} {
		require.False(t, password.Common(plain), plain)
	}
}

func TestCommon_TakesHardlyAnythingElseForIt(t *testing.T) {
	t.Parallel()

	wrong := 0
	for range 20_000 {
		if password.Common(rand.Text()) {
			wrong++
		}
	}
	require.LessOrEqual(t, wrong, 5, "one in 90 000 is expected")
}
