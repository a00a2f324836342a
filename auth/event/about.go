package event

import (
	"strings"

	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/pkg/mail"
)

// About is what the log of a tenant's mails keeps of one: what it was, in which language, and most of nobody's address.
type About struct{ Template, Language, Address string }

// about says what a mail is about.
func (p MailPayload) about() string {
	text := p.Template + " " + mail.MatchLanguage(p.Language) + " " + MaskAddress(p.To)
	return strings.ToValidUTF8(text[:min(len(text), outbox.MaxAbout)], "")
}

// ReadAbout reads what about wrote. Mails from before there was a log say nothing.
func ReadAbout(text string) About {
	parts := append(strings.SplitN(text, " ", 3), "", "")
	return About{parts[0], parts[1], parts[2]}
}
