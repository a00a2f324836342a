package worker

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
)

// printed is what the console shows of a record.
func printed(t *testing.T, b batch, r event.AuditPayload) (string, map[string]any) {
	t.Helper()
	var out bytes.Buffer
	task := &auditTask{sinks: AuditSinks{Console: &out}, log: slog.New(slog.DiscardHandler)}
	task.print(t.Context(), b, b.Items[0], r)
	require.Equal(t, 1, strings.Count(out.String(), "\n"), "one line")
	var line map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &line))
	return out.String(), line
}

// Spec: audit-log §4.
func TestPrint_OneObjectALineWithTheMembersOfTheSpec(t *testing.T) {
	t.Parallel()
	kim := uuid.Must(uuid.NewV7())
	b := batch{Tenant: uuid.Must(uuid.NewV7()), Items: []item{{ID: uuid.Must(uuid.NewV7())}}}
	at := time.Date(2026, 11, 29, 12, 0, 0, 123456789, time.UTC)

	text, line := printed(t, b, event.AuditPayload{
		Type: event.LoginFailure, Error: "wrong\npassword", RequestID: "request", SourceIP: "192.0.2.7", UserAgent: "agent\x1b[31m", ActorUserID: &kim,
		ActorEmail: "kim***@shop.example", Details: map[string]any{"login_method": "password"}, At: at,
	})

	require.Equal(t, map[string]any{
		"audience": "audit", "type": "login_failure", "error": "wrong\npassword", "http_request_id": "request", "source_ip": "192.0.2.7",
		"user_agent": "agent\x1b[31m", "details": map[string]any{"login_method": "password"}, "time": "2026-11-29T12:00:00.123456789Z",
		"time_unix": "1795953600", "user_id": kim.String(), "user_email": "kim***@shop.example", "tenant_id": b.Tenant.String(), "id": b.Items[0].ID.String(),
	}, line)
	require.Equal(t, 1, strings.Count(text, `"time":`), "upstream repeats it")
	require.NotContains(t, text, "\x1b")
}

func TestPrint_WithoutAnActorAndDetails(t *testing.T) {
	t.Parallel()
	b := batch{Tenant: uuid.Must(uuid.NewV7()), Items: []item{{ID: uuid.Must(uuid.NewV7())}}}
	_, line := printed(t, b, event.AuditPayload{Type: event.UserLoggedOut, At: time.Unix(1, 0)})
	require.Equal(t, "", line["error"], "always there")
	require.Contains(t, line, "details")
	require.Nil(t, line["details"])
	require.NotContains(t, line, "user_id")
	require.NotContains(t, line, "user_email")
	require.Equal(t, "1", line["time_unix"])
}

// broken is a console that nothing can be written to.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("the pipe is closed") }

func TestPrint_AConsoleThatIsGoneFailsNothing(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	task := &auditTask{sinks: AuditSinks{Console: broken{}}, log: slog.New(slog.NewTextHandler(&log, nil))}
	task.print(t.Context(), batch{}, item{}, event.AuditPayload{Type: event.UserLoggedOut})
	require.Contains(t, log.String(), "cannot be printed")
	(&auditTask{}).print(t.Context(), batch{}, item{}, event.AuditPayload{}) // no console
}
