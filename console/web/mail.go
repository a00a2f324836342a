package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/deadletter"
	"github.com/latchkeep/latchkeep/auth/letter"
	"github.com/latchkeep/latchkeep/pkg/mail"
	"github.com/latchkeep/latchkeep/tenants"
)

// mailPatience is how long a test mail may take.
const mailPatience = 20 * time.Second

// mailPreview is what the page of the mails shows.
type mailPreview struct {
	Template, Language string
	Letter             letter.Letter
	To                 string
	Wrong              fieldErrors
}

// draft is the mail that the address names; the first where it names none.
func draft(template, language string) letter.Draft {
	if !slices.Contains(mail.Templates(), template) {
		template = mail.Templates()[0]
	}
	if !slices.Contains(mail.Languages(), language) {
		language = "en"
	}
	return letter.Draft{Template: template, Language: language}
}

func (s *Server) mail(v *visit) error {
	return s.showMail(v, 200, mailPreview{Template: v.query("template"), Language: v.query("language")})
}

func (s *Server) showMail(v *visit, status int, p mailPreview) error {
	v.Section = "mail"
	t, err := v.snapshot()
	if err != nil {
		return err
	}
	d := draft(p.Template, p.Language)
	p.Template, p.Language = d.Template, d.Language
	if p.Letter, err = letter.Preview(t, d); err != nil {
		return err
	}
	v.w.Header().Set("Content-Security-Policy", policy("")+"; frame-src 'self'")
	return v.showAs(status, "Mail", mailPage(v, p))
}

// mailHTML is a mail as its reader sees it, for a frame of the page. It runs no scripts and loads nothing, whatever the tenant's words hold.
func (s *Server) mailHTML(v *visit) error {
	t, err := v.snapshot()
	if err != nil {
		return err
	}
	l, err := letter.Preview(t, draft(v.query("template"), v.query("language")))
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'")
	h.Set("X-Frame-Options", "SAMEORIGIN")
	_, _ = v.w.Write([]byte(l.HTML)) // the client is gone
	return nil
}

func (s *Server) testMail(v *visit) error {
	t, err := v.snapshot()
	if err != nil {
		return err
	}
	p := mailPreview{Template: v.form("template"), Language: v.form("language"), To: v.form("to")}
	ctx, cancel := context.WithTimeout(v.ctx(), mailPatience)
	defer cancel()
	outcome, err := letter.Test(ctx, s.o.Mail, t, p.To, draft(p.Template, p.Language))
	if err != nil {
		if p.Wrong, err = fields(err); err != nil {
			return err
		}
		return s.showMail(v, http.StatusUnprocessableEntity, p)
	}
	message := "The mail host has taken the mail."
	if !outcome.Taken {
		message = "The mail host has not taken it: " + outcome.Reason
	}
	return v.done("/t/"+v.Tenant.ID.String()+"/mail?"+url.Values{"template": {p.Template}, "language": {p.Language}}.Encode(), message)
}

// letterList is what the page of the dead letters shows.
type letterList struct {
	Letters []deadletter.Letter
	Next    string
}

func (s *Server) deadLetters(v *visit) error {
	v.Section = "mail"
	before, err := uuid.Parse(v.query("before"))
	if err != nil {
		before = uuid.Nil
	}
	letters, err := s.o.DeadLetters.List(v.ctx(), v.Tenant.ID, deadletter.Choice{}, before, perPage+1)
	if err != nil {
		return err
	}
	list := letterList{Letters: letters}
	if len(letters) > perPage {
		list.Letters = letters[:perPage]
		list.Next = "/dead-letters?before=" + list.Letters[perPage-1].ID.String()
	}
	return v.show("Dead letters", lettersPage(v, list))
}

func (s *Server) retryLetters(v *visit) error {
	return s.eachLetter(v, s.o.DeadLetters.Retry, "%d are tried again.")
}

func (s *Server) discardLetters(v *visit) error {
	return s.eachLetter(v, s.o.DeadLetters.Discard, "%d were given up for good.")
}

// eachLetter does something with the dead letter that the form names; with all where it names none.
func (s *Server) eachLetter(v *visit, do func(context.Context, tenants.Actor, uuid.UUID, deadletter.Choice) (int, error), message string) error {
	choice := deadletter.Choice{}
	if text := v.form("letter"); text != "" {
		id, err := uuid.Parse(text)
		if err != nil {
			return errNoPage
		}
		choice.IDs = []uuid.UUID{id}
	}
	n, err := do(v.ctx(), v.Who.Actor, v.Tenant.ID, choice)
	if err != nil {
		return err
	}
	return v.done("/t/"+v.Tenant.ID.String()+"/dead-letters", fmt.Sprintf(message, n))
}
