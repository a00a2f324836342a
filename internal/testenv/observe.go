package testenv

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/auditlog"
	"github.com/latchkeep/latchkeep/ent/identity"
	"github.com/latchkeep/latchkeep/ent/intent"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
)

// An AuditRecord is an entry of a tenant's audit log.
type AuditRecord struct {
	Type, Error, ActorEmail, SourceIP, UserAgent, RequestID string
	Actor                                                   uuid.UUID
	Details                                                 map[string]any
}

// Audit is the tenant's audit log, oldest first, but for what operators do: see Operations. Records appear a moment after the answer that they
// are about.
func (s *Tenant) Audit(t testing.TB) []AuditRecord {
	t.Helper()
	records := slices.DeleteFunc(s.records(t), AuditRecord.byOperator)
	for _, r := range records {
		r.RequireShape(t)
	}
	return records
}

// Operations are the records in the tenant's audit log of what operators did.
func (s *Tenant) Operations(t testing.TB) []AuditRecord {
	t.Helper()
	return slices.DeleteFunc(s.records(t), func(r AuditRecord) bool { return !r.byOperator() })
}

func (r AuditRecord) byOperator() bool { return r.Details["by"] != nil }

func (s *Tenant) records(t testing.TB) []AuditRecord {
	t.Helper()
	rows, err := s.Env.App.Store.Reader().AuditLog.Query().Order(ent.Asc(auditlog.FieldSequence)).All(scope.With(t.Context(), s.scope()))
	require.NoError(t, err)
	records := make([]AuditRecord, len(rows))
	for i, row := range rows {
		r := AuditRecord{
			Type: row.Type, Error: row.Error, SourceIP: row.MetaSourceIP, UserAgent: row.MetaUserAgent, RequestID: row.MetaHTTPRequestID,
		}
		if row.ActorUserID != nil {
			r.Actor = *row.ActorUserID
		}
		if row.ActorEmail != nil {
			r.ActorEmail = *row.ActorEmail
		}
		if len(row.Details) > 0 {
			require.NoError(t, json.Unmarshal(row.Details, &r.Details))
		}
		records[i] = r
	}
	return records
}

// AuditSoFar are the audit records of a type, once none is waiting to be written.
func (s *Tenant) AuditSoFar(t testing.TB, kind event.AuditType) []AuditRecord {
	t.Helper()
	require.Eventually(t, func() bool { return s.AuditSettled(t) }, patience, 10*time.Millisecond)
	return slices.DeleteFunc(s.Audit(t), func(r AuditRecord) bool { return r.Type != string(kind) })
}

// AuditOf waits until the log has n records of a type, and returns them.
func (s *Tenant) AuditOf(t testing.TB, kind event.AuditType, n int) []AuditRecord {
	t.Helper()
	var found []AuditRecord
	require.Eventually(t, func() bool {
		found = nil
		for _, r := range s.Audit(t) {
			if r.Type == string(kind) {
				found = append(found, r)
			}
		}
		return len(found) >= n
	}, patience, 10*time.Millisecond, "%d audit records %s", n, kind)
	require.Len(t, found, n, kind)
	return found
}

// An Event is one that the tenant's webhooks are told.
type Event struct {
	Name string
	Data map[string]any
}

// Events are the events that the tenant's webhooks are told, in the order of their telling: those that were fanned out to endpoints, whatever
// became of them there, and those that wait for that. The tenant must have a webhook.
func (s *Tenant) Events(t testing.TB) []Event {
	t.Helper()
	payloads := map[uuid.UUID][]byte{}
	for _, row := range s.intents(t, event.KindWebhook) { // first: what is fanned out meanwhile is found below
		if row.State == "ready" {
			payloads[row.ID] = row.Payload
		}
	}
	rows, err := s.Env.App.Store.Reader().WebhookDelivery.Query().All(scope.With(t.Context(), s.scope()))
	require.NoError(t, err)
	for _, row := range rows {
		if len(row.Payload) > 0 { // else it is forgotten by now
			payloads[row.MessageID] = row.Payload
		}
	}
	var events []Event
	for _, id := range slices.SortedFunc(maps.Keys(payloads), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }) {
		plain, err := outbox.Open(s.Env.keyring, s.ID, event.KindWebhook, id, payloads[id])
		require.NoError(t, err)
		var p event.WebhookPayload
		require.NoError(t, json.Unmarshal(plain, &p))
		e := Event{Name: string(p.Event)}
		require.NoError(t, json.Unmarshal(p.Data, &e.Data))
		e.RequireShape(t)
		events = append(events, e)
	}
	return events
}

