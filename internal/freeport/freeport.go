// Package freeport finds ports for servers that tests, drills and measurements start, stop and start again.
//
// They are none of those that the kernel gives to connections and to listeners that ask for any: one of these could be taken by another
// process while the server is down, or between the finding and the first start.
package freeport

import (
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
)

// The kernel gives away ports from 32768 upwards, unless it is told otherwise.
const first, beyond = 10_000, 32_000

var given sync.Map // the locks of the ports that this process has given out

// Find is a port of 127.0.0.1 that nothing listens on and that nobody else was given, in this process or in another of the same machine that still runs.
func Find() (string, error) {
	for range 1000 {
		port := strconv.Itoa(first + rand.IntN(beyond-first))
		lock, err := reserve(port)
		if errors.Is(err, syscall.EWOULDBLOCK) { // another has it
			continue
		}
		if err != nil {
			return "", err
		}
		if l, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			_ = l.Close() // nobody has connected
			given.Store(port, lock)
			return port, nil
		}
		_ = lock.Close()
	}
	return "", errors.New("no port is free")
}

// reserve locks the file of a port, for as long as it is open: the system lets go of the lock when the process ends, however it does. Error:
// syscall.EWOULDBLOCK where another has the port.
func reserve(port string) (*os.File, error) {
	dir := filepath.Join(os.TempDir(), "latchkeep-ports-"+strconv.Itoa(os.Getuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, port), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
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
