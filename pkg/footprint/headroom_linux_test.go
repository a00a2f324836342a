package footprint

import (
	"encoding/binary"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// goal is the size of the heap at which garbage is collected next.
func goal() uint64 {
	read := []metrics.Sample{{Name: "/gc/heap/goal:bytes"}}
	metrics.Read(read)
	return read[0].Value.Uint64()
}

// touched is how much of the block that is held takes memory, in bytes. What the process has altogether would not tell: the race detector keeps books of
// each block, half as large as the block, and reads them through when it is collected.
func touched(t *testing.T, h *Headroom) int {
	t.Helper()
	require.NoError(t, h.held.WriteByte(0)) // an empty string has no address that can be relied on
	pageMap, err := os.Open("/proc/self/pagemap")
	require.NoError(t, err)
	defer pageMap.Close()
	const entry = 8 // bytes for each page of the address space
	page := os.Getpagesize()
	of := make([]byte, h.Bytes/page*entry)
	_, err = pageMap.ReadAt(of, int64(uintptr(unsafe.Pointer(unsafe.StringData(h.held.String()))))/int64(page)*entry)
	require.NoError(t, err)
	n := 0
	for i := 0; i < len(of); i += entry {
		if binary.NativeEndian.Uint64(of[i:])>>62 != 0 { // bit 63 says that it is in memory, and bit 62 that it was swapped out
			n += page
		}
	}
	return n
}

// These change the whole process, so they do not run beside others.

func TestHeadroom_IsThereWhileItIsUsedAndTakesNoMemory(t *testing.T) {
	const size = 256 << 20
	synctest.Test(t, func(t *testing.T) {
		h := &Headroom{Bytes: size, Quiet: time.Minute}
		there := func() bool {
			synctest.Wait()
			runtime.GC()
			return goal() > size
		}
		require.False(t, there())
		for range 2 { // the second time it gets memory that was in use
			h.Use()
			require.True(t, there())
			require.Less(t, touched(t, h), size/16, "nobody touches it")
			time.Sleep(40 * time.Second)
			h.Use()
			time.Sleep(40 * time.Second)
			require.True(t, there(), "it was used meanwhile")
			time.Sleep(20 * time.Second)
			require.False(t, there())
		}
	})
}

func TestHeadroom_IsNotWhereMemoryIsShort(t *testing.T) {
	const size = 256 << 20
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(3*size - 1))
	synctest.Test(t, func(t *testing.T) {
		h := &Headroom{Bytes: size, Quiet: time.Minute}
		h.Use()
		runtime.GC()
		require.Less(t, goal(), uint64(size))
		debug.SetMemoryLimit(3 * size)
		h.Use()
		runtime.GC()
		require.Greater(t, goal(), uint64(size))
		time.Sleep(h.Quiet) // nothing is left of it for what runs next
		synctest.Wait()
	})
}
