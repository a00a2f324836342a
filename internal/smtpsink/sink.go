// Package smtpsink is a mail host for tests: it listens on loopback, takes mails and keeps them, so that a test can read what a person
// would have got. It can also be a bad host, which refuses, falls silent or hangs up at a stage of the conversation.
//
// It never sends a mail on, and it is in no program: only tests import it.
package smtpsink

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
)

// Encryption says how a sink encrypts.
type Encryption int

const (
	// StartTLS offers encryption.
	StartTLS Encryption = iota
	// ImplicitTLS speaks TLS from the first byte.
	ImplicitTLS
	// Plain offers no encryption.
	Plain
)

// Options say what kind of host a sink is. The zero value offers STARTTLS and takes mail from everyone.
type Options struct {
	Encryption Encryption
	// User and Password: without them nobody may send. No user, no authentication.
	User, Password string
	// Mechanisms are those of PLAIN, LOGIN and CRAM-MD5 that are offered; PLAIN if empty.
	Mechanisms []string
	// SecretAuth offers authentication on encrypted connections only.
	SecretAuth bool
	// International says that addresses need not be ASCII (SMTPUTF8).
	International bool
	// Behaviour is how the host behaves at first. The zero value is good.
	Behaviour Behaviour
}

// A Sink is a running mail host. It stops when its test ends.
type Sink struct {
	options Options
	address *net.TCPAddr
	roots   *x509.CertPool
	done    chan struct{}

	mu          sync.Mutex
	behaviour   Behaviour
	messages    []Message
	taken       []bool
	arrived     chan struct{} // closed when a message arrives, and made anew
	connections int
	logins      []string
	held        []net.Conn
}

// New starts a mail host on a free port of 127.0.0.1.
func New(t testing.TB, o Options) *Sink {
	t.Helper()
	s := &Sink{options: o, behaviour: o.Behaviour, done: make(chan struct{}), arrived: make(chan struct{})}
	roots, certificate := certify(t)
	s.roots = roots
	secure := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}

	open, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen as a mail host: %v", err)
	}
	s.address = open.Addr().(*net.TCPAddr)
	server := smtp.NewServer(smtp.BackendFunc(s.session))
	server.Domain = "sink.example"
	server.AllowInsecureAuth = !o.SecretAuth
	server.EnableSMTPUTF8 = o.International
	server.ErrorLog = quiet{}
	switch o.Encryption {
	case StartTLS:
		server.TLSConfig = secure
	case ImplicitTLS:
		open = tls.NewListener(open, secure)
	}

	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = server.Serve(&door{Listener: open, sink: s})
	}()
	t.Cleanup(func() {
		close(s.done)
		_ = server.Close()
		_ = open.Close()
		s.release()
		<-stopped
	})
	return s
}

// Host is the address that the sink listens on.
func (s *Sink) Host() string { return s.address.IP.String() }

// Port is the port that the sink listens on.
func (s *Sink) Port() string { return strconv.Itoa(s.address.Port) }

// CertPool vouches for the sink's certificate, which is made out to localhost, 127.0.0.1, ::1 and mail.example.
func (s *Sink) CertPool() *x509.CertPool { return s.roots }

// DialContext connects to the sink whatever the address, so that a test may speak to a "mail.example:465".
func (s *Sink) DialContext(ctx context.Context, network, _ string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, s.address.String())
}

// Behave changes how the host behaves from now on.
func (s *Sink) Behave(b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behaviour = b
}

// Connections counts who has connected so far.
func (s *Sink) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections
}

// Logins are the mechanisms that clients tried to authenticate with.
func (s *Sink) Logins() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.logins...)
}

// Messages are all that arrived, the oldest first.
func (s *Sink) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.messages...)
}

// Wait gives the oldest message to an address that no Wait has given before. It waits for one until ctx ends.
func (s *Sink) Wait(ctx context.Context, to string) (Message, error) {
	for {
		s.mu.Lock()
		for i, m := range s.messages {
			if !s.taken[i] && strings.EqualFold(m.To, to) {
				s.taken[i] = true
				s.mu.Unlock()
				return m, nil
			}
		}
		arrived := s.arrived
		s.mu.Unlock()
		select {
		case <-arrived:
		case <-ctx.Done():
			return Message{}, context.Cause(ctx)
		}
	}
}

func (s *Sink) add(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, m)
	s.taken = append(s.taken, false)
	close(s.arrived)
	s.arrived = make(chan struct{})
}

// quiet keeps the server from writing to the terminal: clients that break off are what these tests are about.
type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}
