package smtpsink

import (
	"bytes"
	"fmt"
	"net"

	"github.com/emersion/go-smtp"
)

// A Stage is where in a conversation a host misbehaves.
type Stage int

const (
	// Nowhere is the stage of good behaviour.
	Nowhere Stage = iota
	// Greeting is when a client has connected.
	Greeting
	// Login is when the client authenticates.
	Login
	// Sender is MAIL FROM.
	Sender
	// Recipient is RCPT TO.
	Recipient
	// Content is when the text has been sent.
	Content
	// Farewell is after the message was taken, when the client says QUIT. It works on connections that are not encrypted.
	Farewell
)

// A Behaviour is how a host behaves. The zero value is good.
type Behaviour struct {
	at   Stage
	code int
	text string
	hang bool
}

// Refuse answers with a code, as 550 or 451, at a stage.
func Refuse(at Stage, code int) Behaviour { return Behaviour{at: at, code: code, text: "not here"} }

// Say is Refuse with a text of its own.
func (b Behaviour) Say(text string) Behaviour {
	b.text = text
	return b
}

// Hang answers no more from a stage on, and keeps the connection.
func Hang(at Stage) Behaviour { return Behaviour{at: at, hang: true} }

// Drop closes the connection at a stage.
func Drop(at Stage) Behaviour { return Behaviour{at: at} }

func (s *Sink) at(stage Stage) (Behaviour, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.behaviour, s.behaviour.at == stage && stage != Nowhere
}

// misbehave does what the host does at a stage: nothing, if it is good there.
func (s *Sink) misbehave(stage Stage, c *smtp.Conn) error {
	b, bad := s.at(stage)
	switch {
	case !bad:
		return nil
	case b.hang:
		<-s.done
	case b.code != 0:
		return &smtp.SMTPError{Code: b.code, EnhancedCode: smtp.EnhancedCode{b.code / 100, 0, 0}, Message: b.text}
	default:
		_ = c.Conn().Close()
	}
	return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 0, 0}, Message: "going away"}
}

// hold keeps a connection that nobody serves until the sink stops.
func (s *Sink) hold(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = append(s.held, c)
}

func (s *Sink) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.held {
		_ = c.Close()
	}
}

// A door lets clients in, or treats them badly before the server sees them.
type door struct {
	net.Listener
	sink *Sink
}

func (d *door) Accept() (net.Conn, error) {
	for {
		c, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		d.sink.mu.Lock()
		d.sink.connections++
		d.sink.mu.Unlock()
		b, bad := d.sink.at(Greeting)
		switch {
		case bad && b.hang:
			d.sink.hold(c)
		case bad:
			go turnAway(c, b)
		case d.sink.options.Encryption == ImplicitTLS:
			return c, nil // as it is: the server wants to see that it is TLS
		default:
			return &wire{Conn: c, sink: d.sink}, nil
		}
	}
}

func turnAway(c net.Conn, b Behaviour) {
	if b.code != 0 {
		_, _ = fmt.Fprintf(c, "%d %s\r\n", b.code, b.text)
	}
	_ = c.Close()
}

// A wire is a connection that can break while the server says goodbye.
type wire struct {
	net.Conn
	sink *Sink
}

func (w *wire) Write(p []byte) (int, error) {
	b, bad := w.sink.at(Farewell)
	if !bad || !bytes.HasPrefix(p, []byte("221")) {
		return w.Conn.Write(p)
	}
	switch {
	case b.hang:
		<-w.sink.done
	case b.code != 0:
		if _, err := fmt.Fprintf(w.Conn, "%d %s\r\n", b.code, b.text); err != nil {
			return 0, err
		}
		return len(p), nil
	}
	_ = w.Conn.Close()
	return 0, net.ErrClosed
}
