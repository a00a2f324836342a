package web

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/operator"
	"github.com/latchkeep/latchkeep/tenants"
)

// operatorsForm is what the page of the operators shows: who there is, the tokens, and the form of an invitation as it was sent.
type operatorsForm struct {
	Operators []*operator.Operator
	Tokens    []tenants.OperatorToken
	Grants    grantForm
	Email     string
	Name      string
	Wrong     fieldErrors
	// Link and Token are what was made just now, to be shown once.
	Link, Token string
}

// A grantForm is the part of a form that says what an operator may do where.
type grantForm struct {
	Role string
	// Tenants are ids, one on a line; empty for all.
	Tenants string
}

// grants are what the form says. What is no id is left for the room to refuse: it names none.
func (g grantForm) grants() ([]operator.Grant, fieldErrors) {
	grant := operator.Grant{Role: operator.Role(g.Role)}
	for _, text := range strings.Fields(strings.ReplaceAll(g.Tenants, ",", " ")) {
		id, err := uuid.Parse(text)
		if err != nil {
			return nil, fieldErrors{"tenants": text + " is not the id of a tenant"}
		}
		grant.Tenants = append(grant.Tenants, id)
	}
	return []operator.Grant{grant}, nil
}

func (v *visit) grantForm() grantForm {
	return grantForm{Role: v.form("role"), Tenants: v.form("tenants")}
}

func (s *Server) listOperators(v *visit) error {
	return s.operatorsPage(v, 200, operatorsForm{Grants: grantForm{Role: string(operator.Admin)}})
}

func (s *Server) operatorsPage(v *visit, status int, form operatorsForm) (err error) {
	v.Section = "operators"
	if form.Operators, err = s.o.Operators.List(v.ctx()); err != nil {
		return err
	}
	if form.Tokens, err = s.o.OperatorTokens.List(v.ctx()); err != nil {
		return err
	}
	form.Tokens = slices.DeleteFunc(form.Tokens, func(t tenants.OperatorToken) bool { return t.RevokedAt != nil })
	return v.showAs(status, "Operators", operatorsPage(v, form))
}

func (s *Server) inviteOperator(v *visit) error {
	form := operatorsForm{Email: v.form("email"), Name: v.form("name"), Grants: v.grantForm()}
	grants, wrong := form.Grants.grants()
	if wrong != nil {
		form.Wrong = wrong
		return s.operatorsPage(v, 422, form)
	}
	_, token, err := s.o.Operators.Invite(v.ctx(), v.Who.Actor, v.Who, operator.Invitation{Email: form.Email, Name: form.Name, Grants: grants})
	if err != nil {
		if form.Wrong, err = fields(err); err != nil {
			return err
		}
		return s.operatorsPage(v, 422, form)
	}
	return s.operatorsPage(v, 200, operatorsForm{Link: operator.InvitationLink(s.o.URL, token), Grants: grantForm{Role: string(operator.Admin)}})
}

// operatorForm is what the page of an operator shows.
type operatorForm struct {
	Operator *operator.Operator
	Name     string
	Grants   grantForm
	Wrong    fieldErrors
	Link     string
}

func formOf(o *operator.Operator) operatorForm {
	form := operatorForm{Operator: o, Name: o.Name}
	if len(o.Grants) == 1 {
		form.Grants.Role = string(o.Grants[0].Role)
		for _, id := range o.Grants[0].Tenants {
			form.Grants.Tenants += id.String() + "\n"
		}
	}
	return form
}

func (s *Server) operatorOf(v *visit) (*operator.Operator, error) {
	v.Section = "operators"
	id, err := v.id("operator")
	if err != nil {
		return nil, err
	}
	return s.o.Operators.Get(v.ctx(), id)
}

func (s *Server) showOperator(v *visit) error {
	o, err := s.operatorOf(v)
	if err != nil {
		return err
	}
	return v.show(o.Email, operatorPage(v, formOf(o)))
}

func (s *Server) changeOperator(v *visit) error {
	o, err := s.operatorOf(v)
	if err != nil {
		return err
	}
	form := formOf(o)
	form.Name = v.form("name")
	change := operator.Change{Name: &form.Name}
	if v.form("role") != "" { // who has several roles is changed through the API
		form.Grants = v.grantForm()
		if change.Grants, form.Wrong = form.Grants.grants(); form.Wrong != nil {
			return v.showAs(422, o.Email, operatorPage(v, form))
		}
	}
	if _, err = s.o.Operators.Change(v.ctx(), v.Who.Actor, v.Who, o.ID, change); err != nil {
		if form.Wrong, err = fields(err); err != nil {
			return err
		}
		return v.showAs(422, o.Email, operatorPage(v, form))
	}
	return v.done("/operators", o.Email+" was changed.")
}

func (s *Server) inviteAgain(v *visit) error {
	o, err := s.operatorOf(v)
	if err != nil {
		return err
	}
	o, token, err := s.o.Operators.InviteAgain(v.ctx(), v.Who.Actor, v.Who, o.ID)
	if err != nil {
		return err
	}
	form := formOf(o)
	form.Link = operator.InvitationLink(s.o.URL, token)
	return v.show(o.Email, operatorPage(v, form))
}

func (s *Server) disableOperator(v *visit) error { return s.setDisabled(v, true, " is out.") }

func (s *Server) enableOperator(v *visit) error {
	return s.setDisabled(v, false, " may come in again.")
}

func (s *Server) setDisabled(v *visit, disabled bool, message string) error {
	o, err := s.operatorOf(v)
	if err != nil {
		return err
	}
	if _, err := s.o.Operators.Change(v.ctx(), v.Who.Actor, v.Who, o.ID, operator.Change{Disabled: &disabled}); err != nil {
		return err
	}
	return v.done("/operators", o.Email+message)
}

func (s *Server) createOperatorToken(v *visit) error {
	role := operator.Role(v.form("role"))
	n := tenants.NewOperatorToken{NewToken: tenants.NewToken{Name: v.form("token_name"), Scopes: role.Scopes()}}
	if len(n.Scopes) == 0 {
		return s.operatorsPage(v, 422, operatorsForm{Wrong: fieldErrors{"": "Choose what the token may do."}})
	}
	_, plain, err := s.o.OperatorTokens.Create(v.ctx(), v.Who.Actor, v.Who, n)
	if err != nil {
		wrong, err := fields(err)
		if err != nil {
			return err
		}
		return s.operatorsPage(v, 422, operatorsForm{Wrong: fieldErrors{"": wrong[""], "token_name": wrong["name"]}})
	}
	return s.operatorsPage(v, 200, operatorsForm{Token: plain})
}

func (s *Server) revokeOperatorToken(v *visit) error {
	id, err := v.id("token")
	if err != nil {
		return err
	}
	if err := s.o.OperatorTokens.Revoke(v.ctx(), v.Who.Actor, v.Who, id); err != nil {
		return err
	}
	return v.done("/operators", "The token is good for nothing any more.")
}

// rolesOffered are the roles to choose from, with what each may do.
func rolesOffered() []option {
	return []option{
		{string(operator.Owner), "Owner", "Everything, other operators too."},
		{string(operator.Admin), "Admin", "Everything about tenants and their people."},
		{string(operator.Support), "Support", "Sees people and events; blocks people, ends sessions, resets factors."},
		{string(operator.ReadOnly), "Read-only", "Sees, changes nothing."},
	}
}
