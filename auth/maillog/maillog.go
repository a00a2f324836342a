// Package maillog tells which mails a tenant sends and what became of them: what each was, in which language, most of nobody's address. What a mail
// said is not kept. Mails that were given up are dead letters, too: see auth/deadletter.
package maillog

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent/rawsql"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/mail"
	"github.com/latchkeep/latchkeep/pkg/problem"
)

// MaxPage is how many mails a page has at most.
const MaxPage = 1000

// The states of a mail.
const (
	Waiting = "waiting" // to be sent, now or later
	Sent    = "sent"    // a mail host took it
	Dropped = "dropped" // of no use any more: its code expired, or it was discarded
	Dead    = "dead"    // given up; it can be tried again
)

// States are all of them.
func States() []string { return []string{Waiting, Sent, Dropped, Dead} }

// stored are the states as the outbox has them.
var stored = map[string]string{Waiting: "ready", Sent: "sent", Dropped: "dropped", Dead: "dead"}

// A Mail is one of the log.
type Mail struct {
	ID                          uuid.UUID
	Template, Language, Address string // empty for mails that were older than the log; the address is masked
	State                       string
	Attempts                    int
	// Reason is the last error, or why it was dropped; it names no address, code or password.
	Reason    string
	CreatedAt time.Time
	// SentAt is when a mail host took it; nil where none has.
	SentAt *time.Time
	// NextAt is when it is tried next; nil where it is not.
	NextAt *time.Time
}

// A Filter says which mails are wanted; what is empty does not matter.
type Filter struct{ State, Template string }

// A Room tells of the mails of all tenants.
type Room struct{ store *store.Store }

// NewRoom reads from a store.
func NewRoom(st *store.Store) *Room { return &Room{st} }

// List reads mails of a tenant, newest first, those before an id where one is given; at most limit, which is from 1 to MaxPage. Error: invalid_filter.
func (r *Room) List(ctx context.Context, tenant uuid.UUID, f Filter, before uuid.UUID, limit int) ([]Mail, error) {
	ask := rawsql.MailAsk{State: stored[f.State], Before: before, Limit: limit}
	if f.State != "" && ask.State == "" {
		return nil, problem.Invalid("invalid_filter", "the filter is not possible", problem.Field{Path: "state", Reason: "is none of a mail"})
	}
	if f.Template != "" {
		if !slices.Contains(mail.Templates(), f.Template) {
			return nil, problem.Invalid("invalid_filter", "the filter is not possible", problem.Field{Path: "template", Reason: "is no mail"})
		}
		ask.About = f.Template + " "
	}
	var rows []rawsql.LoggedMail
	err := r.store.Do(ctx, scope.Tenant(tenant), func(ctx context.Context, tx *store.Tx) (err error) {
		rows, err = tx.Raw.Mails(ctx, ask)
		return err
	})
	if err != nil {
		return nil, err
	}
	list := make([]Mail, len(rows))
	for i, row := range rows {
		list[i] = read(row)
	}
	return list, nil
}

func read(row rawsql.LoggedMail) Mail {
	a := event.ReadAbout(row.About)
	m := Mail{
		ID: row.ID, Template: a.Template, Language: a.Language, Address: a.Address, State: row.State, Attempts: row.Attempts, Reason: row.LastError,
		CreatedAt: row.CreatedAt,
	}
	switch row.State {
	case "ready":
		m.State, m.NextAt = Waiting, &row.AvailableAt
	case "sent", "done": // by versions without a log
		m.State, m.SentAt = Sent, row.DoneAt
	}
	return m
}
