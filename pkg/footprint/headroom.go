package footprint

import (
	"runtime/metrics"
	"strings"
	"sync"
	"time"
)

// Headroom lets so many bytes of garbage pile up while large blocks come and go, such as those in which passwords are hashed.
//
// Go collects garbage whenever the heap has doubled. In a process with a small heap each large block brings a collection about, and afterwards its
// pages are given back to the kernel, which must clear them for the next one. While a Headroom is in use it holds a block of its own that nobody
// touches, so that it takes address space and no memory: the collector sees a larger heap, and waits for it to double. After some quiet all is as before.
//
// GOGC holds as always. Where GOMEMLIMIT is less than three times the headroom, there is none, since what is not touched counts there.
type Headroom struct {
	Bytes int
	Quiet time.Duration // without use, until it ends

	mu   sync.Mutex
	held *strings.Builder // it alone gets memory that is not cleared, which would touch it
	used time.Time
}

// Use is called before each large block is allocated. It is safe for concurrent use.
func (h *Headroom) Use() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.used = time.Now()
	if h.held != nil || memoryLimit() < 3*uint64(h.Bytes) {
		return
	}
	h.held = new(strings.Builder)
	h.held.Grow(h.Bytes)
	time.AfterFunc(h.Quiet, h.end)
}

// end gives it up, or waits on where it was used meanwhile.
func (h *Headroom) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if unused := time.Since(h.used); unused < h.Quiet {
		time.AfterFunc(h.Quiet-unused, h.end)
		return
	}
	h.held = nil
}

// memoryLimit is GOMEMLIMIT in bytes, more than there is where there is none.
func memoryLimit() uint64 {
	read := []metrics.Sample{{Name: "/gc/gomemlimit:bytes"}}
	metrics.Read(read)
	return read[0].Value.Uint64()
}
