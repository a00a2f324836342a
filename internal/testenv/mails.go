package testenv

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/pkg/mail"
	"github.com/latchkeep/latchkeep/tenants"
)

// A Mail that somebody got.
type Mail struct {
	From, FromName, To, Subject, Text, HTML string
	// Signed says that a DKIM signature was asked for.
	Signed bool

	tenant uuid.UUID
	read   bool
}

// Mails is where the program's mails arrive.
type Mails struct {
	mu      sync.Mutex
	kept    []*Mail
	arrived chan struct{}
}

// Send keeps a mail.
func (m *Mails) Send(_ context.Context, t *tenants.Tenant, message mail.Message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept = append(m.kept, &Mail{
		From: message.From.Address, FromName: message.From.Name, To: message.To.Address,
		Subject: message.Subject, Text: message.Text, HTML: message.HTML, Signed: message.DKIM != nil, tenant: t.ID,
	})
	close(m.arrived)
	m.arrived = make(chan struct{})
	return nil
}

// next is the oldest unread mail of a tenant to an address, which is read with that; or a channel that is closed when another mail arrives.
func (m *Mails) next(tenant uuid.UUID, to string) (*Mail, <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, one := range m.kept {
		if one.tenant == tenant && one.To == to && !one.read {
			one.read = true
			return one, nil
		}
	}
	return nil, m.arrived
}

// MailTo waits for the next mail of the tenant to an address: each is returned once, oldest first.
func (s *Tenant) MailTo(t testing.TB, to string) Mail {
	t.Helper()
	if s.Env.options.quiet {
		s.takeFromOutbox(t)
	}
	deadline := time.After(patience)
	for {
		found, arrived := s.Env.mails.next(s.ID, to)
		if found != nil {
			return *found
		}
		select {
		case <-arrived:
		case <-deadline:
			t.Fatalf("no mail to %s", to)
		}
	}
}

// CodeTo waits for the next mail of the tenant to an address and reads the code in it.
func (s *Tenant) CodeTo(t testing.TB, to string) string {
	t.Helper()
	return s.MailTo(t, to).Code(t)
}

var codeLine = regexp.MustCompile(`(?m)^\s*([0-9A-Za-z]{6})\s*$`)

// Code is the code that the mail carries.
func (m Mail) Code(t testing.TB) string {
	t.Helper()
	found := codeLine.FindStringSubmatch(m.Text)
	require.NotNil(t, found, "there is no code in the mail:\n%s", m.Text)
	return found[1]
}

// HasCode reports whether the mail carries a code.
func (m Mail) HasCode() bool { return codeLine.MatchString(m.Text) }

// Another is a code of the same kind that is not the given one.
func Another(code string) string {
	last := "1"
	if strings.HasSuffix(code, last) {
		last = "2"
	}
	return code[:len(code)-1] + last
}

// takeFromOutbox makes mails of what a worker would send. They have no words, only the code.
func (s *Tenant) takeFromOutbox(t testing.TB) {
	t.Helper()
	for _, payload := range s.takeIntents(t, event.KindMail) {
		var p event.MailPayload
		require.NoError(t, json.Unmarshal(payload, &p))
		require.NoError(t, s.Env.mails.Send(t.Context(), &tenants.Tenant{ID: s.ID}, mail.Message{
			To: mail.Address{Address: p.To}, Subject: p.Template, Text: p.Code,
		}))
	}
}
