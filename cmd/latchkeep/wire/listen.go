package wire

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// How long a connection is kept open between two requests. A proxy that sends a request over one that is just being closed answers 502, since only the
// client knows whether a POST may be sent again. So we keep a connection for longer than proxies do: nginx and the balancers of AWS for a minute, Traefik for
// 90 seconds, Caddy for two minutes, the balancers of Google for ten. Browsers ask again by themselves.
const (
	keptForProxies  = 11 * time.Minute
	keptForBrowsers = 2 * time.Minute
)

func (a *App) listen(ctx context.Context, names []string) (map[string]net.Listener, error) {
	listeners := map[string]net.Listener{}
	var config net.ListenConfig
	for _, name := range names {
		l, err := config.Listen(ctx, "tcp", a.address(name))
		if err != nil {
			for _, open := range listeners {
				_ = open.Close() // the first failure is the one to report
			}
			return nil, fmt.Errorf("server.%s.address: %w", name, err)
		}
		listeners[name] = l
	}
	return listeners, nil
}

func (a *App) address(name string) string {
	s := a.Settings.Server
	switch name {
	case "public":
		return s.Public.Address
	case "admin":
		return s.Admin.Address
	case "console":
		return s.Console.Address
	case "http":
		return a.Settings.TLS.HTTPAddress
	default:
		return s.Ops.Address
	}
}

// serve answers requests until the context ends, and then lets those under way finish.
func (a *App) serve(ctx context.Context, l net.Listener, name string) error {
	server := a.server(a.handler(name), a.kept(name))
	server.RegisterOnShutdown(a.tails.Close) // those who follow a log would not finish
	done := make(chan error, 1)
	go func() {
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), finish)
		defer cancel()
		done <- server.Shutdown(stop)
	}()
	serve := server.Serve
	if name == "public" && a.certificates != nil {
		server.TLSConfig = a.certificates.TLS()
		server.Handler = encryptedOnly(server.Handler)
		serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	if err := serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-done
}

// kept is how long the connections of a server are open without a request.
func (a *App) kept(name string) time.Duration {
	if a.certificates != nil && (name == "public" || name == "http") {
		return keptForBrowsers
	}
	return keptForProxies
}

// server is one that bounds what a connection may take of it, in time and memory.
func (a *App) server(handler http.Handler, kept time.Duration) *http.Server {
	return &http.Server{
		Handler:           a.parting(handler),
		ErrorLog:          slog.NewLogLogger(a.Log.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       kept,
		MaxHeaderBytes:    32 << 10,
	}
}

// encryptedOnly tells browsers to come back to a host by TLS alone (HSTS, RFC 6797), for a year. Behind a proxy that is the proxy's to say.
func encryptedOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		next.ServeHTTP(w, r)
	})
}
