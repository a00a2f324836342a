package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/tenants"
)

type userOutput struct {
	ETag string `header:"ETag" doc:"Entity tag of the user, for If-Match and If-None-Match."`
	Body user.AdminView
}

func showUser(v user.AdminView) *userOutput { return &userOutput{ETag: v.ETag(), Body: v} }

type getUserInput struct {
	UserPath
	IfNoneMatch []string `header:"If-None-Match" doc:"Entity tags: where one is the user's, the answer is 304 without a body."`
}

type deleteUserInput struct {
	UserPath
	IfMatch []string `header:"If-Match" doc:"Entity tags: where none is the user's, the answer is 412 and nothing changes."`
}

func (s *Server) userOperations() {
	huma.Register(s.api, described(op("list-users", http.MethodGet, "/users", tenants.UsersRead, tagUsers, "List or search users", 400), listDescription), s.listUsers)
	huma.Register(s.api, described(op("create-user", http.MethodPost, "/users", tenants.UsersWrite, tagUsers, "Create a user", 400, 409, 413, 415),
		"Needs an address or a username. With addresses exactly one must be primary. No mail is sent. Answers 409 where the id (of any tenant), an address "+
			"or the username is taken. Tells webhooks `user.create`."), s.createUser)
	huma.Register(s.api, conditional(op("get-user", http.MethodGet, "/users/{user_id}", tenants.UsersRead, tagUsers, "Read a user", 400)), s.getUser)
	huma.Register(s.api, described(op("edit-user", http.MethodPatch, "/users/{user_id}", tenants.UsersWrite, tagUsers, "Change a user's name, picture or username",
		400, 409, 412, 413, 415), "A member left out stays as it is, null clears it. Members that are not named here are ignored."), s.editUser)
	huma.Register(s.api, described(op("delete-user", http.MethodDelete, "/users/{user_id}", tenants.UsersWrite, tagUsers, "Delete a user", 400, 412),
		"Everything of the user goes; sessions end everywhere. Tells webhooks `user.delete`, with the user as she was."), s.deleteUser)
	huma.Register(s.api, described(answering(op("block-user", http.MethodPost, "/users/{user_id}/block", tenants.UsersWrite, tagUsers, "Block a user", 400, 409), 204),
		"The user cannot sign in any more, and her sessions end everywhere. Blocking again changes nothing. Tells webhooks `user.update`."), s.blockUser)
	huma.Register(s.api, described(answering(op("unblock-user", http.MethodPost, "/users/{user_id}/unblock", tenants.UsersWrite, tagUsers, "Unblock a user", 400, 409), 204),
		"The user can sign in again. Tells webhooks `user.update`."), s.unblockUser)
	huma.Register(s.api, described(op("delete-users", http.MethodPost, "/users/bulk_delete", tenants.UsersWrite, tagUsers, "Delete many users", 400, 409, 413, 415),
		"Deletes up to 1000 users, in transactions of 50, and tells what became of each. If it fails on the way, send it again: who is gone is `not_found`. "+
			"Tells webhooks `user.delete` for each."), s.deleteUsers)
}

func (s *Server) getUser(ctx context.Context, in *getUserInput) (*userOutput, error) {
	t := tenantOf(ctx)
	u, err := s.people.Get(ctx, t, in.UserID)
	if err != nil {
		return nil, err
	}
	out := showUser(user.NewAdminView(t, u))
	if match := matcher(in.IfNoneMatch, true); match != nil && match(out.ETag) {
		return nil, notModified(out.ETag)
	}
	return out, nil
}

func (s *Server) deleteUser(ctx context.Context, in *deleteUserInput) (*struct{}, error) {
	return nil, s.people.Delete(ctx, tenantOf(ctx), callerOf(ctx), in.UserID, matcher(in.IfMatch, false))
}

func (s *Server) blockUser(ctx context.Context, in *UserPath) (*struct{}, error) {
	return nil, s.people.Block(ctx, tenantOf(ctx), callerOf(ctx), in.UserID)
}

func (s *Server) unblockUser(ctx context.Context, in *UserPath) (*struct{}, error) {
	return nil, s.people.Unblock(ctx, tenantOf(ctx), callerOf(ctx), in.UserID)
}

type deleteUsersInput struct {
	Body struct {
		UserIDs []uuid.UUID `json:"user_ids" minItems:"1" maxItems:"1000" nullable:"false" doc:"Whom to delete." example:"[\"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c\"]"`
		_       struct{}    `additionalProperties:"true"`
	}
}

type deleteUsersOutput struct {
	Body struct {
		Users []deletedUser `json:"users" nullable:"false" doc:"What became of each, in the order asked for; one that was named twice is told once."`
	}
}

type deletedUser struct {
	UserID uuid.UUID `json:"user_id" format:"uuid" doc:"Who was to be deleted."`
	Result string    `json:"result" enum:"deleted,not_found" doc:"What became of her."`
}

func (s *Server) deleteUsers(ctx context.Context, in *deleteUsersInput) (*deleteUsersOutput, error) {
	outcomes, err := s.people.DeleteMany(ctx, tenantOf(ctx), callerOf(ctx), in.Body.UserIDs)
	if err != nil {
		return nil, err
	}
	out := &deleteUsersOutput{}
	out.Body.Users = make([]deletedUser, len(outcomes))
	for i, o := range outcomes {
		out.Body.Users[i] = deletedUser{o.UserID, "not_found"}
		if o.Deleted {
			out.Body.Users[i].Result = "deleted"
		}
	}
	return out, nil
}
