package freeport

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReserve_APortIsOnesAtATime(t *testing.T) {
	t.Parallel()
	const port = "9999" // which nobody is given
	lock, err := reserve(port)
	require.NoError(t, err)
	_, err = reserve(port)
	require.ErrorIs(t, err, syscall.EWOULDBLOCK)
	require.NoError(t, lock.Close())
	lock, err = reserve(port)
	require.NoError(t, err)
	require.NoError(t, lock.Close())
}
