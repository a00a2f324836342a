package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/ent"
)

// The labels begin what is hashed: with another encoding they change. docs/audit-log.md has the encoding for others to check.
const (
	recordLabel  = "latchkeep audit record 1"
	contentLabel = "latchkeep audit content 1"
)

// saltSize is the length of a salt in bytes. All salts have it, so that no two are the same key of the HMAC.
const saltSize = 32

// A content is what can be erased of a record: what is personal.
type content struct {
	failure, ip, agent, email string
	details                   map[string]any
}

// commit binds a record to its content without telling it: HMAC-SHA256 with the salt as the key. Without the salt nothing can be guessed.
func (c content) commit(salt []byte) []byte {
	b := appendField(make([]byte, 0, 512), contentLabel)
	for _, field := range []string{c.failure, c.ip, c.agent, c.email} {
		b = appendField(b, field)
	}
	mac := hmac.New(sha256.New, salt)
	mac.Write(appendValue(b, c.details))
	return mac.Sum(nil)
}

func (c content) empty() bool {
	return c.failure == "" && c.ip == "" && c.agent == "" && c.email == "" && len(c.details) == 0
}

// A link is what stays of a record whatever is erased.
type link struct {
	previous   []byte // hash of the record before; empty where that has none
	sequence   int64
	id, tenant uuid.UUID
	kind       string
	actor      *uuid.UUID
	request    string
	created    time.Time
	commitment []byte
}

// hash is what the next record's previous_hash says.
func (l link) hash() []byte {
	b := appendField(make([]byte, 0, 256), recordLabel)
	b = appendField(b, l.previous)
	b = binary.BigEndian.AppendUint64(b, uint64(l.sequence))
	b = append(append(b, l.id[:]...), l.tenant[:]...)
	b = appendField(b, l.kind)
	if l.actor == nil {
		b = appendField(b, "")
	} else {
		b = appendField(b, l.actor[:])
	}
	b = appendField(b, l.request)
	b = binary.BigEndian.AppendUint64(b, uint64(l.created.UnixMicro()))
	sum := sha256.Sum256(appendField(b, l.commitment))
	return sum[:]
}

// linkOf is the link of a stored record.
func linkOf(row *ent.AuditLog) link {
	return link{
		previous: row.PreviousHash, sequence: row.Sequence, id: row.ID, tenant: row.TenantID, kind: row.Type, actor: row.ActorUserID,
		request: row.MetaHTTPRequestID, created: row.CreatedAt, commitment: row.Commitment,
	}
}

// contentOf is the content of a stored record; false where its details cannot be read.
func contentOf(row *ent.AuditLog) (content, bool) {
	c := content{failure: row.Error, ip: row.MetaSourceIP, agent: row.MetaUserAgent}
	if row.ActorEmail != nil {
		c.email = *row.ActorEmail
	}
	var err error
	c.details, err = parseDetails(row.Details)
	return c, err == nil
}
