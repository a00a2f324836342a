package mail

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/wneessen/go-mail/smtp"
)

// authenticate says who we are, where there is a user and the host asks. The password is never said where others could listen: only on an
// encrypted connection, or on one that stays on this machine. Spec: email §2.
func (s SMTP) authenticate(session *smtp.Client, conn net.Conn) error {
	offered, list := session.Extension("AUTH")
	if s.User == "" || !offered {
		return nil
	}
	if _, encrypted := session.TLSConnectionState(); !encrypted && !staysHere(conn) {
		return errUnencrypted
	}
	mechanisms := strings.Fields(strings.ToUpper(list))
	var auth smtp.Auth
	switch {
	case slices.Contains(mechanisms, "CRAM-MD5"):
		auth = smtp.CRAMMD5Auth(s.User, s.Password)
	case slices.Contains(mechanisms, "PLAIN"):
		auth = smtp.PlainAuth("", s.User, s.Password, s.host(), true)
	case slices.Contains(mechanisms, "LOGIN"):
		auth = smtp.LoginAuth(s.User, s.Password, s.host(), true)
	default:
		return errNoMechanism
	}
	return session.Auth(auth)
}

// staysHere reports whether the other end of a connection is on this machine.
func staysHere(conn net.Conn) bool {
	peer, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	return err == nil && peer.Addr().Unmap().IsLoopback()
}
