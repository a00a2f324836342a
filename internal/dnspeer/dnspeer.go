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
	hosts  map[string]bool     // names that are this machine
	mute   bool
	asked  int
	names  map[string]int // questions about each name
}

// New starts a server for the time of a test. It knows no name.
func New(t testing.TB) *Peer {
	t.Helper()
	listener, conn := listen(t)
	p := &Peer{address: conn.LocalAddr().String(), texts: map[string][]string{}, broken: map[string]int{}, hosts: map[string]bool{}, names: map[string]int{}}
	for _, server := range []*dns.Server{{PacketConn: conn}, {Listener: listener}} {
		started, done := make(chan struct{}), make(chan error, 1)
		server.Handler, server.NotifyStartedFunc = dns.HandlerFunc(p.answer), func() { close(started) }
		go func() { done <- server.ActivateAndServe() }()
		<-started
		t.Cleanup(func() {
			require.NoError(t, server.Shutdown())
			require.NoError(t, <-done)
		})
	}
	return p
}

// listen finds a port that is free for both ways to ask.
func listen(t testing.TB) (net.Listener, net.PacketConn) {
	t.Helper()
	for range 20 {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		conn, err := net.ListenPacket("udp", listener.Addr().String())
		if err == nil {
			return listener, conn
		}
		require.NoError(t, listener.Close())
	}
	require.FailNow(t, "no port is free for both TCP and UDP")
	return nil, nil
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

// Host makes a name that of this machine.
func (p *Peer) Host(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hosts[dns.Fqdn(name)] = true
}

// Address is where the server listens, host and port.
func (p *Peer) Address() string { return p.address }

// AskedFor is how many questions about a name came.
func (p *Peer) AskedFor(name string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.names[dns.Fqdn(name)]
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
	p.names[name]++
	texts, known := p.texts[name]
	known = known || p.hosts[name]
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
	if p.hosts[name] && question.Question[0].Qtype == dns.TypeA {
		m.Answer = append(m.Answer, &dns.A{
			Hdr: dns.RR_Header{Name: question.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1}, A: net.IPv4(127, 0, 0, 1),
		})
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
