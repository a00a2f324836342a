package audit

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/ent/rawsql"
)

// A Filter says which entries are wanted. What is zero does not count; the rest must all be met.
type Filter struct {
	// StartTime and EndTime are bounds that exclude themselves.
	StartTime, EndTime time.Time
	// Types are exact; one of them must be met.
	Types []string
	// ActorUserID, ActorEmail and MetaSourceIP are parts of the texts.
	ActorUserID, ActorEmail, MetaSourceIP string
	// Query is part of the actor's address, the source address or the actor's id.
	Query string
}

// raw is the filter as the database is asked. It is false where nothing can meet it. The id of a person in full is looked up, not searched for.
func (f Filter) raw() (rawsql.AuditFilter, bool) {
	raw := rawsql.AuditFilter{
		After: auth.Bound(f.StartTime), Before: auth.Bound(f.EndTime), Types: f.Types,
		ActorEmailPart: strings.ToLower(f.ActorEmail), SourceIPPart: strings.ToLower(f.MetaSourceIP), Any: strings.ToLower(f.Query),
	}
	if id, err := uuid.Parse(f.ActorUserID); err == nil && len(f.ActorUserID) == 36 && id != uuid.Nil {
		raw.ActorUserID = id
	} else {
		raw.ActorIDPart = strings.ToLower(f.ActorUserID)
	}
	for _, text := range append([]string{raw.ActorIDPart, raw.ActorEmailPart, raw.SourceIPPart, raw.Any}, raw.Types...) {
		if strings.ContainsRune(text, 0) || strings.ToValidUTF8(text, "") != text {
			return raw, false // databases refuse such texts, so none is stored
		}
	}
	return raw, true
}