// FannedOut waits until every event has been left with the endpoints that listen.
func (s *Tenant) FannedOut(t testing.TB) {
	t.Helper()
	require.Eventually(t, func() bool {
		return !slices.ContainsFunc(s.intents(t, event.KindWebhook), func(row *ent.Intent) bool { return row.State == "ready" })
	}, patience, 10*time.Millisecond)
}

// Webhook is a configuration that subscribes to every event.
const Webhook = `"webhooks": {"enabled": true, "hooks": [{"callback": "https://hooks.example/all", "events": ["user", "session", "email.send"]}]}`

func (s *Tenant) intents(t testing.TB, kind string) []*ent.Intent {
	t.Helper()
	rows, err := s.Env.App.Store.Reader().Intent.Query().
		Where(intent.Kind(kind)).Order(ent.Asc(intent.FieldID)).All(scope.With(t.Context(), s.scope()))
	require.NoError(t, err)
	return rows
}

// Open opens the payload of an intent.
func (s *Tenant) Open(t testing.TB, row *ent.Intent) []byte {
	t.Helper()
	plain, err := outbox.Open(s.Env.keyring, s.ID, row.Kind, row.ID, row.Payload)
	require.NoError(t, err)
	return plain
}

// takeIntents takes intents out of the outbox, as a worker does.
func (s *Tenant) takeIntents(t testing.TB, kind string) [][]byte {
	t.Helper()
	var payloads [][]byte
	for _, row := range s.intents(t, kind) {
		payloads = append(payloads, s.Open(t, row))
		require.NoError(t, s.Change(t, func(ctx context.Context, tx *store.Tx) error { return tx.Intent.DeleteOneID(row.ID).Exec(ctx) }))
	}
	return payloads
}

// Change changes the tenant's rows behind the program's back, for what no API does yet.
func (s *Tenant) Change(t testing.TB, write store.Write) error {
	t.Helper()
	return s.Env.App.Store.Do(t.Context(), s.scope(), write)
}

// Count counts rows of the tenant: flows, sessions, users, identities, emails, tokens (one-time ones), passcodes, credentials, apps, trusted
// devices, recovery codes, saml_uses (requests and assertions).
func (s *Tenant) Count(t testing.TB, what string) int {
	t.Helper()
	ctx := scope.With(t.Context(), s.scope())
	r := s.Env.App.Store.Reader()
	var n int
	var err error
	switch what {
	case "flows":
		n, err = r.Flow.Query().Count(ctx)
	case "sessions":
		n, err = r.Session.Query().Count(ctx)
	case "users":
		n, err = r.User.Query().Count(ctx)
	case "identities":
		n, err = r.Identity.Query().Count(ctx)
	case "emails":
		n, err = r.Email.Query().Count(ctx)
	case "tokens":
		n, err = r.OneTimeToken.Query().Count(ctx)
	case "passcodes":
		n, err = r.Passcode.Query().Count(ctx)
	case "credentials":
		n, err = r.WebauthnCredential.Query().Count(ctx)
	case "apps":
		n, err = r.TOTPSecret.Query().Count(ctx)
	case "trusted":
		n, err = r.TrustedDevice.Query().Count(ctx)
	case "recovery_codes":
		n, err = r.RecoveryCode.Query().Count(ctx)
	case "saml_uses":
		n, err = r.SAMLUse.Query().Count(ctx)
	case "intents":
		n, err = r.Intent.Query().Count(ctx)
	default:
		t.Fatalf("what are %s?", what)
	}
	require.NoError(t, err)
	return n
}

// Claims are what is stored of an account at a third party, as JSON.
func (s *Tenant) Claims(t testing.TB, provider, subject string) string {
	t.Helper()
	row, err := s.Env.App.Store.Reader().Identity.Query().
		Where(identity.ProviderID(provider), identity.Subject(subject)).Only(scope.With(t.Context(), s.scope()))
	require.NoError(t, err)
	return row.Claims
}

// AuditSettled reports whether every audit record of the tenant has reached its log.
func (s *Tenant) AuditSettled(t testing.TB) bool {
	t.Helper()
	waiting, err := s.Env.App.Store.Reader().Intent.Query().
		Where(intent.Kind(event.KindAudit), intent.State("ready")).Count(scope.With(t.Context(), s.scope()))
	require.NoError(t, err)
	return waiting == 0
}

// FlowRow identifies what is stored of a flow: it changes whenever the row does, and is empty where there is none.
func (s *Tenant) FlowRow(t testing.TB, id string) string {
	t.Helper()
	row, err := s.Env.App.Store.Reader().Flow.Get(scope.With(t.Context(), s.scope()), uuid.MustParse(id))
	if ent.IsNotFound(err) {
		return ""
	}
	require.NoError(t, err)
	return fmt.Sprintf("%d %x %s", row.Version, sha256.Sum256(row.Data), row.UpdatedAt.UTC())
}
