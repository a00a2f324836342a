package webhook

import (
	"math/rand/v2"
	"time"
)

// What is tried how often, for how long, and by how many at once. DESIGN: decisions 7.
const (
	// attemptTimeout bounds one attempt, from the look-up of the name to the end of the answer.
	attemptTimeout = 10 * time.Second
	// keepTrying is how long an event is tried.
	keepTrying = 3 * 24 * time.Hour
	// longestWait is the longest between two attempts, whatever the receiver wishes.
	longestWait = 6 * time.Hour
	// longestPause is for how long a receiver can ask to be left alone as a whole, by answering 429 or 503 with Retry-After.
	longestPause = 10 * time.Minute
	// maxFailures is how many events in a row a webhook may fail to take. Spec: webhooks §5.1.
	maxFailures = 5

	// sliceTime and sliceDeliveries bound what is begun under one lease, and sliceTogether how much of it happens at once.
	sliceTime       = 10 * time.Second
	sliceDeliveries = 100
	sliceTogether   = 4
	sliceFetch      = 32

	// breakAfter is how many failed attempts in a row open the circuit.
	breakAfter = 10
	// firstBreak is for how long it opens at first, longestBreak at most.
	firstBreak   = 30 * time.Second
	longestBreak = 10 * time.Minute
	// hurried is how many deliveries at most are made due at once when the circuit closes.
	hurried = 1000

	// keptAttempts is how many attempts of a delivery are remembered.
	keptAttempts = 10
	// excerptBytes is how much of an answer is remembered, readBytes how much is read so that the connection can be used again.
	excerptBytes = 512
	readBytes    = 8 << 10
)

// Timeout bounds one attempt as a whole.
const Timeout = attemptTimeout

// Lease is how long a slice may take: what is begun in time may end in time.
const Lease = sliceTime + attemptTimeout + 10*time.Second

// waits between attempts: the n-th failure waits for the n-th, later ones for the last.
var waits = [...]time.Duration{
	5 * time.Second, 15 * time.Second, 45 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, longestWait,
}

// wait is how long to wait after so many failed attempts, up to a fifth more or less, and never less than the receiver asked for.
func wait(attempts int, asked time.Duration) time.Duration {
	d := waits[min(max(attempts, 1), len(waits))-1]
	d = d - d/5 + rand.N(2*d/5)
	return min(max(d, asked), longestWait)
}

// breakFor is how long the circuit stays open after so many failed attempts in a row.
func breakFor(failures int) time.Duration {
	d := firstBreak
	for range failures - breakAfter {
		if d *= 2; d >= longestBreak {
			return longestBreak
		}
	}
	return d
}
