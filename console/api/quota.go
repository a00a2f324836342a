package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/allowance"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/quota"
)

const quotasPath = "/tenants/{id}/quotas"

// A QuotaLimit is what an operator allows.
type QuotaLimit struct {
	Soft int64 `json:"soft,omitempty" minimum:"0" maximum:"1000000000000" doc:"From how many on a warning goes out; 0 or left out: at the part of hard that the deployment says." example:"800"`
	Hard int64 `json:"hard,omitempty" minimum:"0" maximum:"1000000000000" doc:"From how many on something is refused; 0 or left out: never." example:"1000"`
}

// QuotaLimits are the limits of a tenant's own.
type QuotaLimits struct {
	MonthlyActivePeople *QuotaLimit `json:"monthly_active_people,omitempty" doc:"People who sign in or up in a month. Beyond hard nobody new signs up; who has an account signs in."`
	Registrations       *QuotaLimit `json:"registrations_per_day,omitempty" doc:"People who sign up in a day."`
	Users               *QuotaLimit `json:"users,omitempty" doc:"Users that there are."`
	Mails               *QuotaLimit `json:"mails_per_day,omitempty" doc:"Mails sent in a day. Beyond hard notifications wait, and nobody registers who would need a code."`
	Webhooks            *QuotaLimit `json:"webhooks_per_day,omitempty" doc:"Events delivered in a day. Beyond hard they wait for the next."`
	APICalls            *QuotaLimit `json:"api_calls_per_day,omitempty" doc:"Requests to the admin API in a day. Beyond hard they are answered with 429."`
}

func (l QuotaLimits) domain() quota.Limits {
	limits := quota.Limits{}
	for name, limit := range map[quota.Name]*QuotaLimit{
		quota.MonthlyActivePeople: l.MonthlyActivePeople, quota.Registrations: l.Registrations, quota.Users: l.Users, quota.Mails: l.Mails,
		quota.Webhooks: l.Webhooks, quota.APICalls: l.APICalls,
	} {
		if limit != nil {
			limits[name] = quota.Limit{Soft: limit.Soft, Hard: limit.Hard}
		}
	}
	return limits
}

// Quota is how a tenant does with a quota.
type Quota struct {
	Quota  string     `json:"quota" enum:"monthly_active_people,registrations_per_day,users,mails_per_day,webhooks_per_day,api_calls_per_day" doc:"What is limited." example:"registrations_per_day"`
	Soft   int64      `json:"soft" doc:"From how many on a warning goes out; 0: none does." example:"800"`
	Hard   int64      `json:"hard" doc:"From how many on something is refused; 0: never." example:"1000"`
	Own    bool       `json:"own" doc:"Whether the limit is the tenant's own. Else it is the deployment's, where there is one."`
	Used   int64      `json:"used" doc:"How many there are so far." example:"12"`
	Period string     `json:"period" doc:"The day or month (UTC) that is counted; empty for what there is at all." example:"2026-11-29"`
	Until  *time.Time `json:"until" doc:"When the next one begins; null where there is none."`
	Over   bool       `json:"over" doc:"Whether hard was reached, and what follows from it holds."`
}

type quotasOutput struct {
	ETag string `header:"ETag" doc:"Entity tag of the tenant's own limits, for If-Match."`
	Body struct {
		Quotas []Quota `json:"quotas" nullable:"false" doc:"All quotas."`
	}
}

type putQuotasInput struct {
	TenantPath
	IfMatch string `header:"If-Match" doc:"Change only what still has this entity tag, else answer 412. * means any." example:"\"3\""`
	Body    struct {
		Quotas QuotaLimits `json:"quotas" doc:"The limits of the tenant's own. One that is given without soft and hard limits nothing, whatever the deployment says; one that is left out is the deployment's."`
	}
}

func (a *API) quotaOperations() {
	huma.Register(a.v1, op("get-quotas", http.MethodGet, quotasPath, tenants.TenantsRead, tagUsage, "Read what a tenant may have, and has", 400, 404), a.getQuotas)
	huma.Register(a.v1, describe(op("replace-quotas", http.MethodPut, quotasPath, tenants.TenantsWrite, tagUsage, "Set what a tenant may have",
		400, 404, 409, 412, 413, 415),
		"Only who may change every tenant can: a tenant's own operators cannot allow it more."), a.putQuotas)
}

func (a *API) getQuotas(ctx context.Context, in *TenantPath) (*quotasOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	q, err := a.o.Tenants.Quotas(ctx, in.ID)
	return a.showQuotas(ctx, in.ID, q, err)
}

func (a *API) putQuotas(ctx context.Context, in *putQuotasInput) (*quotasOutput, error) {
	how, err := Terms{IfMatch: in.IfMatch}.how(ctx, in.TenantPath)
	if err == nil {
		err = everywhere(ctx)
	}
	if err != nil {
		return nil, err
	}
	q, err := a.o.Tenants.SetQuotas(ctx, in.ID, in.Body.Quotas.domain(), how)
	if err == nil {
		a.o.Allowance.Touch(in.ID, true)
	}
	return a.showQuotas(ctx, in.ID, q, err)
}

func (a *API) showQuotas(ctx context.Context, id uuid.UUID, q tenants.Quotas, err error) (*quotasOutput, error) {
	if err != nil {
		return nil, err
	}
	list, err := a.o.Allowance.Standings(ctx, id, q)
	if err != nil {
		return nil, err
	}
	out := &quotasOutput{ETag: etag(q.Version)}
	out.Body.Quotas = make([]Quota, len(list))
	for i, s := range list {
		out.Body.Quotas[i] = showQuota(s)
	}
	return out, nil
}

func showQuota(s allowance.Standing) Quota {
	q := Quota{
		Quota: string(s.Quota), Soft: s.Limit.Soft, Hard: s.Limit.Hard, Own: s.Own, Used: s.Used, Period: s.Period.Name, Over: s.Over,
	}
	if until := s.Period.Until; !until.IsZero() {
		q.Until = &until
	}
	return q
}
