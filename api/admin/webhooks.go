package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/webhook"
	"github.com/latchkeep/latchkeep/tenants"
)

// WebhookPath names a webhook.
type WebhookPath struct {
	ID uuid.UUID `path:"id" format:"uuid" doc:"The webhook's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
}

type newWebhookInput struct {
	Body struct {
		_        struct{} `additionalProperties:"true"`
		Callback string   `json:"callback" doc:"Where events are posted to: an https URL without username and password; http for hosts inside that the deployment opened." example:"https://shop.example/hooks/latchkeep"`
		Events   []string `json:"events" doc:"Events to be sent, each once: every event whose name begins with one of these." example:"[\"user\"]"`
	}
}

type webhookInput struct {
	WebhookPath
	Body struct {
		_        struct{} `additionalProperties:"true"`
		Callback string   `json:"callback" doc:"Where events are posted to: an https URL without username and password; http for hosts inside that the deployment opened." example:"https://shop.example/hooks/latchkeep"`
		Events   []string `json:"events" doc:"Events to be sent, each once: every event whose name begins with one of these." example:"[\"user\"]"`
		Enabled  bool     `json:"enabled" doc:"Whether events are sent." example:"true"`
	}
}

type webhookOutput struct {
	Body webhook.Webhook
}

// createdWebhook is a webhook that was just made: its secret is shown this once.
type createdWebhook struct {
	webhook.Webhook
	Secret string `json:"secret" doc:"The signing secret of Standard Webhooks. It is not shown again." example:"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="`
}

type createdWebhookOutput struct {
	Body createdWebhook
}

// configWebhook is a webhook of the tenant's configuration.
type configWebhook struct {
	Callback string   `json:"callback" doc:"Where events are posted to." example:"https://shop.example/hooks"`
	Events   []string `json:"events" doc:"What it is sent."`
}

type webhooksOutput struct {
	Body struct {
		Database []webhook.Webhook `json:"database" doc:"Webhooks made here, disabled ones, too, oldest first."`
		Config   []configWebhook   `json:"config" nullable:"true" doc:"Webhooks of the tenant's configuration, or null. They are called where webhooks.enabled is true."`
	}
}

func (s *Server) webhookOperations() {
	huma.Register(s.api, op("list-webhooks", http.MethodGet, "/webhooks", tenants.WebhooksRead, tagWebhooks, "List webhooks"), s.listWebhooks)
	huma.Register(s.api, answering(described(op("create-webhook", http.MethodPost, "/webhooks", tenants.WebhooksWrite, tagWebhooks,
		"Create a webhook", 400, 409, 413, 415), "It is enabled. A tenant has at most 100. The answer shows the signing secret, this once."), http.StatusCreated), s.createWebhook)
	huma.Register(s.api, op("get-webhook", http.MethodGet, "/webhooks/{id}", tenants.WebhooksRead, tagWebhooks, "Read a webhook", 400), s.getWebhook)
	huma.Register(s.api, described(op("replace-webhook", http.MethodPut, "/webhooks/{id}", tenants.WebhooksWrite, tagWebhooks,
		"Replace a webhook", 400, 413, 415), "Failures are forgotten and the time runs anew: this is how a webhook that was disabled works again."), s.replaceWebhook)
	huma.Register(s.api, op("delete-webhook", http.MethodDelete, "/webhooks/{id}", tenants.WebhooksWrite, tagWebhooks, "Delete a webhook", 400), s.deleteWebhook)
	s.endpointOperations()
	s.deliveryOperations()
}

func (s *Server) listWebhooks(ctx context.Context, _ *struct{}) (*webhooksOutput, error) {
	t := tenantOf(ctx)
	list, err := s.o.Webhooks.List(ctx, t)
	if err != nil {
		return nil, err
	}
	out := &webhooksOutput{}
	out.Body.Database = list
	for _, hook := range t.Config.Webhooks.Hooks {
		out.Body.Config = append(out.Body.Config, configWebhook(hook))
	}
	return out, nil
}

func (s *Server) createWebhook(ctx context.Context, in *newWebhookInput) (*createdWebhookOutput, error) {
	by := callerOf(ctx)
	w, secret, err := s.o.Webhooks.Create(ctx, tenantOf(ctx), by.Client, by.By, webhook.Wish{Callback: in.Body.Callback, Events: in.Body.Events})
	if err != nil {
		return nil, err
	}
	return &createdWebhookOutput{Body: createdWebhook{Webhook: w, Secret: secret}}, nil
}

func (s *Server) getWebhook(ctx context.Context, in *WebhookPath) (*webhookOutput, error) {
	return showWebhook(s.o.Webhooks.Get(ctx, tenantOf(ctx), in.ID))
}

func (s *Server) replaceWebhook(ctx context.Context, in *webhookInput) (*webhookOutput, error) {
	by := callerOf(ctx)
	w, err := s.o.Webhooks.Replace(ctx, tenantOf(ctx), by.Client, by.By, in.ID, webhook.Wish{
		Callback: in.Body.Callback, Events: in.Body.Events, Enabled: in.Body.Enabled,
	})
	return showWebhook(w, err)
}

func (s *Server) deleteWebhook(ctx context.Context, in *WebhookPath) (*none, error) {
	by := callerOf(ctx)
	return nil, s.o.Webhooks.Delete(ctx, tenantOf(ctx), by.Client, by.By, in.ID)
}

func showWebhook(w webhook.Webhook, err error) (*webhookOutput, error) {
	if err != nil {
		return nil, err
	}
	return &webhookOutput{Body: w}, nil
}
