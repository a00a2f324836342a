package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/operator"
	"github.com/latchkeep/latchkeep/tenants"
)

// Grant gives an operator a role in some tenants.
type Grant struct {
	Role    string      `json:"role" enum:"owner,admin,support,read_only" doc:"What she may do: see the table in docs/operators.md." example:"admin"`
	Tenants []uuid.UUID `json:"tenants,omitempty" nullable:"false" doc:"In which tenants; left out: in all, also in those to come."`
}

// Operator is a person who runs the deployment.
type Operator struct {
	ID           uuid.UUID  `json:"id" doc:"The operator's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
	Email        string     `json:"email" doc:"Her address; she signs in with it." example:"kim@example.com"`
	Name         string     `json:"name" doc:"What others call her." example:"Kim"`
	Grants       []Grant    `json:"grants" nullable:"false" doc:"What she may do where."`
	Joined       bool       `json:"joined" doc:"Whether she has used her invitation."`
	InvitedBy    string     `json:"invited_by" doc:"Who invited her." example:"cli"`
	InvitedUntil *time.Time `json:"invited_until" doc:"When her open invitation ends; null where there is none."`
	LastSeenAt   *time.Time `json:"last_seen_at" doc:"When she was last in the console, to ten minutes; null is never."`
	DisabledAt   *time.Time `json:"disabled_at" doc:"Since when she is out; null where she is not."`
	CreatedAt    time.Time  `json:"created_at" doc:"When she was invited." example:"2026-11-24T12:00:00Z"`
}

// PersonPath names an operator.
type PersonPath struct {
	ID uuid.UUID `path:"operator_id" format:"uuid" doc:"The operator's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
}

type inviteInput struct {
	Body struct {
		Email  string  `json:"email" doc:"Her address." example:"kim@example.com"`
		Name   string  `json:"name,omitempty" doc:"What others call her." example:"Kim"`
		Grants []Grant `json:"grants" nullable:"false" minItems:"1" doc:"What she may do where: no more than you may."`
	}
}

type inviteOutput struct {
	Body struct {
		Operator
		Link string `json:"link" doc:"The link she joins with. It works once, for three days, and is shown only now."`
	}
}

type peopleOutput struct {
	Body struct {
		Operators []Operator `json:"operators" nullable:"false" doc:"The operators, by address."`
	}
}

type personOutput struct{ Body Operator }

type changeInput struct {
	PersonPath
	Body struct {
		Name     *string `json:"name,omitempty" doc:"What others call her."`
		Grants   []Grant `json:"grants,omitempty" nullable:"false" minItems:"1" doc:"What she may do where, in place of all before."`
		Disabled *bool   `json:"disabled,omitempty" doc:"Out, or in again. Her sessions in the console and her tokens are good for nothing from then on."`
	}
}

type meOutput struct {
	Body struct {
		Actor  string   `json:"actor" doc:"How what you do is signed." example:"operator:kim@example.com"`
		Name   string   `json:"name" doc:"Your name, or that of the token."`
		Scopes []string `json:"scopes" nullable:"false" doc:"What you may do in some tenant at least."`
	}
}

func (a *API) personOperations() {
	huma.Register(a.v1, op("list-operators", http.MethodGet, "/operators", tenants.OperatorsRead, tagOperators, "List operators"), a.listPeople)
	huma.Register(a.v1, describe(op("invite-operator", http.MethodPost, "/operators", tenants.OperatorsWrite, tagOperators, "Invite an operator", 400, 409, 413, 415),
		"Give her the link of the answer. She joins with it, and adds a passkey."), a.invitePerson)
	huma.Register(a.v1, op("get-operator", http.MethodGet, "/operators/{operator_id}", tenants.OperatorsRead, tagOperators, "Read an operator", 400, 404), a.getPerson)
	huma.Register(a.v1, describe(op("change-operator", http.MethodPatch, "/operators/{operator_id}", tenants.OperatorsWrite, tagOperators, "Change or disable an operator", 400, 404, 409, 413, 415),
		"The last owner of the whole deployment stays one."), a.changePerson)
	huma.Register(a.v1, describe(op("invite-operator-again", http.MethodPost, "/operators/{operator_id}/invitation", tenants.OperatorsWrite, tagOperators, "Make a new invitation", 400, 404, 409),
		"The link before is good for nothing any more. One who has joined gets a new link through the command line only."), a.invitePersonAgain)
	huma.Register(a.v1, op("get-me", http.MethodGet, "/me", tenants.TenantsRead, tagOperators, "What you may do"), a.getMe)
}

