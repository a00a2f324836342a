package public

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

const tagSAML = "SAML"

// documentSAML describes the SAML endpoints, which are no operations of huma: they answer with files and redirects.
func documentSAML(doc *huma.OpenAPI) {
	text := &huma.Schema{Type: "string"}
	query := func(name, description string, required bool) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: description, Required: required, Schema: text}
	}
	file := map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary"}}}
	off := &huma.Response{Description: "The tenant has SAML switched off, or is suspended"}
	doc.AddOperation(&huma.Operation{
		OperationID: "saml-metadata", Method: http.MethodGet, Path: "/saml/metadata", Tags: []string{tagSAML},
		Summary:     "What an identity provider must know of this tenant",
		Description: "Metadata of a SAML 2.0 service provider, or its certificate alone as PEM. It is the same for every domain.",
		Parameters: []*huma.Param{
			query("domain", "A mail domain that an enabled identity provider signs in", true),
			query("cert_only", "true: the certificate alone", false),
		},
		Responses: map[string]*huma.Response{
			"200": {Description: "The metadata, as a file", Content: file},
			"400": {Description: "cert_only is neither true nor false"},
			"403": off,
			"404": {Description: "No enabled identity provider signs in the domain"},
			"500": {Description: "An internal error"},
		},
	})
	doc.AddOperation(&huma.Operation{
		OperationID: "saml-auth", Method: http.MethodGet, Path: "/saml/auth", Tags: []string{tagSAML},
		Summary: "Sign in through the identity provider of a domain, from a link",
		Description: "Apps let people enter their address in a flow instead, which finds the identity provider by itself. The page that is " +
			"returned to gets `hanko_token`, to be redeemed in a token_exchange flow, or `error` and `error_description`.",
		Parameters: []*huma.Param{
			query("domain", "The mail domain", true),
			query("redirect_to", "The page to return to; the tenant must allow it", true),
		},
		Responses: map[string]*huma.Response{
			"307": {Description: "To the identity provider"},
			"303": {Description: "Back to the page that the link was on, with `error`"},
			"400": {Description: "Refused, and there is no page to tell: the browser names none, and `saml.default_redirect_url` is empty"},
			"429": {Description: "Too many sign-ins were begun from this address; `Retry-After` says how long to wait"},
			"403": off,
		},
	})
	doc.AddOperation(&huma.Operation{
		OperationID: "saml-request", Method: http.MethodGet, Path: "/saml/request", Tags: []string{tagSAML},
		Summary:    "A page that posts a request to an identity provider which takes no redirects",
		Parameters: []*huma.Param{query("data", "What is posted, sealed", true)},
		Responses: map[string]*huma.Response{
			"200": {Description: "The page", Content: map[string]*huma.MediaType{"text/html": {Schema: text}}},
			"403": off,
			"404": {Description: "The address is none of this tenant's, or too old"},
		},
	})
	doc.AddOperation(&huma.Operation{
		OperationID: "saml-callback", Method: http.MethodPost, Path: "/saml/callback", Tags: []string{tagSAML},
		Summary:     "Where identity providers have browsers post their responses",
		Description: "The assertion consumer service, by the HTTP-POST binding. It takes answers to requests of this tenant, and responses that identity providers send by themselves.",
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"application/x-www-form-urlencoded": {Schema: &huma.Schema{
				Type: "object", Required: []string{"SAMLResponse"},
				Properties: map[string]*huma.Schema{
					"SAMLResponse": {Type: "string", Description: "The response, in base64"},
					"RelayState":   {Type: "string", Description: "What came with the request"},
				},
			}},
		}},
		Responses: map[string]*huma.Response{
			"302": {Description: "To the page that was to be returned to, with `hanko_token`, and `saml_hint=idp_initiated` where the person began at the identity provider"},
			"303": {Description: "To that page, with `error` and `error_description`"},
			"400": {Description: "The form cannot be read; or the sign-in is refused, and there is no page to tell"},
			"403": off,
			"413": {Description: "The form is too large"},
		},
	})
}
