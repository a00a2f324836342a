// Package dnspeer is a DNS server for tests, which speaks the real protocol on a port of its own.
package dnspeer

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
)

// A Peer is a running server. It is safe for concurrent use.
type Peer struct {
	address string

	mu     sync.Mutex
	texts  map[string][]string // by name in lower case, with the dot at its end
	broken map[string]int      // names answered with an error, by its code
	mute   bool
	asked  int
}

// New starts a server for the time of a test. It knows no name.
func New(t testing.TB) *Peer {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &Peer{address: conn.LocalAddr().String(), texts: map[string][]string{}, broken: map[string]int{}}
	started := make(chan struct{})
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(p.answer), NotifyStartedFunc: func() { close(started) }}
	done := make(chan error, 1)
	go func() { done <- server.ActivateAndServe() }()
	<-started
	t.Cleanup(func() {
		require.NoError(t, server.Shutdown())
		require.NoError(t, <-done)
	})
	return p
}

// Resolver asks the server and nobody else.
func (p *Peer) Resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", p.address)
	}}
}

// Text gives a name TXT records; none takes them away.
func (p *Peer) Text(name string, texts ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.broken, dns.Fqdn(name))
	if p.texts[dns.Fqdn(name)] = texts; len(texts) == 0 {
		delete(p.texts, dns.Fqdn(name))
	}
}

// Break has questions about a name answered with SERVFAIL.
func (p *Peer) Break(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken[dns.Fqdn(name)] = dns.RcodeServerFailure
}

// Mute has the server answer nothing any more.
func (p *Peer) Mute() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mute = true
}

// Asked is how many questions came.
func (p *Peer) Asked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

func (p *Peer) answer(w dns.ResponseWriter, question *dns.Msg) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	if p.mute {
		return
	}
	m := new(dns.Msg)
	m.SetReply(question)
	name := strings.ToLower(question.Question[0].Name)
	texts, known := p.texts[name]
	switch code, broken := p.broken[name]; {
	case broken:
		m.Rcode = code
	case !known:
		m.Rcode = dns.RcodeNameError
	}
	if m.Rcode == dns.RcodeSuccess && question.Question[0].Qtype == dns.TypeTXT {
		for _, text := range texts {
			m.Answer = append(m.Answer, &dns.TXT{
				Hdr: dns.RR_Header{Name: question.Question[0].Name, Rrtype: dns.TypeTXT, Class: dns.ClassINET, Ttl: 1}, Txt: pieces(text),
			})
		}
	}
	_ = w.WriteMsg(m) // who asked may be gone
}

// pieces are the strings of a record, of 255 bytes at most.
func pieces(text string) []string {
	var all []string
	for len(text) > 255 {
		all, text = append(all, text[:255]), text[255:]
	}
	return append(all, text)
}
