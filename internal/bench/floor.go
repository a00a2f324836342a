package main

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// floorAddress names, in the environment, where an empty server listens.
const floorAddress = "BENCH_FLOOR_ADDRESS"

// serveFloor answers every request with the same few bytes: what any program that uses Go's HTTP server spends on a request.
func serveFloor(ctx context.Context, address string) error {
	body := []byte(strings.Repeat("x", 400))
	server := &http.Server{Addr: address, ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body) // the client is gone
	})}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return server.ListenAndServe()
}
