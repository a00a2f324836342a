package web

import (
	"net/url"
	"slices"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/maillog"
	"github.com/latchkeep/latchkeep/pkg/mail"
)

// mailList is what the page of the mails that were sent shows.
type mailList struct {
	Mails           []maillog.Mail
	State, Template string
	Next            string
}

func (s *Server) mails(v *visit) error {
	v.Section = "mail"
	list := mailList{State: v.query("state"), Template: v.query("template")}
	if !slices.Contains(maillog.States(), list.State) {
		list.State = ""
	}
	if !slices.Contains(mail.Templates(), list.Template) {
		list.Template = ""
	}
	before, err := uuid.Parse(v.query("cursor"))
	if err != nil {
		before = uuid.Nil
	}
	list.Mails, err = s.o.MailLog.List(v.ctx(), v.Tenant.ID, maillog.Filter{State: list.State, Template: list.Template}, before, perPage+1)
	if err != nil {
		return err
	}
	if len(list.Mails) > perPage {
		list.Mails = list.Mails[:perPage]
		list.Next = "/mails?" + url.Values{"state": {list.State}, "template": {list.Template}, "cursor": {list.Mails[perPage-1].ID.String()}}.Encode()
	}
	return v.show("Mails", mailsPage(v, list))
}

// anyOf are options, and one for all of them.
func anyOf(words []string) []option {
	return append([]option{{Value: "", Label: "any"}}, same(words)...)
}

// mailBadge is how a mail is.
func mailBadge(state string) string {
	switch state {
	case maillog.Sent:
		return "badge good"
	case maillog.Dead:
		return "badge bad"
	case maillog.Waiting:
		return "badge warn"
	}
	return "badge"
}
