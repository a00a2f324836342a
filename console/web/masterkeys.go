package web

import (
	"maps"
	"net/http"
	"slices"

	"github.com/latchkeep/latchkeep/auth/reseal"
	"github.com/latchkeep/latchkeep/tenants"
)

func (s *Server) masterKeyRoutes() []Route {
	return []Route{{Method: http.MethodGet, Pattern: "/master-keys", Scope: tenants.MasterKeysRead, handle: s.masterKeys}}
}

func (s *Server) masterKeys(v *visit) error {
	v.Section = "master-keys"
	status, err := s.o.Reseal.Status(v.ctx())
	if err != nil {
		return err
	}
	return v.show("Master keys", masterKeysPage(status))
}

// placesOf are where values are, in order.
func placesOf(t reseal.Tally) []string { return slices.Sorted(maps.Keys(t.Places)) }
