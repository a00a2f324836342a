package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	condition "github.com/latchkeep/latchkeep/api/etag"
	"github.com/latchkeep/latchkeep/api/middleware"
	"github.com/latchkeep/latchkeep/auth/management"
	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/tenants"
)

const tagUsers = "Users"

// UserPath names a user of a tenant.
type UserPath struct {
	TenantPath
	UserID uuid.UUID `path:"user_id" format:"uuid" doc:"The user's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2d"`
}

type listUsersInput struct {
	TenantPath
	Email    string    `query:"email" maxLength:"255" doc:"Only users with an address that begins so."`
	Username string    `query:"username" maxLength:"255" doc:"Only users whose username begins so. Not with email."`
	UserID   uuid.UUID `query:"user_id" format:"uuid" doc:"Only the user with this id."`
	State    string    `query:"state" enum:"blocked,active" doc:"Only those who are blocked, or are not; left out: all."`
	After    string    `query:"after" maxLength:"4096" doc:"What comes behind, as next of the page before says. All else must stay the same, but limit."`
	Limit    int       `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"How many at most."`
}

type usersOutput struct {
	Body struct {
		Users []user.AdminView `json:"users" nullable:"false" doc:"The users, the newest first; those that are looked for by a beginning, in the order of that."`
		Total *int             `json:"total,omitempty" doc:"How many there are on all pages; only on the first. It may be some seconds old." example:"42"`
		Next  string           `json:"next,omitempty" doc:"To be given as after for the next page; absent on the last."`
	}
}

type userOutput struct {
	ETag string `header:"ETag" doc:"Entity tag of the user, for If-Match."`
	Body user.AdminView
}

type deleteUserInput struct {
	UserPath
	IfMatch []string `header:"If-Match" doc:"Delete only while the user has one of these entity tags, else answer 412."`
}

type userSessionsOutput struct {
	Body struct {
		Sessions []session.View `json:"sessions" nullable:"false" doc:"Those that have not expired, the newest first."`
	}
}

// UserSessionPath names a session of a user.
type UserSessionPath struct {
	UserPath
	SessionID uuid.UUID `path:"session_id" format:"uuid" doc:"The session's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2e"`
}

type fileOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (a *API) userOperations() {
	const all, one = "/tenants/{id}/users", "/tenants/{id}/users/{user_id}"
	const read, write = tenants.UsersRead, tenants.UsersWrite
	huma.Register(a.v1, describe(op("list-users", http.MethodGet, all, read, tagUsers, "List or search the users of a tenant", 400, 404),
		"What is looked for is found by its beginning. Users without an address and a username are left out."), a.listUsers)
	huma.Register(a.v1, op("get-user", http.MethodGet, one, read, tagUsers, "Read a user", 400, 404), a.getUser)
	huma.Register(a.v1, describe(op("delete-user", http.MethodDelete, one, write, tagUsers, "Delete a user", 400, 404, 412),
		"Everything of the user goes; sessions end everywhere. Tells the tenant's webhooks `user.delete`."), a.deleteUser)
	huma.Register(a.v1, describe(status(op("block-user", http.MethodPost, one+"/block", write, tagUsers, "Block a user", 400, 404), 204),
		"The user cannot sign in any more, and her sessions end everywhere. Blocking again changes nothing."), a.blockUser)
	huma.Register(a.v1, describe(status(op("unblock-user", http.MethodPost, one+"/unblock", write, tagUsers, "Unblock a user", 400, 404), 204),
		"The user can sign in again."), a.unblockUser)
	huma.Register(a.v1, op("list-user-sessions", http.MethodGet, one+"/sessions", tenants.SessionsRead, tagUsers, "List a user's sessions", 400, 404), a.listSessions)
	huma.Register(a.v1, op("revoke-user-sessions", http.MethodDelete, one+"/sessions", tenants.SessionsWrite, tagUsers, "End all sessions of a user", 400, 404), a.revokeSessions)
	huma.Register(a.v1, op("revoke-user-session", http.MethodDelete, one+"/sessions/{session_id}", tenants.SessionsWrite, tagUsers, "End a session", 400, 404), a.revokeSession)
	huma.Register(a.v1, asJSONFile(op("export-user", http.MethodGet, one+"/export", read, tagUsers, "Export what is kept about a user", 400, 404)), a.exportUser)
	a.factorOperations(one)
}

// asJSONFile says that the answer is a file.
func asJSONFile(o huma.Operation) huma.Operation {
	o.Description = "All that is kept about her but secrets (GDPR articles 15 and 20): her account, and, where the caller's scopes allow it, her sessions and the latest audit records."
	o.Responses = map[string]*huma.Response{"200": {
		Description: http.StatusText(http.StatusOK),
		Content:     map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}}},
	}}
	return o
}

