package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// timeout bounds a send whose context has no deadline.
const timeout = 30 * time.Second

// A Dialer opens connections.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// A TLSPolicy says when a connection is encrypted. Port 465 speaks TLS from the first byte, whatever the policy.
type TLSPolicy int

const (
	// TLSOpportunistic encrypts when the host offers it.
	TLSOpportunistic TLSPolicy = iota
	// TLSMandatory sends nothing over a connection that is not encrypted.
	TLSMandatory
	// TLSNone does not encrypt.
	TLSNone
)

// SMTP is a mail host.
type SMTP struct {
	Host, Port, User, Password string
	// RootCAs vouch for the host; nil means those of the system.
	RootCAs *x509.CertPool
	TLS     TLSPolicy
}

// Send hands a message to the host. It is over when the host has taken the message, when it fails, or when ctx ends.
// Permanent tells which errors will not go away.
func (s SMTP) Send(ctx context.Context, d Dialer, m Message) error {
	message, err := m.compose()
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("send mail: %w", context.Cause(ctx))
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(timeout)
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()

	c := &connection{}
	defer c.close()
	client, err := s.client(c, d, time.Until(deadline))
	if err != nil {
		return fmt.Errorf("send mail: %w", err)
	}
	err = s.deliver(ctx, client, c, message)
	switch {
	case message.IsDelivered(): // What goes wrong after that, as while saying goodbye, must not send it twice.
		return nil
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("send mail through %s: %w", s.address(), errors.Join(context.Cause(ctx), err))
	case err != nil:
		return fmt.Errorf("send mail through %s: %w", s.address(), err)
	default:
		return fmt.Errorf("send mail through %s: the host did not take it", s.address())
	}
}

func (s SMTP) deliver(ctx context.Context, client *gomail.Client, c *connection, message *gomail.Msg) error {
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return err
	}
	if err := s.login(session, c); err != nil {
		return err
	}
	if err := reachable(session, message); err != nil {
		return err
	}
	if err := client.SendWithSMTPClient(session, message); err != nil {
		return err
	}
	return client.CloseWithSMTPClient(session)
}

func (s SMTP) client(c *connection, d Dialer, within time.Duration) (*gomail.Client, error) {
	port, err := strconv.ParseUint(strings.TrimSpace(s.Port), 10, 16)
	if err != nil || port == 0 {
		return nil, fmt.Errorf("mail host %q: port %q is not a number from 1 to 65535", s.Host, s.Port)
	}
	if within <= 0 {
		return nil, context.DeadlineExceeded
	}
	implicit := port == 465
	settings := &tls.Config{ServerName: s.host(), RootCAs: s.RootCAs, MinVersion: tls.VersionTLS12}
	options := []gomail.Option{
		gomail.WithPort(int(port)), gomail.WithTimeout(within), gomail.WithHELO("localhost"), gomail.WithTLSConfig(settings),
		gomail.WithoutNoop(), gomail.WithoutRset(),
		gomail.WithDialContextFunc(func(ctx context.Context, network, _ string) (net.Conn, error) {
			return c.open(ctx, d, network, s.address(), implicit, settings)
		}),
	}
	switch {
	case implicit:
		options = append(options, gomail.WithSSL())
	case s.TLS == TLSMandatory:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case s.TLS == TLSNone:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	}
	return gomail.NewClient(s.host(), options...)
}

// login proves who sends, where there is a user and the host asks for one. It never says the password to anyone who could
// be listening: the connection is encrypted, or stays on this machine.
func (s SMTP) login(session *smtp.Client, c *connection) error {
	offered, list := session.Extension("AUTH")
	if s.User == "" || !offered {
		return nil
	}
	if _, encrypted := session.TLSConnectionState(); !encrypted && !c.loopback() {
		return errors.New("log in: the host offers no encryption, and the password is not sent without")
	}
	mechanisms := strings.Fields(strings.ToUpper(list))
	var proof smtp.Auth
	switch {
	case slices.Contains(mechanisms, "CRAM-MD5"):
		proof = smtp.CRAMMD5Auth(s.User, s.Password)
	case slices.Contains(mechanisms, "PLAIN"):
		proof = smtp.PlainAuth("", s.User, s.Password, s.host(), true)
	case slices.Contains(mechanisms, "LOGIN"):
		proof = smtp.LoginAuth(s.User, s.Password, s.host(), true)
	default:
		return fmt.Errorf("log in: the host offers only %s", list)
	}
	if err := session.Auth(proof); err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	return nil
}

func (s SMTP) host() string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(s.Host), "["), "]")
}

func (s SMTP) address() string {
	return net.JoinHostPort(s.host(), strings.TrimSpace(s.Port))
}
