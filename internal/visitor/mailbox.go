package visitor

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// A Mailbox is a mail host on loopback that hands the codes in its mails to whoever waits for them.
type Mailbox struct {
	server *smtp.Server
	// Port is where it listens.
	Port string

	mu      sync.Mutex
	arrived map[string]chan string // of the address → the code
	waited  []float64              // for each mail, in microseconds
}

// NewMailbox listens at an address, such as 127.0.0.1:0.
func NewMailbox(address string) (*Mailbox, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen as a mail host: %w", err)
	}
	m := &Mailbox{Port: strconv.Itoa(l.Addr().(*net.TCPAddr).Port), arrived: map[string]chan string{}}
	m.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &delivery{box: m}, nil }))
	m.server.Domain = "visitor.example"
	go func() { _ = m.server.Serve(l) }() // ends with close
	return m, nil
}

// Close ends it.
func (m *Mailbox) Close() { _ = m.server.Close() }

// Of is where the codes to an address arrive.
func (m *Mailbox) Of(address string) chan string {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.arrived[address]
	if c == nil {
		c = make(chan string, 4)
		m.arrived[address] = c
	}
	return c
}

// Code waits for the code in the next mail to an address.
func (m *Mailbox) Code(ctx context.Context, address string) (string, error) {
	began := time.Now()
	select {
	case code := <-m.Of(address):
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.arrived, address) // the next mail has a place of its own
		m.waited = append(m.waited, float64(time.Since(began))/float64(time.Microsecond))
		return code, nil
	case <-ctx.Done():
		return "", fmt.Errorf("no mail to %s: %w", address, ctx.Err())
	}
}

// Delays are how long was waited for each mail after the answer that announced it, in microseconds.
func (m *Mailbox) Delays() []float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.waited)
}

// A delivery is a conversation with a client that brings mails.
type delivery struct {
	box *Mailbox
	to  []string
}

func (d *delivery) Mail(string, *smtp.MailOptions) error { return nil }

func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	d.to = append(d.to, to)
	return nil
}

// subjectCode finds the code that the subject begins with.
var subjectCode = regexp.MustCompile(`^\d{6}\b`)

func (d *delivery) Data(r io.Reader) error {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	if _, err = io.Copy(io.Discard, m.Body); err != nil {
		return err
	}
	code := subjectCode.FindString(m.Header.Get("Subject"))
	for _, to := range d.to {
		if code == "" {
			continue // it tells of something
		}
		select {
		case d.box.Of(to) <- code:
		default: // nobody reads them
		}
	}
	return nil
}

func (d *delivery) Reset()        { d.to = nil }
func (d *delivery) Logout() error { return nil }
