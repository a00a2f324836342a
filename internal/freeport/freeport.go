// Package freeport finds ports for servers that tests, drills and measurements start, stop and start again.
//
// They are none of those that the kernel gives to connections and to listeners that ask for any: one of these could be taken by another
// process while the server is down, or between the finding and the first start.
package freeport

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"testing"
)

// The kernel gives away ports from 32768 upwards, unless it is told otherwise.
const first, beyond = 10_000, 32_000

var given sync.Map // the ports that this process has given out

// Find is a port of 127.0.0.1 that nothing listens on and that nobody else in this process was given.
func Find() (string, error) {
	for range 1000 {
		port := strconv.Itoa(first + rand.IntN(beyond-first))
		if _, taken := given.LoadOrStore(port, true); taken {
			continue
		}
		if l, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			_ = l.Close() // nobody has connected
			return port, nil
		}
	}
	return "", errors.New("no port is free")
}

// Get is such a port for a test.
func Get(t testing.TB) string {
	t.Helper()
	port, err := Find()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// Several are as many such ports.
func Several(t testing.TB, n int) []string {
	t.Helper()
	ports := make([]string, n)
	for i := range ports {
		ports[i] = Get(t)
	}
	return ports
}
