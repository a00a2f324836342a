package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/webhook"
	"github.com/latchkeep/latchkeep/tenants"
)

// EndpointPath names an endpoint of webhooks.
type EndpointPath struct {
	ID uuid.UUID `path:"id" format:"uuid" doc:"The webhook's id, or that of an endpoint of the configuration as GET /webhooks/endpoints shows it." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
}

type endpointsOutput struct {
	Body []webhook.Endpoint
}

type endpointOutput struct {
	Body webhook.Endpoint
}

type rotationInput struct {
	EndpointPath
	Body struct {
		_       struct{} `additionalProperties:"true"`
		Overlap *int     `json:"overlap,omitempty" minimum:"0" maximum:"604800" doc:"For how many seconds the former secret signs, too: a day where it is absent, at most seven." example:"86400"`
	}
}

type rotationOutput struct {
	Body webhook.Rotation
}

type testOutput struct {
	Body webhook.Test
}

func (s *Server) endpointOperations() {
	huma.Register(s.api, described(op("list-webhook-endpoints", http.MethodGet, "/webhooks/endpoints", tenants.WebhooksRead, tagWebhooks,
		"List endpoints and how they do"), "The endpoints of the tenant's configuration, then the webhooks made here."), s.listEndpoints)
	huma.Register(s.api, described(op("enable-webhook-endpoint", http.MethodPost, "/webhooks/endpoints/{id}/enable", tenants.WebhooksWrite, tagWebhooks,
		"Let an endpoint be called again", 400, 409), "Failures are forgotten, the circuit closes, and what waits is due at once. Deliveries that were dropped "+
		"meanwhile can be replayed."), s.enableEndpoint)
	huma.Register(s.api, described(op("rotate-webhook-secret", http.MethodPost, "/webhooks/{id}/secret", tenants.WebhooksWrite, tagWebhooks,
		"Rotate the signing secret", 400, 409, 413, 415), "The new secret is shown this once. Until the overlap ends, messages are signed with both."), s.rotateSecret)
	huma.Register(s.api, described(op("test-webhook", http.MethodPost, "/webhooks/{id}/test", tenants.WebhooksWrite, tagWebhooks,
		"Send a test event", 400, 409), "An event `webhook.test` is sent at once and once, signed like all others, whether or not the endpoint is enabled. The "+
		"answer says how it went; nothing is stored."), s.testWebhook)
}

func (s *Server) listEndpoints(ctx context.Context, _ *struct{}) (*endpointsOutput, error) {
	list, err := s.o.Webhooks.Endpoints(ctx, tenantOf(ctx))
	if err != nil {
		return nil, err
	}
	return &endpointsOutput{Body: list}, nil
}

func (s *Server) enableEndpoint(ctx context.Context, in *EndpointPath) (*endpointOutput, error) {
	by := callerOf(ctx)
	e, err := s.o.Webhooks.Enable(ctx, tenantOf(ctx), by.Client, by.By, in.ID)
	if err != nil {
		return nil, err
	}
	return &endpointOutput{Body: e}, nil
}

func (s *Server) rotateSecret(ctx context.Context, in *rotationInput) (*rotationOutput, error) {
	overlap := webhook.DefaultOverlap
	if in.Body.Overlap != nil {
		overlap = min(time.Duration(*in.Body.Overlap)*time.Second, webhook.MaxOverlap)
	}
	by := callerOf(ctx)
	r, err := s.o.Webhooks.RotateSecret(ctx, tenantOf(ctx), by.Client, by.By, in.ID, overlap)
	if err != nil {
		return nil, err
	}
	return &rotationOutput{Body: r}, nil
}

func (s *Server) testWebhook(ctx context.Context, in *EndpointPath) (*testOutput, error) {
	test, err := s.o.Webhooks.Test(ctx, tenantOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &testOutput{Body: test}, nil
}
