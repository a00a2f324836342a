package mail

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	netmail "net/mail"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"
)

// A letter is a message as it goes over the wire.
type letter struct {
	msg *gomail.Msg
	// from and to are the addresses of the envelope.
	from, to string
	dkim     *DKIM
	// international letters need a host that speaks SMTPUTF8 (RFC 6531).
	international bool
}

// maxHeader is the length of the longest value of a further header, in characters.
const maxHeader = 800

var (
	headerName = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
	messageID  = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
)

// ours are the headers that this package writes.
func ours(header string) bool {
	return slices.Contains([]string{
		"Auto-Submitted", "Bcc", "Cc", "Date", "Dkim-Signature", "From", "Message-Id", "Mime-Version", "Sender", "Subject", "To", "X-Auto-Response-Suppress",
	}, header) || strings.HasPrefix(header, "Content-")
}

// compose writes a message down. No value of it can end its header or begin another one.
func (m Message) compose(now time.Time) (letter, error) {
	from, err := m.From.parse()
	if err != nil {
		return letter{}, &invalidError{"sender: " + err.Error()}
	}
	to, err := m.To.parse()
	if err != nil {
		return letter{}, &invalidError{"recipient: " + err.Error()}
	}
	id := m.ID
	if id == "" {
		id = strings.ToLower(rand.Text())
	}
	if !messageID.MatchString(id) {
		return letter{}, &invalidError{"the ID is not made of letters, digits and hyphens"}
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingQP), gomail.WithCharset(gomail.CharsetUTF8))
	msg.FromMailAddress(from)
	msg.ToMailAddress(to)
	msg.Subject(literal(m.Subject, maxSubject))
	msg.SetDateWithValue(now.UTC())
	msg.SetMessageIDWithValue(id + "@" + domain(from.Address))
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's holiday is answered to us.
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")  // The same for Exchange.
	for name, value := range m.Headers {
		if !headerName.MatchString(name) || ours(textproto.CanonicalMIMEHeaderKey(name)) {
			return letter{}, &invalidError{fmt.Sprintf("header %q cannot be set", clip(name, 64))}
		}
		msg.SetGenHeader(gomail.Header(name), literal(value, maxHeader))
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return letter{
		msg:           msg,
		from:          from.Address,
		to:            to.Address,
		dkim:          m.DKIM,
		international: !ascii(from.Address) || !ascii(to.Address),
	}, nil
}

// write writes the message as it goes over the wire.
func (l letter) write(w io.Writer) error {
	if l.dkim == nil {
		_, err := l.msg.WriteTo(w)
		return err
	}
	var plain bytes.Buffer
	if _, err := l.msg.WriteTo(&plain); err != nil {
		return err
	}
	return l.dkim.sign(w, plain.Bytes())
}

// Check reports whether a message can be written down at all.
func (m Message) Check() error {
	_, err := m.compose(time.Time{})
	return err
}

// parse checks an address and gives it the form that goes over the wire, where the domain is ASCII (RFC 5890).
func (a Address) parse() (*netmail.Address, error) {
	address := strings.TrimSpace(a.Address)
	switch {
	case address == "":
		return nil, errors.New("there is no address")
	case len(address) > maxAddress || line(address) != address || strings.ContainsAny(address, " <>\"\\(),:;[]"):
		return nil, errors.New("the address has characters that it must not have, or too many")
	}
	at := strings.LastIndexByte(address, '@')
	if at < 1 {
		return nil, errors.New("the address is none")
	}
	if host := address[at+1:]; !ascii(host) {
		host, err := idna.Lookup.ToASCII(host)
		if err != nil {
			return nil, errors.New("the domain of the address is none")
		}
		address = address[:at+1] + host
	}
	parsed, err := netmail.ParseAddress("<" + address + ">")
	if err != nil || parsed.Address != address {
		return nil, errors.New("the address is none")
	}
	return &netmail.Address{Name: literal(a.Name, maxName), Address: address}, nil
}

// literal makes one line that reads as it is written: what looks like an encoded word (RFC 2047) would be decoded by who reads it.
func literal(s string, limit int) string { return strings.ReplaceAll(clip(s, limit), "=?", "= ?") }

func domain(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > 127 }) < 0
}
