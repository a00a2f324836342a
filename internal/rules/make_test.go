package rules

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// A target with a text that "make" alone does not show is found by nobody.
func TestMake_ListsEveryTargetThatHasAText(t *testing.T) {
	t.Parallel()

	content, err := os.ReadFile("../../Makefile")
	require.NoError(t, err)
	shown := regexp.MustCompile(`awk .* '/(\^.+?)/ \{`).FindSubmatch(content)
	require.NotNil(t, shown)
	pattern := regexp.MustCompile("(?m)" + string(shown[1]))
	targets := regexp.MustCompile(`(?m)^[^\s#:=]+:.*## .*$`).FindAll(content, -1)
	require.NotEmpty(t, targets)
	for _, target := range targets {
		require.True(t, pattern.Match(target), "%s", target)
	}
}
