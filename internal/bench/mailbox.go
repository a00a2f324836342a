package main

import (
	"context"
	"errors"
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

// A mailbox is a mail host on loopback that hands the codes in its mails to whoever waits for them.
type mailbox struct {
	server *smtp.Server
	port   string

	mu      sync.Mutex
	arrived map[string]chan string // of the address → the code
	waited  []float64              // for each mail, in microseconds
}

func newMailbox() (*mailbox, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen as a mail host: %w", err)
	}
	m := &mailbox{port: strconv.Itoa(l.Addr().(*net.TCPAddr).Port), arrived: map[string]chan string{}}
	m.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &delivery{box: m}, nil }))
	m.server.Domain = "bench.example"
	go func() { _ = m.server.Serve(l) }() // ends with close
	return m, nil
}

func (m *mailbox) close() { _ = m.server.Close() }

// of is where the codes to an address arrive.
func (m *mailbox) of(address string) chan string {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.arrived[address]
	if c == nil {
		c = make(chan string, 4)
		m.arrived[address] = c
	}
	return c
}

// code waits for the code in the next mail to an address.
func (m *mailbox) code(ctx context.Context, address string) (string, error) {
	began := time.Now()
	select {
	case code := <-m.of(address):
		m.mu.Lock()
		defer m.mu.Unlock()
		m.waited = append(m.waited, micro(time.Since(began)))
		return code, nil
	case <-ctx.Done():
		return "", fmt.Errorf("no mail to %s: %w", address, ctx.Err())
	}
}

// delays are how long was waited for each mail after the answer that announced it.
func (m *mailbox) delays() []float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.waited)
}

// A delivery is a conversation with a client that brings mails.
type delivery struct {
	box *mailbox
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
	code := subjectCode.FindString(m.Header.Get("Subject"))
	if code == "" {
		return errors.New("the subject begins with no code: " + m.Header.Get("Subject"))
	}
	_, err = io.Copy(io.Discard, m.Body)
	for _, to := range d.to {
		d.box.of(to) <- code
	}
	return err
}

func (d *delivery) Reset()        { d.to = nil }
func (d *delivery) Logout() error { return nil }
