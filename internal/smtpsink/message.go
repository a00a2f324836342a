package smtpsink

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
)

// A Message is a mail that arrived, for one recipient.
type Message struct {
	// From and To are the addresses of the envelope.
	From, To string
	// Subject, Text and HTML are decoded.
	Subject, Text, HTML string
	// Header is as it was sent.
	Header mail.Header
	// Parts are the media types of the bodies, in their order.
	Parts []string
	// Raw is the whole mail as it was sent.
	Raw []byte
	// User is who authenticated, and Encrypted whether the mail came over TLS.
	User      string
	Encrypted bool
}

// read takes a mail apart.
func read(raw []byte) (Message, error) {
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Message{}, fmt.Errorf("read header: %w", err)
	}
	m := Message{Raw: raw, Header: parsed.Header}
	var words mime.WordDecoder
	if m.Subject, err = words.DecodeHeader(parsed.Header.Get("Subject")); err != nil {
		return Message{}, fmt.Errorf("decode subject: %w", err)
	}
	return m, m.body(textproto.MIMEHeader(parsed.Header), parsed.Body)
}

// body reads a body, or all of a multipart.
func (m *Message) body(header textproto.MIMEHeader, r io.Reader) error {
	kind, parameters, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("read content type: %w", err)
	}
	m.Parts = append(m.Parts, kind)
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(r, parameters["boundary"])
		for {
			part, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("read part: %w", err)
			}
			if err := m.body(part.Header, part); err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(header.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("read %s: %w", kind, err)
	}
	text := strings.TrimSpace(strings.ReplaceAll(string(content), "\r\n", "\n"))
	switch kind {
	case "text/plain":
		m.Text = text
	case "text/html":
		m.HTML = text
	}
	return nil
}
