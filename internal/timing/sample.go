package timing

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"syscall"
	"time"
)

// An Arm is one of the kinds of requests that are compared.
type Arm struct {
	Name string
	// Prepare makes the next request of the kind; what that takes does not count.
	Prepare func() *http.Request
}

// An Answer is what came of a request.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	// Statements are those that were sent to the database.
	Statements []string
	// Hashes is how many passwords were hashed.
	Hashes int
	// CPU is what the process took meanwhile, Took how long it lasted.
	CPU, Took time.Duration
}

// A Bench answers requests one at a time, with nothing else going on in the process.
type Bench struct {
	Server http.Handler
	// Watch runs something and returns the statements that were sent meanwhile; it may be nil.
	Watch func(func()) []string
	// Hashes is how many passwords the server has hashed so far; it may be nil.
	Hashes func() int
}

// garbage is how much may lie around before it is collected, between two requests.
const garbage = 256 << 20

// Answer answers a request and measures it.
func (b *Bench) Answer(r *http.Request) Answer {
	var a Answer
	var before runtime.MemStats
	w := httptest.NewRecorder()
	if runtime.ReadMemStats(&before); before.HeapAlloc > garbage {
		runtime.GC()
	}
	hashed := b.hashed()
	run := func() {
		cpu, began := used(), time.Now()
		b.Server.ServeHTTP(w, r)
		a.Took, a.CPU = time.Since(began), used()-cpu
	}
	if b.Watch != nil {
		a.Statements = b.Watch(run)
	} else {
		run()
	}
	a.Hashes = b.hashed() - hashed
	a.Status, a.Header, a.Body = w.Code, w.Header(), w.Body.Bytes()
	return a
}

func (b *Bench) hashed() int {
	if b.Hashes == nil {
		return 0
	}
	return b.Hashes()
}

// used is the time of processors that the process has taken so far.
func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic("timing: the system does not say what the process takes: " + err.Error())
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Sample answers n requests of each arm, in random order, and hands the answers over. A round has one of each, so that whatever changes with time
// changes for all.
func (b *Bench) Sample(arms []Arm, n int, rng *rand.Rand, took func(arm int, a Answer)) {
	for range n {
		for _, i := range rng.Perm(len(arms)) {
			took(i, b.Answer(arms[i].Prepare()))
		}
	}
}