func (a *API) listPeople(ctx context.Context, _ *struct{}) (*peopleOutput, error) {
	if err := everywhere(ctx); err != nil {
		return nil, err
	}
	list, err := a.o.People.List(ctx)
	if err != nil {
		return nil, err
	}
	out := &peopleOutput{}
	out.Body.Operators = make([]Operator, len(list))
	for i, o := range list {
		out.Body.Operators[i] = showPerson(o)
	}
	return out, nil
}

func (a *API) invitePerson(ctx context.Context, in *inviteInput) (*inviteOutput, error) {
	if err := everywhere(ctx); err != nil {
		return nil, err
	}
	return a.invited(a.o.People.Invite(ctx, caller(ctx).Actor, caller(ctx), operator.Invitation{
		Email: in.Body.Email, Name: in.Body.Name, Grants: grantsOf(in.Body.Grants),
	}))
}

func (a *API) invitePersonAgain(ctx context.Context, in *PersonPath) (*inviteOutput, error) {
	if err := everywhere(ctx); err != nil {
		return nil, err
	}
	return a.invited(a.o.People.InviteAgain(ctx, caller(ctx).Actor, caller(ctx), in.ID))
}

func (a *API) invited(o *operator.Operator, token string, err error) (*inviteOutput, error) {
	if err != nil {
		return nil, err
	}
	out := &inviteOutput{}
	out.Body.Operator, out.Body.Link = showPerson(o), operator.InvitationLink(a.o.URL, token)
	return out, nil
}

func (a *API) getPerson(ctx context.Context, in *PersonPath) (*personOutput, error) {
	if err := everywhere(ctx); err != nil {
		return nil, err
	}
	o, err := a.o.People.Get(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &personOutput{showPerson(o)}, nil
}

func (a *API) changePerson(ctx context.Context, in *changeInput) (*personOutput, error) {
	if err := everywhere(ctx); err != nil {
		return nil, err
	}
	o, err := a.o.People.Change(ctx, caller(ctx).Actor, caller(ctx), in.ID, operator.Change{
		Name: in.Body.Name, Grants: grantsOf(in.Body.Grants), Disabled: in.Body.Disabled,
	})
	if err != nil {
		return nil, err
	}
	return &personOutput{showPerson(o)}, nil
}

func (a *API) getMe(ctx context.Context, _ *struct{}) (*meOutput, error) {
	out := &meOutput{}
	out.Body.Actor, out.Body.Name, out.Body.Scopes = string(caller(ctx).Actor), caller(ctx).Name, []string{}
	for _, scope := range tenants.OperatorScopes() {
		if caller(ctx).Somewhere(scope) {
			out.Body.Scopes = append(out.Body.Scopes, scope)
		}
	}
	return out, nil
}

func grantsOf(list []Grant) []operator.Grant {
	if list == nil {
		return nil
	}
	grants := make([]operator.Grant, len(list))
	for i, g := range list {
		grants[i] = operator.Grant{Role: operator.Role(g.Role), Tenants: g.Tenants}
	}
	return grants
}

func showPerson(o *operator.Operator) Operator {
	shown := Operator{
		ID: o.ID, Email: o.Email, Name: o.Name, Joined: o.UserID != nil, InvitedBy: string(o.InvitedBy), InvitedUntil: o.InvitedUntil,
		LastSeenAt: o.LastSeenAt, DisabledAt: o.DisabledAt, CreatedAt: stamp(o.CreatedAt), Grants: make([]Grant, len(o.Grants)),
	}
	for i, g := range o.Grants {
		shown.Grants[i] = Grant{string(g.Role), g.Tenants}
	}
	return shown
}
