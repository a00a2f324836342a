package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/latchkeep/latchkeep/pkg/safehttp"
)

// An Attempt is one try to deliver an event.
type Attempt struct {
	At        time.Time `json:"at" doc:"When it began." example:"2026-11-29T12:00:00Z"`
	Status    int       `json:"status" doc:"The HTTP status of the answer; 0 where there was none." example:"200"`
	LatencyMS int64     `json:"latency_ms" doc:"How long it took, in milliseconds." example:"42"`
	Excerpt   string    `json:"excerpt,omitempty" doc:"The beginning of the answer's body, at most 512 bytes; what is not printable is replaced."`
	Error     string    `json:"error,omitempty" doc:"Why it failed; absent where it did not."`

	retryAfter time.Duration
}

// OK reports whether the receiver took the event: a 2xx status. A redirect is a failure, for nothing is followed.
func (a Attempt) OK() bool { return a.Status >= 200 && a.Status < 300 }

// post sends a message to a callback.
func (r *Room) post(ctx context.Context, callback string, content []byte, headers http.Header) Attempt {
	began, a := time.Now(), Attempt{At: r.now()}
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, callback, bytes.NewReader(content))
	if err != nil {
		a.Error = "the callback is no URL that can be called"
		return a
	}
	request.Header = headers
	response, err := r.n.Client.Do(request)
	if err != nil {
		a.LatencyMS, a.Error = time.Since(began).Milliseconds(), reason(err)
		return a
	}
	defer response.Body.Close()
	read, err := io.ReadAll(io.LimitReader(response.Body, readBytes))
	a.LatencyMS, a.Status, a.Excerpt = time.Since(began).Milliseconds(), response.StatusCode, printable(read, excerptBytes)
	a.retryAfter = retryAfter(response.Header.Get("Retry-After"), a.At)
	switch {
	case err != nil && a.OK(): // it took the event, and then forgot what to say
	case !a.OK():
		a.Error = "the answer was " + strconv.Itoa(response.StatusCode)
		if response.StatusCode >= 300 && response.StatusCode < 400 {
			a.Error += ": redirects are not followed"
		}
	}
	return a
}

// reason says why there was no answer, without the addresses of a network that is nobody's business.
func reason(err error) string {
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var timeout net.Error
	switch {
	case errors.Is(err, safehttp.ErrForbiddenAddress):
		return safehttp.ErrForbiddenAddress.Error()
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "there was no answer within 10 seconds"
	case errors.As(err, &dns):
		return "the name cannot be resolved"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case errors.As(err, &unknown), errors.As(err, &host), errors.As(err, &invalid):
		return "the certificate is not valid for the name"
	case errors.As(err, &record), errors.As(err, &alert):
		return "no TLS connection could be made"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed without an answer"
	}
	return "there was no answer"
}

// retryAfter reads the header of that name, in seconds or as a date (RFC 9110 §10.2.3); 0 where it says nothing.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0
	}
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, longestWait)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), longestWait)
}

// printable is the beginning of what was answered, in UTF-8 that can be shown.
func printable(raw []byte, limit int) string {
	text := strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', unicode.IsPrint(r):
			return r
		}
		return '\uFFFD'
	}, strings.ToValidUTF8(string(raw[:min(len(raw), limit+utf8.UTFMax)]), "\uFFFD"))
	for len(text) > limit {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return text
}
