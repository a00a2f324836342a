package safehttp

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// MaxBody is how much of an answer a client of [NewClient] reads, in bytes, after decompression. Who expects less says so
// with [ReadLimited].
const MaxBody = 10 << 20

// ErrTooLarge is returned for an answer that is longer than allowed.
var ErrTooLarge = errors.New("the answer is too large")

// NewClient makes an HTTP client over a dialer. It follows no redirects (3xx is an answer like others), uses no proxy,
// keeps no cookies, ends a request with its body after timeout, and reads no more than 64 KiB of headers and [MaxBody].
func NewClient(d *Dialer, timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout: timeout,
		Transport: bounded{&http.Transport{
			Proxy:                  nil, // a proxy of the environment would connect where the dialer must not
			DialContext:            d.DialContext,
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    min(timeout, 10*time.Second),
			ResponseHeaderTimeout:  timeout,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConns:           100,
			MaxIdleConnsPerHost:    8,
			IdleConnTimeout:        30 * time.Second,
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// bounded lets nobody read more of a body than MaxBody, so that libraries which read all of it can be given the client.
type bounded struct{ *http.Transport }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = &boundedBody{body: response.Body, left: MaxBody}
	return response, nil
}

type boundedBody struct {
	body io.ReadCloser
	left int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, ErrTooLarge
	}
	if int64(len(p)) > b.left+1 { // one byte more tells whether there is more
		p = p[:b.left+1]
	}
	n, err := b.body.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n - 1, ErrTooLarge
	}
	return n, err
}

func (b *boundedBody) Close() error { return b.body.Close() }

// ReadLimited reads all of r if that is at most limit bytes. Errors: ErrTooLarge; those of r.
func ReadLimited(r io.Reader, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > limit {
		return nil, ErrTooLarge
	}
	return body, nil
}
