package admin

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/latchkeep/latchkeep/api/rawjson"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/tenants"
)

// metadata is what is said about a user; kinds without members are left out.
type metadata struct {
	PublicMetadata  rawjson.Object `json:"public_metadata,omitempty" doc:"What the user and back ends may read."`
	PrivateMetadata rawjson.Object `json:"private_metadata,omitempty" doc:"What back ends alone may read."`
	UnsafeMetadata  rawjson.Object `json:"unsafe_metadata,omitempty" doc:"What the user may read and write."`
}

type metadataOutput struct {
	Status int
	Body   *metadata
}

type patchMetadataInput struct {
	UserPath
	Body rawjson.Any
}

func (s *Server) metadataOperations() {
	get := described(op("get-metadata", http.MethodGet, "/users/{user_id}/metadata", tenants.UsersRead, tagMetadata, "Read a user's metadata", 400),
		"204 where there is none.")
	patch := described(
		op("patch-metadata", http.MethodPatch, "/users/{user_id}/metadata", tenants.UsersWrite, tagMetadata, "Change a user's metadata", 400, 409, 413, 415),
		"The body is a merge patch (RFC 7386) of `{public_metadata, private_metadata, unsafe_metadata}`: `null` removes a member, a kind or, as the "+
			"whole body, all. Members of other names do not count. Each kind has at most 3000 characters of compact JSON; where one would have more, "+
			"nothing is changed. 204 where nothing is left. No webhook.")
	for _, o := range []*huma.Operation{&get, &patch} {
		o.Responses = map[string]*huma.Response{"204": {Description: "There is no metadata."}}
	}
	huma.Register(s.api, get, s.getMetadata)
	huma.Register(s.api, patch, s.patchMetadata)
}

func (s *Server) getMetadata(ctx context.Context, in *UserPath) (*metadataOutput, error) {
	return showMetadata(s.people.Metadata(ctx, tenantOf(ctx), in.UserID))
}

func (s *Server) patchMetadata(ctx context.Context, in *patchMetadataInput) (*metadataOutput, error) {
	return showMetadata(s.people.PatchMetadata(ctx, tenantOf(ctx), callerOf(ctx), in.UserID, json.RawMessage(in.Body)))
}

func showMetadata(m user.Metadata, err error) (*metadataOutput, error) {
	if err != nil {
		return nil, err
	}
	v := user.NewMetadataView(m)
	if v == nil {
		return &metadataOutput{Status: http.StatusNoContent}, nil
	}
	return &metadataOutput{Status: http.StatusOK, Body: &metadata{
		PublicMetadata: rawjson.Object(v.PublicMetadata), PrivateMetadata: rawjson.Object(v.PrivateMetadata), UnsafeMetadata: rawjson.Object(v.UnsafeMetadata),
	}}, nil
}
