package footprint

import (
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// goal is the size of the heap at which garbage is collected next.
func goal() uint64 {
	read := []metrics.Sample{{Name: "/gc/heap/goal:bytes"}}
	metrics.Read(read)
	return read[0].Value.Uint64()
}

// anonymous is how much memory the process has for itself, in bytes.
func anonymous(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	m := regexp.MustCompile(`RssAnon:\s+(\d+) kB`).FindSubmatch(status)
	require.NotNil(t, m)
	n, err := strconv.Atoi(string(m[1]))
	require.NoError(t, err)
	return n << 10
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
		before := anonymous(t)
		for range 2 { // the second time it gets memory that was in use
			h.Use()
			require.True(t, there())
			require.Less(t, anonymous(t)-before, size/4, "nobody touches it")
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
	h := &Headroom{Bytes: size, Quiet: time.Hour}
	h.Use()
	runtime.GC()
	require.Less(t, goal(), uint64(size))
	debug.SetMemoryLimit(3 * size)
	h.Use()
	runtime.GC()
	require.Greater(t, goal(), uint64(size))
}
