package claims

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The work of functions counts, whether or not what they make is written: otherwise a loop of them would run until something is.
func TestFunctions_SpendTheBudgetOnWhatTheyHandle(t *testing.T) {
	t.Parallel()

	long := strings.Repeat("x", MaxText-100)
	enough := maxWork/(len(long)/unit) + 1
	for _, name := range []string{"print", "println", "html", "js", "urlquery"} {
		b := &budget{deadline: time.Now().Add(time.Hour)}
		call := functions(b)[name].(func(...any) (string, error))
		require.ErrorIs(t, untilRefused(enough, func() error { _, err := call(long); return err }), errTooMuch, name)
	}
	b := &budget{deadline: time.Now().Add(time.Hour)}
	printf := functions(b)["printf"].(func(string, ...any) (string, error))
	require.ErrorIs(t, untilRefused(enough, func() error { _, err := printf("%s", long); return err }), errTooMuch)
}

// untilRefused calls so often that the budget must have an end, and returns the first error.
func untilRefused(times int, call func() error) error {
	for range times {
		if err := call(); err != nil {
			return err
		}
	}
	return nil
}
