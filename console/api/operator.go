package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/tenants"
)

const tagOperators = "Operators"

// OperatorToken is an operator token, without the token itself.
type OperatorToken struct {
	Token
	Tenants []uuid.UUID `json:"tenants" doc:"The tenants it is confined to; null is none: it may touch all." nullable:"true"`
}

type createOperatorInput struct {
	Body struct {
		NewToken
		Scopes  []string    `json:"scopes,omitempty" nullable:"false" doc:"What its bearer may do; left out: everything." example:"[\"tenants:read\",\"keys:*\"]"`
		Tenants []uuid.UUID `json:"tenants,omitempty" nullable:"false" minItems:"1" doc:"Confine it to these tenants; left out: all."`
	}
}

type createOperatorOutput struct {
	Body struct {
		OperatorToken
		Token string `json:"token" doc:"The token itself. It is shown only now." example:"lko_…"`
	}
}

type operatorsOutput struct {
	Body struct {
		OperatorTokens []OperatorToken `json:"operator_tokens" nullable:"false" doc:"The tokens, newest first, also those revoked or expired."`
	}
}

type operatorPath struct {
	TokenID uuid.UUID `path:"token_id" format:"uuid" doc:"The token's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
}

func (a *API) operatorOperations() {
	huma.Register(a.v1, describe(op("create-operator-token", http.MethodPost, "/operator-tokens", tenants.OperatorsWrite, tagOperators, "Create an operator token", 400, 413, 415),
		"The token is in the answer and never shown again. It can do no more than the token that made it."), a.createOperator)
	huma.Register(a.v1, op("list-operator-tokens", http.MethodGet, "/operator-tokens", tenants.OperatorsRead, tagOperators, "List operator tokens"), a.listOperators)
	huma.Register(a.v1, describe(op("revoke-operator-token", http.MethodDelete, "/operator-tokens/{token_id}", tenants.OperatorsWrite, tagOperators, "Revoke an operator token", 400, 404),
		"It works nowhere any more within a second. A token cannot revoke one that may do more than itself."), a.revokeOperator)
}

func (a *API) createOperator(ctx context.Context, in *createOperatorInput) (*createOperatorOutput, error) {
	n := tenants.NewOperatorToken{NewToken: in.Body.domain(), Tenants: in.Body.Tenants}
	n.Scopes = in.Body.Scopes
	t, plain, err := a.o.Operators.Create(ctx, caller(ctx).Actor, caller(ctx), n)
	if err != nil {
		return nil, err
	}
	out := &createOperatorOutput{}
	out.Body.OperatorToken, out.Body.Token = showOperator(t), plain
	return out, nil
}

func (a *API) listOperators(ctx context.Context, _ *struct{}) (*operatorsOutput, error) {
	if err := everywhere(ctx); err != nil {
		return nil, err
	}
	list, err := a.o.Operators.List(ctx)
	if err != nil {
		return nil, err
	}
	out := &operatorsOutput{}
	out.Body.OperatorTokens = make([]OperatorToken, len(list))
	for i, t := range list {
		out.Body.OperatorTokens[i] = showOperator(t)
	}
	return out, nil
}

func (a *API) revokeOperator(ctx context.Context, in *operatorPath) (*struct{}, error) {
	return nil, a.o.Operators.Revoke(ctx, caller(ctx).Actor, caller(ctx), in.TokenID)
}

func showOperator(t tenants.OperatorToken) OperatorToken {
	return OperatorToken{showToken(t.Token), t.Tenants}
}
