package mail

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
)

// A connection belongs to one send: it ends with the send's context, whoever reads or writes, and is closed at the end.
type connection struct {
	raw  net.Conn
	stop func() bool
}

func (c *connection) open(ctx context.Context, d Dialer, network, address string, implicit bool, settings *tls.Config) (net.Conn, error) {
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	c.raw = conn
	c.stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
	if !implicit {
		return conn, nil
	}
	secure := tls.Client(conn, settings)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("TLS: %w", err)
	}
	return secure, nil
}

func (c *connection) close() {
	if c.raw == nil {
		return
	}
	c.stop()
	_ = c.raw.Close()
}

// loopback tells whether the connection stays on this machine.
func (c *connection) loopback() bool {
	if c.raw == nil {
		return false
	}
	address, err := netip.ParseAddrPort(c.raw.RemoteAddr().String())
	return err == nil && address.Addr().Unmap().IsLoopback()
}
