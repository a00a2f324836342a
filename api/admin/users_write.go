package admin

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/management"
	"github.com/latchkeep/latchkeep/pkg/problem"
)

type createUserInput struct {
	Body struct {
		ID        *string         `json:"id,omitempty" nullable:"true" doc:"An id of your own choice, a UUID; made where absent." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
		Emails    []emailToCreate `json:"emails,omitempty" maxItems:"1000" doc:"Her addresses; exactly one is primary. The tenant's email.limit does not count."`
		Username  *string         `json:"username,omitempty" nullable:"true" doc:"Stored in lower case." example:"kim"`
		CreatedAt *time.Time      `json:"created_at,omitempty" nullable:"true" doc:"When the user was made, where that was elsewhere." example:"2024-05-01T12:00:00Z"`
		_         struct{}        `additionalProperties:"true"`
	}
}

type emailToCreate struct {
	Address    string   `json:"address" doc:"Stored in lower case." example:"kim@shop.example"`
	IsPrimary  bool     `json:"is_primary,omitempty" doc:"Whether tokens and mails go by it." example:"true"`
	IsVerified bool     `json:"is_verified,omitempty" doc:"Whether she proved to own it." example:"true"`
	_          struct{} `additionalProperties:"true"`
}

func (s *Server) createUser(ctx context.Context, in *createUserInput) (*userOutput, error) {
	n := management.NewUser{CreatedAt: in.Body.CreatedAt}
	if in.Body.ID != nil {
		id, err := uuid.Parse(*in.Body.ID)
		if err != nil {
			return nil, wrong("id", "is not a UUID")
		}
		n.ID = id
	}
	if in.Body.Username != nil {
		n.Username = *in.Body.Username
	}
	for _, e := range in.Body.Emails {
		n.Emails = append(n.Emails, management.NewEmail{Address: e.Address, IsPrimary: e.IsPrimary, IsVerified: e.IsVerified})
	}
	view, err := s.people.Create(ctx, tenantOf(ctx), callerOf(ctx), n)
	if err != nil {
		return nil, err
	}
	return showUser(view), nil
}

// wrong is a request with one thing wrong.
func wrong(path, reason string) error {
	return problem.Invalid("invalid_request", "the request is not valid", problem.Field{Path: path, Reason: reason})
}

type editUserInput struct {
	UserPath
	IfMatch []string `header:"If-Match" doc:"Entity tags: where none is the user's, the answer is 412 and nothing changes."`
	// Body is optional: without one nothing changes.
	Body *userPatch
}

// userPatch is what may change. Its members tell absent from null.
type userPatch struct {
	Username   value `json:"username,omitempty"`
	Name       value `json:"name,omitempty"`
	GivenName  value `json:"given_name,omitempty"`
	FamilyName value `json:"family_name,omitempty"`
	Picture    value `json:"picture,omitempty"`
}

// Schema implements huma.SchemaProvider: the body may be null, too.
func (userPatch) Schema(huma.Registry) *huma.Schema {
	text := func(doc, example string, most int) *huma.Schema {
		return &huma.Schema{Type: huma.TypeString, Nullable: true, Description: doc, Examples: []any{example}, MaxLength: &most}
	}
	s := &huma.Schema{
		Type: huma.TypeObject, Nullable: true, AdditionalProperties: true,
		Properties: map[string]*huma.Schema{
			"username":    text("Letters, digits and underscores; stored in lower case.", "kim", 255),
			"name":        text("Her name in full.", "Kim Example", 255),
			"given_name":  text("Her first name.", "Kim", 255),
			"family_name": text("Her last name.", "Example", 255),
			"picture":     text("Absolute http(s) URL without credentials.", "https://shop.example/kim.png", 2048),
		},
	}
	s.PrecomputeMessages()
	return s
}

// value is a member of a merge patch: a text, or null.
type value management.Value

// UnmarshalJSON implements json.Unmarshaler.
func (v *value) UnmarshalJSON(raw []byte) error {
	v.Given = true
	if string(raw) == "null" {
		v.Null = true
		return nil
	}
	return json.Unmarshal(raw, &v.Text)
}

func (s *Server) editUser(ctx context.Context, in *editUserInput) (*userOutput, error) {
	c := management.Change{}
	if p := in.Body; p != nil {
		c = management.Change{
			Username: management.Value(p.Username), Name: management.Value(p.Name), GivenName: management.Value(p.GivenName),
			FamilyName: management.Value(p.FamilyName), Picture: management.Value(p.Picture),
		}
	}
	view, err := s.people.Update(ctx, tenantOf(ctx), callerOf(ctx), in.UserID, c, matcher(in.IfMatch, false))
	if err != nil {
		return nil, err
	}
	return showUser(view), nil
}

// lower is a text as addresses and usernames are stored.
func lower(text string) string { return strings.ToLower(text) }
