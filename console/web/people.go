package web

import (
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/api/middleware"
	"github.com/latchkeep/latchkeep/auth/management"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/tenants"
)

// peopleList is what the list of a tenant's people shows.
type peopleList struct {
	Users  []user.AdminView
	Search string
	By     string // what is searched: email, username
	State  string // blocked, active or empty
	Total  int    // -1 where it is not known
	Next   string
}

func (s *Server) people(v *visit) error {
	v.Section = "people"
	t, err := v.snapshot()
	if err != nil {
		return err
	}
	list := peopleList{Search: strings.TrimSpace(v.query("q")), By: v.query("by"), State: v.query("state")}
	var found management.Listing
	if cursor := v.query("cursor"); cursor != "" {
		found, err = s.o.People.ListUsersAfter(v.ctx(), t, list.filter(), false, cursor, perPage)
	} else {
		found, err = s.o.People.ListUsers(v.ctx(), t, list.filter(), false, 1, perPage)
	}
	if err != nil {
		return err
	}
	list.Users, list.Total = found.Users, found.Total
	if found.Next != "" {
		list.Next = "/people?" + url.Values{"q": {list.Search}, "by": {list.By}, "state": {list.State}, "cursor": {found.Next}}.Encode()
	}
	if v.r.Header.Get("HX-Request") != "" {
		return v.part(peopleTable(v, list))
	}
	return v.show("People", peoplePage(v, list))
}

// filter is what is looked for: an id, or how an address or a username begins. All are found by an index.
func (l peopleList) filter() management.Filter {
	f := management.Filter{}
	text := strings.ToLower(strings.ToValidUTF8(strings.ReplaceAll(l.Search, "\x00", ""), ""))
	switch id, err := uuid.Parse(text); {
	case text == "":
	case err == nil:
		f.IDs = []uuid.UUID{id}
	case l.By == "username":
		f.UsernamePrefix = text
	default:
		f.EmailPrefix = text
	}
	if l.State != "" {
		blocked := l.State == "blocked"
		f.Blocked = &blocked
	}
	return f
}

// personDetail is what the page of a person shows.
type personDetail = management.Dossier

// person is the person that the path names.
func (s *Server) personOf(v *visit) (*tenants.Tenant, *user.User, error) {
	v.Section = "people"
	id, err := v.id("user")
	if err != nil {
		return nil, nil, err
	}
	t, err := v.snapshot()
	if err != nil {
		return nil, nil, err
	}
	u, err := s.o.People.Get(v.ctx(), t, id)
	return t, u, err
}

// detail reads all there is to know of a person that the visitor may see.
func (s *Server) detail(v *visit) (personDetail, error) {
	v.Section = "people"
	id, err := v.id("user")
	if err != nil {
		return personDetail{}, err
	}
	t, err := v.snapshot()
	if err != nil {
		return personDetail{}, err
	}
	log := s.o.Audit
	if !v.May(tenants.AuditRead) {
		log = nil
	}
	return s.o.People.Dossier(v.ctx(), t, id, v.May(tenants.SessionsRead), log)
}

func (s *Server) person(v *visit) error {
	d, err := s.detail(v)
	if err != nil {
		return err
	}
	return v.show(nameOfPerson(d.View), personPage(v, d))
}

// exportPerson gives out all that is kept about a person, but secrets, as JSON (GDPR articles 15 and 20).
func (s *Server) exportPerson(v *visit) error {
	d, err := s.detail(v)
	if err != nil {
		return err
	}
	t, err := v.snapshot()
	if err != nil {
		return err
	}
	encoded, err := d.Export(t, s.o.Now())
	if err != nil {
		return err
	}
	if err := s.o.People.NoteExport(v.ctx(), t, v.Who.Actor, d.User.ID); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.Header().Set("Content-Disposition", `attachment; filename="user-`+d.User.ID.String()+`.json"`)
	_, _ = v.w.Write(encoded) // the client is gone
	return nil
}

// change does something with a person and goes back to her page.
func (s *Server) change(v *visit, message string, do func(t *tenants.Tenant, by management.Caller, u *user.User) error) error {
	t, u, err := s.personOf(v)
	if err != nil {
		return err
	}
	if err := do(t, v.caller(), u); err != nil {
		return err
	}
	return v.done("/t/"+v.Tenant.ID.String()+"/people/"+u.ID.String(), message)
}

// caller is the visitor as the rooms of auth know who changes something.
func (v *visit) caller() management.Caller {
	return management.Caller{By: v.Who.Actor, Operator: true, Client: middleware.From(v.ctx()).Client}
}

func (s *Server) blockPerson(v *visit) error {
	return s.change(v, "Blocked: nobody signs in as her, and her sessions have ended.", func(t *tenants.Tenant, by management.Caller, u *user.User) error {
		return s.o.People.Block(v.ctx(), t, by, u.ID)
	})
}

func (s *Server) unblockPerson(v *visit) error {
	return s.change(v, "She can sign in again.", func(t *tenants.Tenant, by management.Caller, u *user.User) error {
		return s.o.People.Unblock(v.ctx(), t, by, u.ID)
	})
}

func (s *Server) endSessions(v *visit) error {
	return s.change(v, "All sessions have ended.", func(t *tenants.Tenant, by management.Caller, u *user.User) error {
		return s.o.People.RevokeSessions(v.ctx(), t, by, u.ID)
	})
}

func (s *Server) endSession(v *visit) error {
	id, err := v.id("session")
	if err != nil {
		return err
	}
	return s.change(v, "The session has ended.", func(t *tenants.Tenant, by management.Caller, u *user.User) error {
		return s.o.People.RevokeSession(v.ctx(), t, by, u.ID, id)
	})
}

func (s *Server) removeCredential(v *visit) error {
	return s.change(v, "It is good for nothing any more.", func(t *tenants.Tenant, by management.Caller, u *user.User) error {
		return s.o.People.DeleteCredential(v.ctx(), t, by, u.ID, v.form("credential"))
	})
}

func (s *Server) removePassword(v *visit) error {
	return s.change(v, "The password is gone.", func(t *tenants.Tenant, by management.Caller, u *user.User) error {
		return s.o.People.DeletePassword(v.ctx(), t, by, u.ID)
	})
}

func (s *Server) removeOTP(v *visit) error {
	return s.change(v, "The authenticator app is gone.", func(t *tenants.Tenant, by management.Caller, u *user.User) error {
		return s.o.People.DeleteOTP(v.ctx(), t, by, u.ID)
	})
}

func (s *Server) deletePerson(v *visit) error {
	t, u, err := s.personOf(v)
	if err != nil {
		return err
	}
	if err := s.o.People.Delete(v.ctx(), t, v.caller(), u.ID, nil); err != nil {
		return err
	}
	return v.done("/t/"+v.Tenant.ID.String()+"/people", "The user was deleted.")
}

// nameOfPerson is what to call a person.
func nameOfPerson(u user.AdminView) string {
	switch {
	case len(u.Emails) > 0:
		return u.Emails[0].Address
	case u.Username != nil:
		return u.Username.Username
	case u.Name != "":
		return u.Name
	default:
		return u.ID.String()
	}
}

// hasWays reports whether a person has anything to sign in with beside codes by mail.
func hasWays(d personDetail) bool {
	return d.User.Password != nil || d.User.TOTP != nil || len(d.View.WebauthnCredentials)+len(d.User.Identities) > 0
}

func credentialName(c user.CredentialView) string {
	kind := "Passkey"
	if c.MFAOnly {
		kind = "Security key"
	}
	if c.Name == "" {
		return kind
	}
	return kind + " " + c.Name
}
