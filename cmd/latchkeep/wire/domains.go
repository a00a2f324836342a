package wire

import (
	"net"

	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/pkg/settings"
	"github.com/latchkeep/latchkeep/tenants/domains"
)

// domainRoom is tenants' own domains.
func (a *App) domainRoom(out *outbox.Writer) *domains.Room {
	resolver := a.options.Resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	s := a.Settings
	return domains.NewRoom(domains.Needs{
		Store: a.Store, Outbox: out, Registry: a.Registry, Tenants: a.Provisioner, Resolver: resolver,
		Reserved: []string{hostOf(s.Console.BaseURL), hostOf(s.Admin.BaseURL)}, Log: a.Log, Now: a.options.Now,
	})
}

// hostOf is the host of a base URL without its port.
func hostOf(b settings.BaseURL) string {
	if host, _, err := net.SplitHostPort(b.Host); err == nil {
		return host
	}
	return b.Host
}
