package freeport

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReserve_APortIsOnesAtATime(t *testing.T) {
	t.Parallel()
	const port = "9999" // which nobody is given
	lock, err := reserve(port)
	require.NoError(t, err)
	require.NotNil(t, lock)
	second, err := reserve(port)
	require.NoError(t, err)
	require.Nil(t, second)
	require.NoError(t, lock.Close())
	third, err := reserve(port)
	require.NoError(t, err)
	require.NotNil(t, third)
	require.NoError(t, third.Close())
}
