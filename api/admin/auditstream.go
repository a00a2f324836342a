package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/latchkeep/latchkeep/api/middleware"
	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/tenants"
)

func (s *Server) auditStreams() {
	huma.Register(s.api, yielding(described(op("export-audit-logs", http.MethodGet, "/audit_logs/export", tenants.AuditRead, tagAudit, "Export the audit log", 400),
		"All entries that meet the filters, newest first, as they are read: as JSON lines, each as the list has them, or as CSV (RFC 4180) with a "+
			"line of names. In CSV a cell that a spreadsheet would take for a formula has an apostrophe before it. An export that fails midway is broken off."),
		"application/jsonl", "text/csv"), s.exportAuditLogs)
	huma.Register(s.api, yielding(described(op("tail-audit-logs", http.MethodGet, "/audit_logs/tail", tenants.AuditRead, tagAudit, "Follow the audit log", 400),
		"New entries as they are recorded, as Server-Sent Events: `data` is an entry as the list has it, `id` its place in the log. A client that comes "+
			"back with `Last-Event-ID` misses nothing. Where nothing happens, a comment is sent every quarter of a minute. At most 20 may listen to a tenant's log "+
			"at each server. The stream ends when the key is revoked, the tenant suspended or the server stopped."),
		"text/event-stream"), s.tailAuditLogs)
}

// yielding says of which media types the answer is.
func yielding(o huma.Operation, media ...string) huma.Operation {
	content := map[string]*huma.MediaType{}
	for _, m := range media {
		content[m] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	}
	o.Responses = map[string]*huma.Response{"200": {Description: http.StatusText(http.StatusOK), Content: content}}
	return o
}

type exportAuditInput struct {
	AuditFilters
	Format audit.Format `query:"format" enum:"jsonl,csv" default:"jsonl" doc:"JSON lines or CSV."`
}

func (s *Server) exportAuditLogs(ctx context.Context, in *exportAuditInput) (*huma.StreamResponse, error) {
	export, err := s.o.Audit.Export(ctx, tenantOf(ctx), in.filter(), in.Format)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		_, w := humachi.Unwrap(h)
		extend(w)
		h.SetHeader("Content-Type", in.Format.Media())
		h.SetHeader("Content-Disposition", fmt.Sprintf(`attachment; filename="audit-log.%s"`, in.Format))
		if _, err := export.Write(ctx, h.BodyWriter(), http.NewResponseController(w).Flush); err != nil {
			s.o.Log.WarnContext(ctx, "an answer was broken off", "error", err)
			panic(http.ErrAbortHandler)
		}
	}}, nil
}

type tailAuditInput struct {
	Types       []string `query:"type,explode" maxItems:"100" doc:"Only entries of this type, or one of these: the parameter may be repeated."`
	ActorUserID string   `query:"actor_user_id" maxLength:"255" doc:"Only what concerns this user; part of an id will do."`
	// A text, so that what is no number can be told from none.
	LastEventID string `header:"Last-Event-ID" maxLength:"32" pattern:"^[0-9]*$" doc:"The id of the last entry that was received; what came since is sent first. Without it, only what is new is sent."`
}

const (
	// heartbeat is how long nothing is sent at most.
	heartbeat = 15 * time.Second
	// patience is how long a listener may take to take what is sent.
	patience = 10 * time.Second
)

func (s *Server) tailAuditLogs(ctx context.Context, in *tailAuditInput) (*huma.StreamResponse, error) {
	t := tenantOf(ctx)
	f := audit.TailFilter{Types: slices.DeleteFunc(in.Types, func(name string) bool { return name == "" }), ActorUserID: in.ActorUserID}
	var after *int64
	if in.LastEventID != "" {
		n, err := strconv.ParseInt(in.LastEventID, 10, 64)
		if err != nil {
			return nil, wrong("Last-Event-ID", "is no id of an entry")
		}
		after = &n
	}
	listener, err := s.o.Tails.Listen(ctx, t, f, after)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		defer listener.Close()
		r, w := humachi.Unwrap(h)
		h.SetHeader("Content-Type", "text/event-stream")
		h.SetHeader("X-Accel-Buffering", "no") // proxies must not wait for more
		c := http.NewResponseController(w)
		_ = c.SetReadDeadline(time.Time{}) // nothing more is read; servers in tests know no deadlines
		may := func() bool { return s.mayStillRead(ctx, r, t) }
		// The client has gone, or will come back: there is nobody to tell of an error.
		if err := tail(ctx, listener, t, &deadlined{h.BodyWriter(), c}, may); err != nil && ctx.Err() == nil {
			s.o.Log.DebugContext(ctx, "a listener was lost", "error", err)
		}
	}}, nil
}

// mayStillRead reports whether the key is still good, and the tenant not suspended.
func (s *Server) mayStillRead(ctx context.Context, r *http.Request, t *tenants.Tenant) bool {
	key, err := s.o.APIKeys.Authenticate(ctx, middleware.Bearer(r.Header.Get("Authorization")))
	if err != nil || key.TenantID != t.ID {
		return false
	}
	now, err := s.o.Registry.ByID(ctx, t.ID)
	return err == nil && !now.Suspended()
}

// hearing is what an audit.Listener does.
type hearing interface {
	Next(ctx context.Context, wait time.Duration) (events []audit.Event, open bool, err error)
}

// tail sends what a listener hears, and comments in between, until he is let go, may listen no more, or cannot be reached.
func tail(ctx context.Context, l hearing, t *tenants.Tenant, w io.Writer, may func() bool) error {
	if _, err := io.WriteString(w, ": listening\n\n"); err != nil {
		return err
	}
	for looked := time.Now(); ; {
		events, open, err := l.Next(ctx, heartbeat)
		if err != nil || !open && len(events) == 0 {
			return err
		}
		if time.Since(looked) >= heartbeat {
			if !may() {
				return nil
			}
			looked = time.Now()
		}
		if err := send(w, t, events); err != nil {
			return err
		}
	}
}

// send writes events, or where there are none, a comment.
func send(w io.Writer, t *tenants.Tenant, events []audit.Event) error {
	b := []byte(": nothing new\n\n")
	if len(events) > 0 {
		b = b[:0]
	}
	for _, e := range events {
		line, err := json.Marshal(e.Line(t.ID))
		if err != nil {
			return err
		}
		b = fmt.Appendf(b, "id: %d\ndata: %s\n\n", e.Sequence, line)
	}
	_, err := w.Write(b)
	return err
}

// deadlined sends at once, and waits only so long for the client to take it.
type deadlined struct {
	io.Writer
	c *http.ResponseController
}

func (d *deadlined) Write(b []byte) (int, error) {
	_ = d.c.SetWriteDeadline(time.Now().Add(patience))
	n, err := d.Writer.Write(b)
	if err == nil {
		err = d.c.Flush()
	}
	return n, err
}
