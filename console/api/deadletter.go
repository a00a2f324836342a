package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/deadletter"
	"github.com/latchkeep/latchkeep/tenants"
)

const tagDelivery = "Delivery"

// DeadLetter is something that could not be carried out.
type DeadLetter struct {
	ID        uuid.UUID `json:"id" doc:"Its id; of a mail, also the left part of the Message-ID." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
	Kind      string    `json:"kind" enum:"mail,audit,audit_erase,webhook,job" doc:"What it is." example:"mail"`
	CreatedAt time.Time `json:"created_at" doc:"When it was to happen." example:"2026-11-29T12:00:00Z"`
	DiedAt    time.Time `json:"died_at" doc:"When it was given up." example:"2026-11-30T12:00:00Z"`
	Attempts  int       `json:"attempts" doc:"How often it was tried." example:"31"`
	Reason    string    `json:"reason" doc:"What went wrong at last." example:"mail host smtp.shop.example:587 refuses the recipient: 550 5.1.1"`
}

type listDeadLettersInput struct {
	TenantPath
	Kind  string    `query:"kind" enum:"mail,audit,audit_erase,webhook,job" doc:"Only those."`
	After uuid.UUID `query:"after" format:"uuid" doc:"The id of the last one of the page before."`
	Limit int       `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"How many at most."`
}

type listDeadLettersOutput struct {
	Body struct {
		DeadLetters []DeadLetter `json:"dead_letters" nullable:"false" doc:"The dead letters, newest first."`
	}
}

type takeUpInput struct {
	TenantPath
	Body struct {
		Kind string      `json:"kind,omitempty" enum:"mail,audit,audit_erase,webhook,job" doc:"Only those; absent: all."`
		IDs  []uuid.UUID `json:"ids,omitempty" nullable:"false" maxItems:"1000" doc:"Only these; absent: all."`
	}
}

type takeUpOutput struct {
	Body struct {
		Count int `json:"count" doc:"How many there were." example:"3"`
	}
}

func (a *API) deadLetterOperations() {
	huma.Register(a.v1, describe(op("list-dead-letters", http.MethodGet, "/tenants/{id}/dead-letters", tenants.TenantsRead, tagDelivery,
		"List what could not be carried out", 400, 404),
		"Mails that a mail host refused for good or that were tried for a day, and audit records that cannot be read. They are kept for thirty days."), a.listDeadLetters)
	huma.Register(a.v1, describe(status(op("retry-dead-letters", http.MethodPost, "/tenants/{id}/dead-letters/retry", tenants.TenantsWrite, tagDelivery,
		"Try dead letters once more", 400, 404, 413, 415), http.StatusOK),
		"What fails again is dead again; a mail whose code has expired meanwhile is dropped."), a.retryDeadLetters)
	huma.Register(a.v1, describe(status(op("discard-dead-letters", http.MethodPost, "/tenants/{id}/dead-letters/discard", tenants.TenantsWrite, tagDelivery,
		"Give dead letters up for good", 400, 404, 413, 415), http.StatusOK),
		"What they contain is erased."), a.discardDeadLetters)
}

func (a *API) listDeadLetters(ctx context.Context, in *listDeadLettersInput) (*listDeadLettersOutput, error) {
	if err := a.exists(ctx, in.ID); err != nil {
		return nil, err
	}
	letters, err := a.o.DeadLetters.List(ctx, in.ID, deadletter.Choice{Kind: in.Kind}, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &listDeadLettersOutput{}
	out.Body.DeadLetters = make([]DeadLetter, len(letters))
	for i, l := range letters {
		out.Body.DeadLetters[i] = DeadLetter(l)
	}
	return out, nil
}

func (a *API) retryDeadLetters(ctx context.Context, in *takeUpInput) (*takeUpOutput, error) {
	return a.takeUp(ctx, in, a.o.DeadLetters.Retry)
}

func (a *API) discardDeadLetters(ctx context.Context, in *takeUpInput) (*takeUpOutput, error) {
	return a.takeUp(ctx, in, a.o.DeadLetters.Discard)
}

func (a *API) takeUp(
	ctx context.Context, in *takeUpInput, do func(ctx context.Context, by tenants.Actor, tenant uuid.UUID, c deadletter.Choice) (int, error),
) (*takeUpOutput, error) {
	if err := a.exists(ctx, in.ID); err != nil {
		return nil, err
	}
	n, err := do(ctx, caller(ctx).Actor, in.ID, deadletter.Choice{Kind: in.Body.Kind, IDs: in.Body.IDs})
	if err != nil {
		return nil, err
	}
	out := &takeUpOutput{}
	out.Body.Count = n
	return out, nil
}

// exists makes sure that the caller may touch a tenant and that there is one.
func (a *API) exists(ctx context.Context, id uuid.UUID) error {
	if err := reach(ctx, id); err != nil {
		return err
	}
	_, err := a.o.Registry.ByID(ctx, id)
	return err
}
