package web

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/api/middleware"
	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/auth/webhook"
	"github.com/latchkeep/latchkeep/tenants"
)

// auditList is what the page of an audit log shows.
type auditList struct {
	Entries                  []audit.Entry
	Type, User, Search       string
	From, To                 string // as a browser writes them: 2026-11-29T12:00
	Next                     string
	Tail, JSONLines, CSVText string // addresses, with the filters
}

func (s *Server) auditLog(v *visit) error {
	v.Section = "audit"
	t, err := v.snapshot()
	if err != nil {
		return err
	}
	list := auditList{Type: v.query("type"), User: v.query("user"), Search: v.query("q"), From: v.query("from"), To: v.query("to")}
	var found audit.Page
	if cursor := v.query("cursor"); cursor != "" {
		found, err = s.o.Audit.ListAfter(v.ctx(), t, list.filter(), cursor, perPage)
	} else {
		found, err = s.o.Audit.List(v.ctx(), t, list.filter(), 1, perPage)
	}
	if err != nil {
		return err
	}
	list.Entries = found.Entries
	query := url.Values{"type": {list.Type}, "user": {list.User}, "q": {list.Search}, "from": {list.From}, "to": {list.To}}
	list.Tail, list.JSONLines = "/audit/tail?"+query.Encode(), "/audit/export?"+query.Encode()
	list.CSVText = list.JSONLines + "&format=csv"
	if found.Next != "" {
		query.Set("cursor", found.Next)
		list.Next = "/audit?" + query.Encode()
	}
	return v.show("Audit log", auditPage(v, list))
}

func (l auditList) filter() audit.Filter {
	f := audit.Filter{ActorUserID: l.User, Query: l.Search, StartTime: local(l.From), EndTime: local(l.To)}
	if l.Type != "" {
		f.Types = []string{l.Type}
	}
	return f
}

// local is a time as a browser's field has it, in UTC; zero where it is none.
func local(text string) time.Time {
	t, err := time.Parse("2006-01-02T15:04", text)
	if err != nil {
		return time.Time{}
	}
	return t
}

