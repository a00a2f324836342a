package outbox

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// KindAudit is the kind of the intents that become audit records.
const KindAudit = "audit"

// An AuditType is what an audit record is called.
type AuditType string

// AuditRecord is an audit record on its way to the log: the payload of an intent of KindAudit. Masking happens when it is written.
type AuditRecord struct {
	Type        AuditType      `json:"type"`
	Error       string         `json:"error,omitempty"`
	RequestID   string         `json:"request_id,omitempty"`
	SourceIP    string         `json:"source_ip,omitempty"`
	UserAgent   string         `json:"user_agent,omitempty"`
	ActorUserID *uuid.UUID     `json:"actor_user_id,omitempty"`
	ActorEmail  string         `json:"actor_email,omitempty"`
	Details     map[string]any `json:"details,omitempty"`
	At          time.Time      `json:"at"`
	// ByOperator says that an operator did it: the record is copied to the log of the console.
	ByOperator bool `json:"by_operator,omitempty"`
}

// Intent is the intent that has the record written to a tenant's log. Records of a tenant are written in the order of their intents.
func (r AuditRecord) Intent(tenant uuid.UUID) Intent {
	payload, err := json.Marshal(r)
	if err != nil { // details are ours: they have no members that could fail to encode
		panic("outbox: an audit record cannot be encoded: " + err.Error())
	}
	return Intent{ID: uuid.Must(uuid.NewV7()), Tenant: tenant, Kind: KindAudit, Key: KindAudit, Payload: payload}
}
