package api

import serverstatus "github.com/latchkeep/latchkeep/api/status"

// statusRoutes are open to everybody: they say only that the service is there.
func (a *API) statusRoutes() {
	a.router.Get("/", serverstatus.Page("the operators' API", "/v1/openapi.json"))
	a.router.Get("/health/alive", serverstatus.Alive)
	a.router.Get("/health/ready", serverstatus.Ready(a.o.Ready, a.o.Log))
}
