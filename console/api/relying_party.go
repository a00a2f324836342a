package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/relyingparty"
)

type planInput struct {
	TenantPath
	RPID    string   `query:"rp_id" maxLength:"253" doc:"The id that is thought of; left out: the one that is configured." example:"shop.example"`
	Origins []string `query:"origins,explode" maxItems:"100" doc:"The origins that are thought of, each once; left out: those that are configured." example:"[\"https://login.shop.example\"]"`
}

// RelyingParty is for whom credentials are made.
type RelyingParty struct {
	ID      string   `json:"id" doc:"webauthn.relying_party.id" example:"shop.example"`
	Origins []string `json:"origins" nullable:"false" doc:"webauthn.relying_party.origins"`
}

// BrokenCredentials is what a change breaks.
type BrokenCredentials struct {
	Passkeys         int `json:"passkeys" doc:"Passkeys that can never be used again." example:"120"`
	SecurityKeys     int `json:"security_keys" doc:"Security keys that can never be used again." example:"3"`
	People           int `json:"people" doc:"People who have one of them." example:"90"`
	OnlyPasskeys     int `json:"people_without_another_way" doc:"Those who have no other way to sign in." example:"12"`
	OnlySecurityKeys int `json:"people_without_another_second_factor" doc:"Those who have no other second factor." example:"1"`
}

// PlannedOrigin is a page or app.
type PlannedOrigin struct {
	Origin string   `json:"origin" doc:"The origin." example:"https://login.shop.example"`
	How    string   `json:"how" enum:"own,related,app,refused" doc:"own: its host is the id or below it. related: browsers look for it in the list of related origins. app: an app. refused: browsers refuse it." example:"own"`
	Reason string   `json:"reason" doc:"Why it is refused; else empty."`
	IDs    []string `json:"ids" nullable:"false" doc:"Ids that it would work with as its own."`
}

type planOutput struct {
	Body struct {
		Current      RelyingParty      `json:"current" doc:"What is configured."`
		Planned      RelyingParty      `json:"planned" doc:"What is thought of."`
		Breaks       bool              `json:"breaks" doc:"Whether all credentials that there are would become useless." example:"true"`
		Broken       BrokenCredentials `json:"broken" doc:"What would break."`
		Origins      []PlannedOrigin   `json:"origins" nullable:"false" doc:"How each origin would work."`
		Lost         []string          `json:"lost_origins" nullable:"false" doc:"Origins that can use credentials now and could not any more."`
		Names        []string          `json:"related_names" nullable:"false" doc:"The different names of all origins: the part before the public suffix. Browsers take five."`
		RelatedAt    string            `json:"related_origins_url" doc:"Where browsers look for the list of related origins; empty where no origin needs it." example:"https://shop.example/.well-known/webauthn"`
		RelatedKnown string            `json:"related_origins_browsers" doc:"Browsers that know related origins."`
		Problems     []Warning         `json:"problems" nullable:"false" doc:"What a configuration with this would be refused for."`
		Advice       []string          `json:"advice" nullable:"false" doc:"What to do, in order."`
	}
}

func (a *API) relyingPartyOperations() {
	huma.Register(a.v1, describe(op("plan-relying-party", http.MethodGet, "/tenants/{id}/relying-party/plan", tenants.TenantsRead, tagDomains,
		"Foretell what a change of the relying party breaks", 400, 404), "Counts the passkeys and security keys that another id would make useless, says which "+
		"origins work with which id, and what to do instead. Nothing is changed."), a.planRelyingParty)
}

func (a *API) planRelyingParty(ctx context.Context, in *planInput) (*planOutput, error) {
	if err := reach(ctx, in.ID); err != nil {
		return nil, err
	}
	p, err := a.o.Tenants.PlanRelyingParty(ctx, in.ID, in.RPID, in.Origins)
	if err != nil {
		return nil, err
	}
	out := &planOutput{}
	b := &out.Body
	b.Current, b.Planned = RelyingParty{p.From.ID, p.From.Origins}, RelyingParty{p.To.ID, p.To.Origins}
	b.Breaks, b.Broken = p.Breaks, BrokenCredentials(p.Broken)
	b.Origins = make([]PlannedOrigin, len(p.Origins))
	for i, o := range p.Origins {
		b.Origins[i] = PlannedOrigin{o.Origin, string(o.How), o.Why, texts(o.IDs)}
	}
	b.Lost, b.Names, b.Advice = texts(p.Lost), texts(p.Names), texts(p.Advice)
	b.RelatedAt, b.RelatedKnown = p.RelatedAt, relyingparty.Browsers
	b.Problems = make([]Warning, len(p.Problems))
	for i, one := range p.Problems {
		b.Problems[i] = Warning(one)
	}
	return out, nil
}

// texts is a list that is not null.
func texts(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
