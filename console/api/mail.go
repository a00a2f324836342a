package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/latchkeep/latchkeep/auth/letter"
	"github.com/latchkeep/latchkeep/pkg/mail"
	"github.com/latchkeep/latchkeep/tenants"
)

const tagMail = "Mail"

// mailPatience is how long a mail host may take over a test; less than an answer may take.
const mailPatience = 20 * time.Second

// MailWords are words to try in place of those configured.
type MailWords struct {
	Subject string `json:"subject,omitempty" doc:"Subject; absent: the one built in." example:"{{.Code}} is your code for {{.ServiceName}}"`
	Text    string `json:"text,omitempty" doc:"Plain text; absent: the one built in." example:"Enter {{.Code}}. {{.Validity}}"`
	HTML    string `json:"html,omitempty" doc:"HTML page; absent: the one built in." example:"<p>Enter <b>{{.Code}}</b>. {{.Validity}}</p>"`
}

// MailDraft is a mail to look at.
type MailDraft struct {
	Template string     `json:"template,omitempty" doc:"Which mail, by its name in email_delivery.templates; absent: login." example:"login"`
	Language string     `json:"language,omitempty" doc:"Tag of the language, or a list as in Accept-Language; absent: en." example:"de"`
	Words    *MailWords `json:"words,omitempty" doc:"Words to try. Absent: those that are configured."`
}

func (d MailDraft) draft() letter.Draft {
	draft := letter.Draft{Template: d.Template, Language: d.Language}
	if d.Words != nil {
		draft.Words = &mail.Override{Subject: d.Words.Subject, Text: d.Words.Text, HTML: d.Words.HTML}
	}
	return draft
}

type previewMailInput struct {
	TenantPath
	Body MailDraft
}

type previewMailOutput struct {
	Body struct {
		Subject string `json:"subject" doc:"The subject." example:"123456 is your code for Example"`
		Text    string `json:"text" doc:"The plain text."`
		HTML    string `json:"html" doc:"The HTML page."`
	}
}

type testMailInput struct {
	TenantPath
	Body struct {
		MailDraft
		To string `json:"to" doc:"Where the mail is sent to." example:"kim@shop.example"`
	}
}

type testMailOutput struct {
	Body struct {
		Taken     bool   `json:"taken" doc:"The mail host has taken the mail."`
		Reason    string `json:"reason,omitempty" doc:"Why it has not." example:"mail host smtp.shop.example:587 does not let us in: 535 5.7.8"`
		Permanent bool   `json:"permanent" doc:"Trying again without a change is in vain."`
	}
}

func (a *API) mailOperations() {
	huma.Register(a.v1, describe(status(op("preview-mail", http.MethodPost, "/tenants/{id}/preview-mail", tenants.TenantsRead, tagMail,
		"See what a mail would look like", 400, 404, 413, 415), http.StatusOK),
		"Writes a mail with sample values, in the tenant's words or in those of a draft. Nothing is sent."), a.previewMail)
	huma.Register(a.v1, describe(status(op("test-mail", http.MethodPost, "/tenants/{id}/test-mail", tenants.TenantsWrite, tagMail,
		"Send a mail as a test", 400, 404, 409, 413, 415), http.StatusOK),
		"Sends such a mail at once through the tenant's mail host, signed where the tenant signs, and says what the host answered."), a.testMail)
}

func (a *API) previewMail(ctx context.Context, in *previewMailInput) (*previewMailOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	t, err := a.o.Registry.ByID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	l, err := letter.Preview(t, in.Body.draft())
	if err != nil {
		return nil, err
	}
	out := &previewMailOutput{}
	out.Body.Subject, out.Body.Text, out.Body.HTML = l.Subject, l.Text, l.HTML
	return out, nil
}

func (a *API) testMail(ctx context.Context, in *testMailInput) (*testMailOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	t, err := a.o.Registry.ByID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, mailPatience)
	defer cancel()
	outcome, err := letter.Test(ctx, a.o.Mail, t, in.Body.To, in.Body.draft())
	if err != nil {
		return nil, err
	}
	out := &testMailOutput{}
	out.Body.Taken, out.Body.Reason, out.Body.Permanent = outcome.Taken, outcome.Reason, outcome.Permanent
	return out, nil
}
