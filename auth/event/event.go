// Package event names what happened and who must hear of it: audit records, webhooks and mails.
//
// Its functions build outbox intents and do nothing else. The intents are committed with the change that caused them and carried out by
// the worker, which decodes the payload types declared here.
package event

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// The kinds of intents.
const (
	KindAudit   = outbox.KindAudit
	KindWebhook = "webhook"
	KindMail    = "mail"
)

// encode turns a payload of our own types into JSON. They have no members that could fail to encode.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("event: a payload cannot be encoded: " + err.Error())
	}
	return b
}

func intent(t *tenants.Tenant, kind, ordering string, payload any) outbox.Intent {
	return outbox.Intent{
		ID:      uuid.Must(uuid.NewV7()),
		Tenant:  t.ID,
		Kind:    kind,
		Key:     ordering,
		Payload: encode(payload),
	}
}

// An Actor is the person an audit record speaks of. The zero Actor is nobody.
type Actor struct {
	UserID uuid.UUID
	// Email is her primary address; only set where the record names her in full.
	Email string
}

// AuditPayload is an audit record on its way to the log. Masking happens when it is written.
type AuditPayload = outbox.AuditRecord

// Audit records something that happened in a tenant.
func Audit(t *tenants.Tenant, c auth.Client, kind AuditType, by Actor, details map[string]any, failure string) outbox.Intent {
	return record(c, kind, by, details, failure).Intent(t.ID)
}

func record(c auth.Client, kind AuditType, by Actor, details map[string]any, failure string) AuditPayload {
	p := AuditPayload{
		Type:       kind,
		Error:      failure,
		RequestID:  c.RequestID,
		UserAgent:  c.UserAgent,
		ActorEmail: by.Email,
		Details:    details,
		At:         time.Now().UTC(),
	}
	if c.IP.IsValid() {
		p.SourceIP = c.IP.String()
	}
	if by.UserID != uuid.Nil {
		p.ActorUserID = &by.UserID
	}
	return p
}

// Nothing costs what Audit costs and records nothing: the worker drops it. It stands in where a record is written for accounts that exist
// only, so that the time a request takes does not tell which do.
func Nothing(t *tenants.Tenant, c auth.Client, kind AuditType, details map[string]any, failure string) outbox.Intent {
	i := Audit(t, c, kind, Actor{UserID: uuid.Max}, details, failure)
	i.NotAfter = time.Now().Add(-time.Second)
	return i
}

// WebhookPayload is an event on its way to the tenant's endpoints.
type WebhookPayload struct {
	Event Name            `json:"event"`
	Data  json.RawMessage `json:"data"`
	At    time.Time       `json:"at"`
	// Version is that of the tenant that the event happened in: who listens is not to be read from an older snapshot.
	Version int64 `json:"version,omitempty"`
}

// Webhook tells the tenant's endpoints of an event. The second result is false where nobody listens, so nothing needs to be stored.
func Webhook(t *tenants.Tenant, name Name, user uuid.UUID, data any) (outbox.Intent, bool) {
	if !listens(t, name) {
		return outbox.Intent{}, false
	}
	key := "" // mails are about nobody, and none waits for another
	if user != uuid.Nil {
		key = user.String()
	}
	return intent(t, KindWebhook, key, WebhookPayload{Event: name, Data: encode(data), At: time.Now().UTC(), Version: t.Version}), true
}

// listens reports whether an endpoint of the tenant subscribed to a name that the event's name starts with: one of the configuration, where
// those are enabled, or one that a back end made. Spec: webhooks §5.
func listens(t *tenants.Tenant, name Name) bool {
	for _, hook := range t.Hooks {
		if hook.Hears(string(name)) {
			return true
		}
	}
	hooks := t.Config.Webhooks
	return hooks.Enabled && slices.ContainsFunc(hooks.Hooks, func(h config.Hook) bool { return tenants.Hears(h.Events, string(name)) })
}

// MailPayload is a mail on its way. The worker renders it: the request that caused it only says what to tell whom.
type MailPayload struct {
	// Template is one of the names of pkg/mail.
	Template string `json:"template"`
	To       string `json:"to"`
	// Language is the X-Language header as it was sent.
	Language string `json:"language,omitempty"`
	// Code is the passcode; empty for mails without one.
	Code string `json:"code,omitempty"`
	// TTL is the validity of the code in seconds.
	TTL int `json:"ttl,omitempty"`
	// ValidUntil is the end of the code's validity in Unix seconds.
	ValidUntil int64 `json:"valid_until,omitempty"`
	// Old, New and Deleted are addresses that security notifications name.
	Old     string `json:"old_email_address,omitempty"`
	New     string `json:"new_email_address,omitempty"`
	Deleted string `json:"deleted_email_address,omitempty"`
}

// Mail sends a mail, unless its code has expired by the time it could be sent. Tenants that deliver mail themselves hear of it by the
// event email.send.
func Mail(t *tenants.Tenant, p MailPayload) []outbox.Intent {
	var intents []outbox.Intent
	var until time.Time
	if p.ValidUntil > 0 {
		until = time.Unix(p.ValidUntil, 0).UTC()
	}
	if t.Config.EmailDelivery.Enabled {
		m := intent(t, KindMail, "", p)
		m.NotAfter, m.About = until, p.about()
		intents = append(intents, m)
	}
	if w, ok := Webhook(t, EmailSend, uuid.Nil, p); ok {
		w.NotAfter = until
		intents = append(intents, w)
	}
	return intents
}

// CanWait reports whether a mail may come a day later: one that tells a person of a change to her account. Others are part of a flow.
func (p MailPayload) CanWait() bool {
	return p.Code == "" && !strings.HasSuffix(p.Template, "_attempted")
}
