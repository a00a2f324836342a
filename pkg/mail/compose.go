package mail

import (
	"crypto/rand"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/textproto"
	"slices"
	"strings"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// own are the headers that a message cannot set by itself.
func own(header string) bool {
	return slices.Contains([]string{
		"Auto-Submitted", "Bcc", "Cc", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "Message-Id", "Mime-Version",
		"Sender", "Subject", "To",
	}, textproto.CanonicalMIMEHeaderKey(header))
}

// compose writes the message down. No value can end a header or begin another.
func (m Message) compose() (*gomail.Msg, error) {
	from, err := m.From.mailbox()
	if err != nil {
		return nil, fmt.Errorf("send mail: sender: %w", err)
	}
	to, err := m.To.mailbox()
	if err != nil {
		return nil, fmt.Errorf("send mail: recipient: %w", err)
	}
	message := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	for name, value := range m.Headers {
		if !headerName(name) {
			return nil, permanent(fmt.Errorf("send mail: %q cannot be the name of a header", name))
		}
		if !own(name) {
			message.SetGenHeader(gomail.Header(name), line(value))
		}
	}
	message.FromMailAddress(from)
	message.ToMailAddress(to)
	message.Subject(line(m.Subject))
	message.SetDate()
	message.SetMessageIDWithValue(strings.ToLower(rand.Text()) + "@" + from.Address[strings.LastIndexByte(from.Address, '@')+1:])
	message.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: out-of-office programs stay silent.
	message.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		message.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return message, nil
}

// mailbox checks an address.
func (a Address) mailbox() (*netmail.Address, error) {
	address := strings.TrimSpace(a.Address)
	parsed, err := netmail.ParseAddress("<" + address + ">")
	if err != nil || parsed.Address != address || line(address) != address {
		return nil, permanent(fmt.Errorf("%q is not an address", a.Address))
	}
	return &netmail.Address{Name: line(a.Name), Address: address}, nil
}

// reachable tells whether the host can carry the addresses of a message (RFC 6531).
func reachable(session *smtp.Client, message *gomail.Msg) error {
	if international, _ := session.Extension("SMTPUTF8"); international {
		return nil
	}
	for _, a := range append(message.GetFrom(), message.GetTo()...) {
		if !ascii(a.Address) {
			return permanent(fmt.Errorf("the host cannot send from or to %q", a.Address))
		}
	}
	return nil
}

// headerName tells whether a name can stand before the colon of a header (RFC 5322 §3.6.8).
func headerName(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' }) < 0
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > 127 }) < 0
}

// A permanentError is an error that another try meets again.
type permanentError struct{ error }

func permanent(err error) error { return permanentError{err} }

// Unwrap gives the cause.
func (e permanentError) Unwrap() error { return e.error }

// Permanent tells whether sending the same message again is in vain: the host said no (5xx), or an address can never work.
func Permanent(err error) bool {
	var ours permanentError
	if errors.As(err, &ours) {
		return true
	}
	var sent *gomail.SendError
	if errors.As(err, &sent) {
		return refused(sent.ErrorCode())
	}
	var answer *textproto.Error
	return errors.As(err, &answer) && refused(answer.Code)
}

func refused(code int) bool { return code >= 500 && code <= 599 }
