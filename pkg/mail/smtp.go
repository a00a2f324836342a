package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// How long sending may take, unless SMTP says otherwise.
const (
	connectTimeout = 10 * time.Second
	sendTimeout    = 30 * time.Second
	// farewellTimeout bounds saying goodbye, after all that matters.
	farewellTimeout = time.Second
)

// implicitTLS is the port where TLS starts with the first byte (RFC 8314 §7.3).
const implicitTLS = 465

// A Dialer opens connections. The caller's dialer decides which addresses may be reached.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// A TLSPolicy says how a connection is encrypted. Port 465 speaks TLS from the first byte, whatever the policy. The certificate is checked in
// any case.
type TLSPolicy int

const (
	// TLSOpportunistic encrypts where the host offers it.
	TLSOpportunistic TLSPolicy = iota
	// TLSMandatory sends nothing to a host that offers no encryption.
	TLSMandatory
	// TLSNone does not encrypt.
	TLSNone
	// TLSImplicit speaks TLS from the first byte, on any port.
	TLSImplicit
)

// PolicyOf is the policy that a setting names: required, implicit, or else opportunistic.
func PolicyOf(setting string) TLSPolicy {
	switch setting {
	case "required":
		return TLSMandatory
	case "implicit":
		return TLSImplicit
	}
	return TLSOpportunistic
}

// SMTP is a mail host and how to talk to it.
type SMTP struct {
	// Host is a name or an IP address; its certificate must be made out to it.
	Host string
	// Port is a decimal number from 1 to 65535.
	Port string
	// User and Password are for hosts that ask who sends. An empty user means no authentication.
	User, Password string
	TLS            TLSPolicy
	// RootCAs vouch for the host's certificate; nil: those of the system.
	RootCAs *x509.CertPool
	// Hello is the name given to the host (EHLO); "localhost" if empty.
	Hello string
	// ConnectTimeout bounds connecting, 10 s if zero; Timeout everything, 30 s if zero. The context may end it earlier.
	ConnectTimeout, Timeout time.Duration
}

// Send hands one message to the host, on a connection of its own. It returns nil if and only if the host took the message.
// Permanent tells whether sending the same message again is in vain.
func (s SMTP) Send(ctx context.Context, d Dialer, m Message) error {
	letter, err := m.compose(time.Now())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, orElse(s.Timeout, sendTimeout))
	defer cancel()
	conn, err := s.connect(ctx, d)
	if err != nil {
		return s.failed(ctx, stageConnect, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })() // whatever waits for the host ends with ctx
	session, stage, err := s.greet(conn)
	if err == nil {
		stage, err = s.deliver(session, letter)
	}
	if err != nil {
		return s.failed(ctx, stage, err)
	}
	// The host has the message: whatever happens now, it must not be sent again.
	_ = conn.SetDeadline(time.Now().Add(farewellTimeout))
	_ = session.Quit()
	return nil
}

// Probe connects to the host, says hello, secures the connection and says who we are, as Send does, and then goodbye. It returns whether the
// connection was encrypted.
func (s SMTP) Probe(ctx context.Context, d Dialer) (encrypted bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, orElse(s.Timeout, sendTimeout))
	defer cancel()
	conn, err := s.connect(ctx, d)
	if err != nil {
		return false, s.failed(ctx, stageConnect, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	session, stage, err := s.greet(conn)
	if err != nil {
		return false, s.failed(ctx, stage, err)
	}
	_, encrypted = session.TLSConnectionState()
	_ = conn.SetDeadline(time.Now().Add(farewellTimeout))
	_ = session.Quit()
	return encrypted, nil
}

// connect dials the host, and agrees on keys where TLS comes first.
func (s SMTP) connect(ctx context.Context, d Dialer) (net.Conn, error) {
	port, err := strconv.ParseUint(strings.TrimSpace(s.Port), 10, 16)
	if err != nil || port == 0 {
		return nil, errors.New("the port is not a number from 1 to 65535")
	}
	host := s.host()
	if host == "" {
		return nil, errors.New("the host is empty")
	}
	ctx, cancel := context.WithTimeout(ctx, orElse(s.ConnectTimeout, connectTimeout))
	defer cancel()
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(host, strconv.FormatUint(port, 10)))
	if err != nil {
		return nil, err
	}
	if port == implicitTLS || s.TLS == TLSImplicit {
		secure := tls.Client(conn, s.tls())
		if err := secure.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, fmt.Errorf("TLS: %w", err)
		}
		conn = secure
	}
	return conn, nil
}

// greet says hello, secures the connection and says who we are. It returns how far it came.
func (s SMTP) greet(conn net.Conn) (*smtp.Client, stage, error) {
	session, err := smtp.NewClient(conn, s.host())
	if err != nil {
		return nil, stageHello, err
	}
	hello := s.Hello
	if hello == "" {
		hello = "localhost"
	}
	if err := session.Hello(hello); err != nil {
		return nil, stageHello, err
	}
	if err := s.secure(session); err != nil {
		return nil, stageTLS, err
	}
	if err := s.authenticate(session, conn); err != nil {
		return nil, stageAuth, err
	}
	return session, stageAuth, nil
}

// secure encrypts a connection that is not yet encrypted, as the policy says.
func (s SMTP) secure(session *smtp.Client) error {
	if _, already := session.TLSConnectionState(); already || s.TLS == TLSNone {
		return nil
	}
	if offered, _ := session.Extension("STARTTLS"); !offered {
		if s.TLS == TLSMandatory {
			return errors.New("the host offers no encryption")
		}
		return nil
	}
	return session.StartTLS(s.tls())
}

func (s SMTP) tls() *tls.Config {
	return &tls.Config{ServerName: s.host(), RootCAs: s.RootCAs, MinVersion: tls.VersionTLS12}
}

// deliver sends the message. It returns how far it came.
func (s SMTP) deliver(session *smtp.Client, l letter) (stage, error) {
	if international, _ := session.Extension("SMTPUTF8"); l.international && !international {
		return stageSender, errInternational
	}
	session.SkipSMTPUTF8(!l.international)
	if err := session.Mail("<" + l.from + ">"); err != nil {
		return stageSender, err
	}
	if err := session.Rcpt("<" + l.to + ">"); err != nil {
		return stageRecipient, err
	}
	w, err := session.Data()
	if err != nil {
		return stageContent, err
	}
	if err := l.write(w); err != nil {
		return stageContent, err
	}
	return stageContent, w.Close()
}

func (s SMTP) host() string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(s.Host), "["), "]")
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
