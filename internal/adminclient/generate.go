// Package adminclient is a client of the admin API, generated from its published OpenAPI document. It shows that the document is good for
// generators; the tests drive the API with it.
package adminclient

//go:generate go tool -modfile=../../tools/openapi/go.mod oapi-codegen -config config.yaml ../../docs/openapi/admin.json
