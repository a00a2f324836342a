package problem

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
)

// away reports whether something that we need could not be reached, or went away meanwhile: a database server that is starting, say. It is back
// in a moment, so the request is worth another try.
func away(err error) bool {
	var network *net.OpError
	var state interface{ SQLState() string }   // of PostgreSQL
	var unsent interface{ SafeToRetry() bool } // of its driver: the connection was found closed
	switch {
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &network),
		errors.Is(err, net.ErrClosed), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return true
	case errors.As(err, &state):
		// Connection exceptions, too many connections, operator intervention: shutting down, starting up.
		code := state.SQLState()
		return strings.HasPrefix(code, "08") || strings.HasPrefix(code, "57P") || code == "53300"
	case errors.As(err, &unsent):
		return unsent.SafeToRetry() && !errors.Is(err, context.Canceled)
	}
	return false
}
