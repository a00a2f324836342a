package problem

import (
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
)

// away reports whether something that we need could not be reached, or went away meanwhile: a database server that is starting, say. It is back
// in a moment, so the request is worth another try.
func away(err error) bool {
	var network *net.OpError
	var state interface{ SQLState() string } // of PostgreSQL
	switch {
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &network):
		return true
	case errors.As(err, &state):
		// Connection exceptions, too many connections, operator intervention: shutting down, starting up.
		code := state.SQLState()
		return strings.HasPrefix(code, "08") || strings.HasPrefix(code, "57P") || code == "53300"
	}
	return false
}
