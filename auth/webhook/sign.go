package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/pkg/jose"
	"github.com/latchkeep/latchkeep/tenants"
)

const (
	// subject is what every token is about. Spec: webhooks §4.
	subject = "hanko webhooks"
	// tokenLife is how long a token is good. Each attempt has its own.
	tokenLife = 5 * time.Minute
	// userAgent names us to receivers.
	userAgent = "Latchkeep-Webhooks/1"
)

// The headers of Standard Webhooks.
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
)

// A message is an event on its way to an endpoint. Its id is the same however often, and to whomever, it is sent.
type message struct {
	id    uuid.UUID
	event event.Name
	data  json.RawMessage
	cause string // the trace in which the event happened; empty where there was none
}

// claims of a message's token, in the order in which they are written. Spec: webhooks §4; the id is ours.
type claims struct {
	Subject   string          `json:"sub"`
	Audience  []string        `json:"aud"`
	ID        string          `json:"jti"`
	IssuedAt  int64           `json:"iat"`
	ExpiresAt int64           `json:"exp"`
	Event     event.Name      `json:"evt"`
	Data      json.RawMessage `json:"data"`
}

// body is what is posted: exactly these two members, whatever else a receiver may wish for.
type body struct {
	Token string     `json:"token"`
	Event event.Name `json:"event"`
}

// body signs a message with the tenant's key.
func (m message) body(t *tenants.Tenant, key *jose.Key, now time.Time) ([]byte, error) {
	payload, err := json.Marshal(claims{
		Subject: subject, Audience: t.Config.Audience(), ID: m.id.String(),
		IssuedAt: now.Unix(), ExpiresAt: now.Add(tokenLife).Unix(), Event: m.event, Data: m.data,
	})
	if err != nil {
		return nil, fmt.Errorf("encode event %s: %w", m.id, err)
	}
	token, err := key.SignPayload(jose.TypeJWT, payload)
	if err != nil {
		return nil, err
	}
	return json.Marshal(body{Token: token, Event: m.event})
}

// headers are those of a message with a body, signed with every secret that is good.
func (m message) headers(content []byte, s secrets, now time.Time) http.Header {
	stamp := strconv.FormatInt(now.Unix(), 10)
	signatures := make([]string, 0, len(s))
	for _, one := range s.at(now) {
		mac := hmac.New(sha256.New, one.Key)
		fmt.Fprintf(mac, "%s.%s.%s", m.id, stamp, content)
		signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return http.Header{
		"Content-Type": {"application/json"}, "User-Agent": {userAgent},
		headerID: {m.id.String()}, headerTimestamp: {stamp}, headerSignature: {strings.Join(signatures, " ")},
	}
}
