package wire

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// finish is how long requests that are being served may take when the servers close.
const finish = 10 * time.Second

// errDraining is why a server that is about to end is not ready.
var errDraining = errors.New("the program is about to end")

// leave waits for the program to be told to end, and then for those who send it requests to notice: it is not ready any more, and still answers
// for server.drain_delay. A program that ends because something failed waits for nobody.
func (a *App) leave(told context.Context, failed <-chan struct{}) {
	select {
	case <-failed:
		return
	case <-told.Done():
	}
	a.draining.Store(true)
	delay := a.Settings.Server.DrainDelay
	if delay <= 0 {
		return
	}
	a.Log.InfoContext(told, "about to end: not ready any more", "drain_delay", delay.String())
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-failed:
	}
}

// parting says in the answers of a server that drains that their connection is not to be used again, so that none of those that a proxy keeps is
// closed at the moment at which it sends another request (RFC 9112 §9.6; over HTTP/2 the library sends GOAWAY).
func (a *App) parting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}
