package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/tenants"
)

type userOutput struct {
	Body user.AdminView
}

func (s *Server) userOperations() {
	huma.Register(s.api, op("get-user", http.MethodGet, "/users/{user_id}", tenants.UsersRead, tagUsers, "Read a user", 400), s.getUser)
}

func (s *Server) getUser(ctx context.Context, in *UserPath) (*userOutput, error) {
	t := tenantOf(ctx)
	u, err := s.people.Get(ctx, t, in.UserID)
	if err != nil {
		return nil, err
	}
	return &userOutput{Body: user.NewAdminView(t, u)}, nil
}
