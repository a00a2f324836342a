package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/webhook"
	"github.com/latchkeep/latchkeep/pkg/paging"
	"github.com/latchkeep/latchkeep/tenants"
)

// DeliveryPath names a delivery.
type DeliveryPath struct {
	DeliveryID uuid.UUID `path:"delivery_id" format:"uuid" doc:"The delivery's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
}

type deliveriesInput struct {
	PerPage  int       `query:"per_page" doc:"Deliveries on a page; 20 where absent, at most 500." example:"20"`
	Cursor   string    `query:"cursor" maxLength:"4096" doc:"What comes next, as X-Next-Cursor said. All other parameters must stay the same, but per_page."`
	Endpoint uuid.UUID `query:"endpoint" format:"uuid" doc:"Only deliveries to this endpoint." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2e"`
	Event    string    `query:"event" maxLength:"64" doc:"Only events whose name begins so." example:"user"`
	State    string    `query:"state" enum:"waiting,delivered,dead,dropped" doc:"Only deliveries in this state."`
	From     time.Time `query:"from" doc:"Only what was left with the endpoint at this time or later." example:"2026-11-29T00:00:00Z"`
	To       time.Time `query:"to" doc:"Only what was left with it before this time." example:"2036-11-30T00:00:00Z"`
}

type deliveriesOutput struct {
	Link       string `header:"Link" doc:"The next page (RFC 8288)."`
	NextCursor string `header:"X-Next-Cursor" doc:"To be given as cursor for what comes next; absent at the end."`
	Body       []webhook.Delivery
}

type deliveryOutput struct {
	Body webhook.Told
}

type replayInput struct {
	Body struct {
		_        struct{}  `additionalProperties:"true"`
		Endpoint uuid.UUID `json:"endpoint,omitempty" format:"uuid" doc:"Only what was for this endpoint; for all that are enabled where it is absent."`
		State    string    `json:"state,omitempty" enum:"delivered,dead,dropped" doc:"Only deliveries in this state; dead where it is absent." example:"dead"`
		From     time.Time `json:"from,omitempty" doc:"Only what was left with the endpoint at this time or later." example:"2026-11-29T00:00:00Z"`
		To       time.Time `json:"to,omitempty" doc:"Only what was left with it before this time." example:"2036-11-30T00:00:00Z"`
	}
}

type replayOutput struct {
	Body struct {
		Replayed int  `json:"replayed" doc:"How many deliveries wait again." example:"3"`
		More     bool `json:"more" doc:"Whether there may be more: one request replays at most 10 000."`
	}
}

// maxDeliveries is the most deliveries on a page.
const maxDeliveries = 500

func (s *Server) deliveryOperations() {
	huma.Register(s.api, described(op("list-webhook-deliveries", http.MethodGet, "/webhooks/deliveries", tenants.WebhooksRead, tagWebhooks,
		"List deliveries", 400), "Newest first, from cursor to cursor. Filters must all be met. What was delivered or dropped is kept for 7 days, what nobody "+
		"took for 30."), s.listDeliveries)
	huma.Register(s.api, op("get-webhook-delivery", http.MethodGet, "/webhooks/deliveries/{delivery_id}", tenants.WebhooksRead, tagWebhooks,
		"Read a delivery and its attempts", 400), s.getDelivery)
	huma.Register(s.api, answering(described(op("replay-webhook-delivery", http.MethodPost, "/webhooks/deliveries/{delivery_id}/replay", tenants.WebhooksWrite,
		tagWebhooks, "Send a delivery again", 400, 409), "It is sent with the same webhook-id, as though it had never been tried. What may have held a code is "+
		"forgotten once it is done with, and cannot be sent again."), http.StatusAccepted), s.replayDelivery)
	huma.Register(s.api, answering(described(op("replay-webhook-deliveries", http.MethodPost, "/webhooks/replay", tenants.WebhooksWrite, tagWebhooks,
		"Send deliveries again", 400, 409, 413, 415), "The oldest first, each with its webhook-id."), http.StatusAccepted), s.replayDeliveries)
}

func (s *Server) listDeliveries(ctx context.Context, in *deliveriesInput) (*deliveriesOutput, error) {
	perPage := in.PerPage
	if perPage < 1 {
		perPage = defaultPerPage
	}
	f := webhook.Filter{Endpoint: in.Endpoint, Event: in.Event, State: in.State, From: in.From, To: in.To}
	list, next, err := s.o.Webhooks.Deliveries(ctx, tenantOf(ctx), f, in.Cursor, min(perPage, maxDeliveries))
	if err != nil {
		return nil, err
	}
	return &deliveriesOutput{Link: paging.Next(paging.URL(ctx), "cursor", next), NextCursor: next, Body: list}, nil
}

func (s *Server) getDelivery(ctx context.Context, in *DeliveryPath) (*deliveryOutput, error) {
	return showDelivery(s.o.Webhooks.Delivery(ctx, tenantOf(ctx), in.DeliveryID))
}

func (s *Server) replayDelivery(ctx context.Context, in *DeliveryPath) (*deliveryOutput, error) {
	return showDelivery(s.o.Webhooks.Replay(ctx, tenantOf(ctx), in.DeliveryID))
}

func (s *Server) replayDeliveries(ctx context.Context, in *replayInput) (*replayOutput, error) {
	w := webhook.Wanted{Endpoint: in.Body.Endpoint, State: in.Body.State, From: in.Body.From, To: in.Body.To}
	if w.State == "" {
		w.State = webhook.Dead
	}
	n, more, err := s.o.Webhooks.ReplayMany(ctx, tenantOf(ctx), w)
	if err != nil {
		return nil, err
	}
	out := &replayOutput{}
	out.Body.Replayed, out.Body.More = n, more
	return out, nil
}

func showDelivery(d webhook.Told, err error) (*deliveryOutput, error) {
	if err != nil {
		return nil, err
	}
	return &deliveryOutput{Body: d}, nil
}
