package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/maillog"
	"github.com/latchkeep/latchkeep/tenants"
)

// LoggedMail is a mail of the log.
type LoggedMail struct {
	ID        uuid.UUID  `json:"id" doc:"Its id, also the left part of the Message-ID." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
	Template  string     `json:"template" doc:"Which mail it is; empty for mails from before there was a log." example:"login"`
	Language  string     `json:"language" doc:"The language it is written in." example:"de"`
	To        string     `json:"to" doc:"Whom it is for, masked." example:"kim****@shop.example"`
	State     string     `json:"state" enum:"waiting,sent,dropped,dead" doc:"waiting: to be sent, now or later; sent: a host took it; dropped: of no use any more; dead: given up." example:"sent"`
	Attempts  int        `json:"attempts" doc:"How often it was tried." example:"1"`
	LastError *string    `json:"last_error" doc:"What went wrong at last, or why it was dropped; null for nothing."`
	CreatedAt time.Time  `json:"created_at" doc:"When it was asked for." example:"2026-11-29T12:00:00Z"`
	SentAt    *time.Time `json:"sent_at" doc:"When a host took it; null where none has."`
	NextAt    *time.Time `json:"next_at" doc:"When it is tried next; null where it is not."`
}

type listMailsInput struct {
	TenantPath
	State    string    `query:"state" enum:"waiting,sent,dropped,dead" doc:"Only those."`
	Template string    `query:"template" maxLength:"64" doc:"Only those of a template." example:"login"`
	Cursor   uuid.UUID `query:"cursor" format:"uuid" doc:"What comes behind, as next of the page before says."`
	Limit    int       `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"How many at most."`
}

type listMailsOutput struct {
	Body struct {
		Mails []LoggedMail `json:"mails" nullable:"false" doc:"The mails, newest first."`
		Next  *uuid.UUID   `json:"next,omitempty" doc:"To be given as cursor for the next page; absent on the last."`
	}
}

func (a *API) mailLogOperations() {
	huma.Register(a.v1, describe(op("list-mails", http.MethodGet, "/tenants/{id}/mails", tenants.TenantsRead, tagDelivery, "List mails and what became of them", 400, 404),
		"Mails that were sent or dropped are kept for a week, or as long as `mails.retention` says; dead ones as dead letters are. What a mail said is not kept."),
		a.listMails)
}

func (a *API) listMails(ctx context.Context, in *listMailsInput) (*listMailsOutput, error) {
	if err := a.exists(ctx, in.ID); err != nil {
		return nil, err
	}
	list, err := a.o.MailLog.List(ctx, in.ID, maillog.Filter{State: in.State, Template: in.Template}, in.Cursor, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &listMailsOutput{}
	if len(list) > in.Limit {
		list = list[:in.Limit]
		out.Body.Next = &list[in.Limit-1].ID
	}
	out.Body.Mails = make([]LoggedMail, len(list))
	for i, m := range list {
		out.Body.Mails[i] = showMail(m)
	}
	return out, nil
}

func showMail(m maillog.Mail) LoggedMail {
	shown := LoggedMail{
		ID: m.ID, Template: m.Template, Language: m.Language, To: m.Address, State: m.State, Attempts: m.Attempts, CreatedAt: stamp(m.CreatedAt),
		SentAt: m.SentAt, NextAt: m.NextAt,
	}
	if m.Reason != "" {
		shown.LastError = &m.Reason
	}
	return shown
}
