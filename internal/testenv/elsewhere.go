package testenv

import (
	"context"
	"net"
	"net/http"
	"testing"

	"github.com/google/uuid"
)

// PublicBase is the public.base_url of every Env, and of programs that Elsewhere reaches.
const PublicBase = "http://" + domain

// Elsewhere is a tenant of a program that runs apart, such as one of an earlier version: it is reached through its public server alone, by the
// tenant's host name. What looks inside of a program does not work with it.
func Elsewhere(t testing.TB, address, slug string, id uuid.UUID) *Tenant {
	t.Helper()
	e := &Env{transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, address)
		},
	}}
	t.Cleanup(e.transport.CloseIdleConnections)
	return &Tenant{Env: e, ID: id, Slug: slug, base: "http://" + slug + "." + domain}
}
