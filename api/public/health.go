package public

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// Alive and Ready are answers about the server's health.
type (
	// Alive says that the process answers.
	Alive struct {
		Alive bool `json:"alive"`
	}
	// Ready says that requests can be served.
	Ready struct {
		Ready bool `json:"ready"`
	}
)

type aliveOutput struct{ Body Alive }
type readyOutput struct{ Body Ready }

func (s *Server) registerHealth() {
	huma.Register(s.api, huma.Operation{
		OperationID: "alive", Method: http.MethodGet, Path: "/health/alive", Tags: []string{"Health"}, Summary: "Does the server answer?",
	}, func(context.Context, *struct{}) (*aliveOutput, error) { return &aliveOutput{Alive{true}}, nil })
	huma.Register(s.api, huma.Operation{
		OperationID: "ready", Method: http.MethodGet, Path: "/health/ready", Tags: []string{"Health"}, Summary: "Can the server serve?",
	}, func(context.Context, *struct{}) (*readyOutput, error) { return &readyOutput{Ready{true}}, nil })
}

// Base serves what belongs to no tenant: health, documents, and what the options add.
func (s *Server) Base() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/health/alive":
			writeJSON(w, http.StatusOK, []byte(`{"alive":true}`))
		case "/health/ready":
			writeJSON(w, http.StatusOK, []byte(`{"ready":true}`))
		default:
			if s.options.Base == nil {
				writeError(w, http.StatusNotFound)
				return
			}
			s.options.Base.ServeHTTP(w, r)
		}
	})
}
