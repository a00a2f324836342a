package testenv

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// A logbook keeps what the program logs. The program tells there where it listens.
type logbook struct {
	mu        sync.Mutex
	written   []string
	severe    []string
	addresses map[string]string
	changed   chan struct{}
}

func newLogbook() *logbook {
	return &logbook{addresses: map[string]string{}, changed: make(chan struct{})}
}

// Enabled takes everything.
func (l *logbook) Enabled(context.Context, slog.Level) bool { return true }

// Handle keeps a record.
func (l *logbook) Handle(_ context.Context, r slog.Record) error {
	line := r.Level.String() + " " + r.Message
	attrs := map[string]string{}
	r.Attrs(func(a slog.Attr) bool {
		attrs[a.Key] = a.Value.String()
		line += fmt.Sprintf(" %s=%v", a.Key, a.Value)
		return true
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.written = append(l.written, line)
	if r.Level >= slog.LevelError {
		l.severe = append(l.severe, line)
	}
	if r.Message == "listening" {
		l.addresses[attrs["server"]] = attrs["address"]
		close(l.changed)
		l.changed = make(chan struct{})
	}
	return nil
}

// WithAttrs and WithGroup are not told apart: the program's logger has none.
func (l *logbook) WithAttrs([]slog.Attr) slog.Handler { return l }

// WithGroup is as WithAttrs.
func (l *logbook) WithGroup(string) slog.Handler { return l }

func (l *logbook) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.written...)
}

// address waits until a server listens.
func (l *logbook) address(server string, failed <-chan error) (string, error) {
	deadline := time.After(patience)
	for {
		l.mu.Lock()
		address, changed := l.addresses[server], l.changed
		l.mu.Unlock()
		if address != "" {
			return address, nil
		}
		select {
		case <-changed:
		case err := <-failed:
			return "", err
		case <-deadline:
			return "", fmt.Errorf("the %s server does not listen", server)
		}
	}
}

// Log is what the program logged so far, a line a record.
func (e *Env) Log() []string { return e.log.lines() }

// Errors are the records of what went wrong unexpectedly: a test that provokes nothing of the kind expects none.
func (e *Env) Errors() []string {
	e.log.mu.Lock()
	defer e.log.mu.Unlock()
	return append([]string(nil), e.log.severe...)
}