func (s *Server) exportAudit(v *visit) error {
	t, err := v.snapshot()
	if err != nil {
		return err
	}
	list := auditList{Type: v.query("type"), User: v.query("user"), Search: v.query("q"), From: v.query("from"), To: v.query("to")}
	format := audit.JSONL
	if v.query("format") == string(audit.CSV) {
		format = audit.CSV
	}
	export, err := s.o.Audit.Export(v.ctx(), t, list.filter(), format)
	if err != nil {
		return err
	}
	c := http.NewResponseController(v.w)
	_ = c.SetWriteDeadline(time.Time{}) // it takes as long as it takes; servers in tests know no deadlines
	v.w.Header().Set("Content-Type", format.Media())
	v.w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="audit-log.%s"`, format))
	if _, err := export.Write(v.ctx(), v.w, c.Flush); err != nil {
		s.o.Log.WarnContext(v.ctx(), "an export was broken off", "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// heartbeat is how long nothing is sent to who follows a log, at most.
const heartbeat = 15 * time.Second

// tailAudit sends new records as rows of the table, as Server-Sent Events, for as long as the visitor may read them.
func (s *Server) tailAudit(v *visit) error {
	t, err := v.snapshot()
	if err != nil {
		return err
	}
	f := audit.TailFilter{ActorUserID: v.query("user")}
	if kind := v.query("type"); kind != "" {
		f.Types = []string{kind}
	}
	listener, err := s.o.Tails.Listen(v.ctx(), t, f, nil)
	if err != nil {
		return err
	}
	defer listener.Close()
	h := v.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // proxies must not wait for more
	c := http.NewResponseController(v.w)
	_ = c.SetReadDeadline(time.Time{}) // nothing more is read; servers in tests know no deadlines
	for looked := s.o.Now(); ; {
		_ = c.SetWriteDeadline(time.Now().Add(heartbeat))
		if _, err := io.WriteString(v.w, ": here\n\n"); err != nil || c.Flush() != nil {
			return nil // the client is gone, and will come back if it likes
		}
		events, open, err := listener.Next(v.ctx(), heartbeat)
		if err != nil || !open && len(events) == 0 {
			return nil
		}
		if s.o.Now().Sub(looked) >= heartbeat {
			if o, err := s.signedIn(v.r); err != nil || !o.Principal().May(tenants.AuditRead, t.ID) {
				return nil
			}
			looked = s.o.Now()
		}
		for _, e := range events {
			var row bytes.Buffer
			if err := auditRow(v, e.Entry).Render(v.ctx(), &row); err != nil {
				return nil
			}
			line := strings.NewReplacer("\n", " ", "\r", " ").Replace(row.String())
			if _, err := fmt.Fprintf(v.w, "id: %d\ndata: %s\n\n", e.Sequence, line); err != nil {
				return nil
			}
		}
	}
}

// webhooksList is what the page of the webhooks shows.
type webhooksList struct {
	Endpoints  []webhook.Endpoint
	Deliveries []webhook.Delivery
	State      string
	Event      string
	Endpoint   string
	Next       string
}

func (s *Server) webhooks(v *visit) error {
	v.Section = "webhooks"
	t, err := v.snapshot()
	if err != nil {
		return err
	}
	list := webhooksList{State: v.query("state"), Event: v.query("event"), Endpoint: v.query("endpoint")}
	if list.Endpoints, err = s.o.Webhooks.Endpoints(v.ctx(), t); err != nil {
		return err
	}
	f := webhook.Filter{Event: list.Event}
	if slices.Contains([]string{"waiting", "delivered", "dead", "dropped"}, list.State) {
		f.State = list.State
	}
	if id, err := uuid.Parse(list.Endpoint); err == nil {
		f.Endpoint = id
	}
	next := ""
	if list.Deliveries, next, err = s.o.Webhooks.Deliveries(v.ctx(), t, f, v.query("cursor"), perPage); err != nil {
		return err
	}
	if next != "" {
		list.Next = "/webhooks?" + url.Values{"state": {list.State}, "event": {list.Event}, "endpoint": {list.Endpoint}, "cursor": {next}}.Encode()
	}
	return v.show("Webhooks", webhooksPage(v, list))
}

func (s *Server) delivery(v *visit) error {
	v.Section = "webhooks"
	t, err := v.snapshot()
	if err != nil {
		return err
	}
	id, err := v.id("delivery")
	if err != nil {
		return err
	}
	told, err := s.o.Webhooks.Delivery(v.ctx(), t, id)
	if err != nil {
		return err
	}
	payload, err := s.o.Webhooks.Payload(v.ctx(), t, id)
	if err != nil {
		return err
	}
	return v.show("Delivery", deliveryPage(v, told, payload))
}

func (s *Server) replay(v *visit) error {
	t, err := v.snapshot()
	if err != nil {
		return err
	}
	id, err := v.id("delivery")
	if err != nil {
		return err
	}
	if _, err := s.o.Webhooks.Replay(v.ctx(), t, id); err != nil {
		return err
	}
	return v.done("/t/"+v.Tenant.ID.String()+"/webhooks/deliveries/"+id.String(), "It is sent again, with the same id.")
}

func (s *Server) testWebhook(v *visit) error {
	t, err := v.snapshot()
	if err != nil {
		return err
	}
	id, err := v.id("endpoint")
	if err != nil {
		return err
	}
	test, err := s.o.Webhooks.Test(v.ctx(), t, id)
	if err != nil {
		return err
	}
	message := fmt.Sprintf("The endpoint answered %d.", test.Status)
	if test.Error != "" {
		message = "It did not arrive: " + test.Error + "."
	}
	return v.done("/t/"+v.Tenant.ID.String()+"/webhooks", message)
}

func (s *Server) enableWebhook(v *visit) error {
	t, err := v.snapshot()
	if err != nil {
		return err
	}
	id, err := v.id("endpoint")
	if err != nil {
		return err
	}
	if _, err := s.o.Webhooks.Enable(v.ctx(), t, middleware.From(v.ctx()).Client, v.Who.Actor, id); err != nil {
		return err
	}
	return v.done("/t/"+v.Tenant.ID.String()+"/webhooks", "The endpoint is sent events again.")
}