// people is the tenant whose people a caller asks about, if she may.
func (a *API) people(ctx context.Context, id uuid.UUID) (*tenants.Tenant, error) {
	if err := reach(ctx, id); err != nil {
		return nil, err
	}
	return a.o.Registry.ByID(ctx, id)
}

// operatorOf is the caller as the rooms of auth know who changes something.
func operatorOf(ctx context.Context) management.Caller {
	return management.Caller{By: caller(ctx).Actor, Operator: true, Client: middleware.From(ctx).Client}
}

func (a *API) listUsers(ctx context.Context, in *listUsersInput) (*usersOutput, error) {
	t, err := a.people(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	f := management.Filter{EmailPrefix: plainPrefix(in.Email), UsernamePrefix: plainPrefix(in.Username)}
	if in.UserID != uuid.Nil {
		f.IDs = []uuid.UUID{in.UserID}
	}
	if in.State != "" {
		blocked := in.State == "blocked"
		f.Blocked = &blocked
	}
	var found management.Listing
	if in.After != "" {
		found, err = a.o.Management.ListUsersAfter(ctx, t, f, false, in.After, in.Limit)
	} else {
		found, err = a.o.Management.ListUsers(ctx, t, f, false, 1, in.Limit)
	}
	if err != nil {
		return nil, err
	}
	out := &usersOutput{}
	out.Body.Users, out.Body.Next = append([]user.AdminView{}, found.Users...), found.Next
	if found.Total >= 0 {
		out.Body.Total = &found.Total
	}
	return out, nil
}

// plainPrefix is a beginning as addresses and usernames are stored: in lower case, and no text that a database refuses.
func plainPrefix(text string) string {
	return strings.ToLower(strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")))
}

func (a *API) getUser(ctx context.Context, in *UserPath) (*userOutput, error) {
	t, err := a.people(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	u, err := a.o.Management.Get(ctx, t, in.UserID)
	if err != nil {
		return nil, err
	}
	view := user.NewAdminView(t, u)
	return &userOutput{view.ETag(), view}, nil
}

// change does something with a tenant's people.
func (a *API) change(ctx context.Context, tenant uuid.UUID, do func(t *tenants.Tenant, by management.Caller) error) (*struct{}, error) {
	t, err := a.people(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return nil, do(t, operatorOf(ctx))
}

func (a *API) deleteUser(ctx context.Context, in *deleteUserInput) (*struct{}, error) {
	return a.change(ctx, in.ID, func(t *tenants.Tenant, by management.Caller) error {
		return a.o.Management.Delete(ctx, t, by, in.UserID, condition.Matcher(in.IfMatch, false))
	})
}

func (a *API) blockUser(ctx context.Context, in *UserPath) (*struct{}, error) {
	return a.change(ctx, in.ID, func(t *tenants.Tenant, by management.Caller) error {
		return a.o.Management.Block(ctx, t, by, in.UserID)
	})
}

func (a *API) unblockUser(ctx context.Context, in *UserPath) (*struct{}, error) {
	return a.change(ctx, in.ID, func(t *tenants.Tenant, by management.Caller) error {
		return a.o.Management.Unblock(ctx, t, by, in.UserID)
	})
}

func (a *API) listSessions(ctx context.Context, in *UserPath) (*userSessionsOutput, error) {
	t, err := a.people(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	list, err := a.o.Management.Sessions(ctx, t, in.UserID)
	if err != nil {
		return nil, err
	}
	out := &userSessionsOutput{}
	out.Body.Sessions = append([]session.View{}, list...)
	return out, nil
}

func (a *API) revokeSessions(ctx context.Context, in *UserPath) (*struct{}, error) {
	return a.change(ctx, in.ID, func(t *tenants.Tenant, by management.Caller) error {
		return a.o.Management.RevokeSessions(ctx, t, by, in.UserID)
	})
}

func (a *API) revokeSession(ctx context.Context, in *UserSessionPath) (*struct{}, error) {
	return a.change(ctx, in.ID, func(t *tenants.Tenant, by management.Caller) error {
		return a.o.Management.RevokeSession(ctx, t, by, in.UserID, in.SessionID)
	})
}

func (a *API) exportUser(ctx context.Context, in *UserPath) (*fileOutput, error) {
	t, err := a.people(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	log := a.o.Audit
	if !caller(ctx).May(tenants.AuditRead, in.ID) {
		log = nil
	}
	d, err := a.o.Management.Dossier(ctx, t, in.UserID, caller(ctx).May(tenants.SessionsRead, in.ID), log)
	if err != nil {
		return nil, err
	}
	encoded, err := d.Export(t, time.Now())
	if err == nil {
		err = a.o.Management.NoteExport(ctx, t, caller(ctx).Actor, in.UserID)
	}
	return &fileOutput{"application/json", `attachment; filename="user-` + in.UserID.String() + `.json"`, encoded}, err
}
