// Package visitor goes through a deployment as browsers, apps and back ends do, by HTTP alone, and checks each answer. Those who measure or
// load the program share it; what tests observe is in package testenv.
package visitor

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"time"
)

// A Client speaks to servers, over one connection to each that is kept, and adds up how long its answers took. It is for one goroutine.
type Client struct {
	HTTP *http.Client
	// Took is how long was waited for answers, Sent how many there were.
	Took time.Duration
	Sent int
	// Cookie, where given, is sent with every request.
	Cookie string
	// ContentType is what bodies are said to be; application/json where empty.
	ContentType string
}

// patience is how long an answer may take.
const patience = 30 * time.Second

// New is a client that connects to an address whatever the host in the URL is; to the URL's port where the address has none; and to the URL's
// host where it is empty.
func New(address string) *Client {
	_, _, err := net.SplitHostPort(address)
	withPort := err == nil
	dial := func(ctx context.Context, network, host string) (net.Conn, error) {
		if _, port, err := net.SplitHostPort(host); err == nil && address != "" && !withPort {
			host = net.JoinHostPort(address, port)
		} else if withPort {
			host = address
		}
		var d net.Dialer
		return d.DialContext(ctx, network, host)
	}
	return &Client{HTTP: &http.Client{
		Transport: &http.Transport{DialContext: dial, MaxIdleConnsPerHost: 1, DisableCompression: true},
		Timeout:   patience,
		// What answers with another address is checked, not followed.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close closes the connections.
func (c *Client) Close() { c.HTTP.CloseIdleConnections() }

// An Answer is what a server said.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Send sends a request and reads the whole answer. Errors: *Unexpected where the status is another than
// wanted, *NoAnswer where there is none.
func (c *Client) Send(ctx context.Context, method, url, bearer string, body any, want int) (Answer, error) {
	var reader io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return Answer{}, err
		}
		reader = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, reader)
	if err != nil {
		return Answer{}, err
	}
	if body != nil {
		req.Header.Set("Content-Type", cmp.Or(c.ContentType, "application/json"))
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	if c.Cookie != "" {
		req.Header.Set("Cookie", c.Cookie)
	}
	began := time.Now()
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return Answer{}, &NoAnswer{Method: method, Path: req.URL.Path, Err: err}
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	c.Took += time.Since(began)
	c.Sent++
	if err != nil {
		return Answer{}, &NoAnswer{Method: method, Path: req.URL.Path, Err: err}
	}
	if resp.StatusCode != want {
		return Answer{}, &Unexpected{Method: method, Path: req.URL.Path, Status: resp.StatusCode, Want: want, Code: codeOf(raw), Body: raw}
	}
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: raw}, nil
}
