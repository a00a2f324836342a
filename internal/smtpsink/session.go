package smtpsink

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // CRAM-MD5 is made of it.
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// A session is a conversation with one client.
type session struct {
	sink *Sink
	conn *smtp.Conn
	user string
	from string
	to   []string
}

func (s *Sink) session(c *smtp.Conn) (smtp.Session, error) {
	return &session{sink: s, conn: c}, nil
}

func (s *session) AuthMechanisms() []string {
	if s.sink.options.User == "" {
		return nil
	}
	if len(s.sink.options.Mechanisms) == 0 {
		return []string{sasl.Plain}
	}
	return s.sink.options.Mechanisms
}

func (s *session) Auth(mechanism string) (sasl.Server, error) {
	s.sink.mu.Lock()
	s.sink.logins = append(s.sink.logins, mechanism)
	s.sink.mu.Unlock()
	if err := s.sink.misbehave(Login, s.conn); err != nil {
		return nil, err
	}
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, user, password string) error { return s.login(user, password) }), nil
	case sasl.Login:
		return &loginServer{login: s.login}, nil
	case "CRAM-MD5":
		return &cramServer{session: s}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

func (s *session) login(user, password string) error {
	if user != s.sink.options.User || password != s.sink.options.Password {
		return smtp.ErrAuthFailed
	}
	s.user = user
	return nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.sink.options.User != "" && s.user == "" {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "who are you?"}
	}
	s.from = from
	return s.sink.misbehave(Sender, s.conn)
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := s.sink.misbehave(Recipient, s.conn); err != nil {
		return err
	}
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("read mail: %w", err)
	}
	if err := s.sink.misbehave(Content, s.conn); err != nil {
		return err
	}
	for _, to := range s.to {
		m, err := read(raw)
		if err != nil {
			return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: err.Error()}
		}
		_, m.Encrypted = s.conn.TLSConnectionState()
		m.From, m.To, m.User = s.from, to, s.user
		s.sink.add(m)
	}
	return nil
}

func (s *session) Reset()        { s.from, s.to = "", nil }
func (s *session) Logout() error { return nil }

// A loginServer speaks LOGIN, which no standard defines.
type loginServer struct {
	login func(user, password string) error
	step  int
	user  string
}

func (l *loginServer) Next(response []byte) ([]byte, bool, error) {
	if response == nil && l.step == 0 {
		l.step = 1
		return []byte("Username:"), false, nil
	}
	if l.step < 2 {
		l.step, l.user = 2, string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.login(l.user, string(response))
}

// A cramServer speaks CRAM-MD5 (RFC 2195).
type cramServer struct {
	session *session
	asked   bool
}

const challenge = "<1.2@sink.example>"

func (c *cramServer) Next(response []byte) ([]byte, bool, error) {
	if !c.asked {
		c.asked = true
		return []byte(challenge), false, nil
	}
	o := c.session.sink.options
	mac := hmac.New(md5.New, []byte(o.Password))
	mac.Write([]byte(challenge))
	user, proof, _ := strings.Cut(string(response), " ")
	if user != o.User || proof != hex.EncodeToString(mac.Sum(nil)) {
		return nil, true, smtp.ErrAuthFailed
	}
	c.session.user = user
	return nil, true, nil
}
