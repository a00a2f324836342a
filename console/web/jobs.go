package web

import (
	"net/http"
	"strconv"

	"github.com/latchkeep/latchkeep/auth/transfer"
	"github.com/latchkeep/latchkeep/tenants"
)

// jobsView is what the page of a tenant's imports and exports shows.
type jobsView struct {
	Jobs  []*transfer.Job
	Total int
	Next  string // address of the next page
}

func (s *Server) jobRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/t/{tenant}/jobs", Scope: tenants.UsersRead, handle: s.listJobs},
		{Method: http.MethodPost, Pattern: "/t/{tenant}/jobs/{job}/cancel", Scope: tenants.UsersWrite, handle: s.cancelJob},
	}
}

func (s *Server) listJobs(v *visit) error {
	v.Section = "jobs"
	t, err := v.snapshot()
	if err != nil {
		return err
	}
	page, err := strconv.Atoi(v.query("page"))
	if err != nil || page < 1 || page > 100_000 {
		page = 1
	}
	p := jobsView{}
	if p.Jobs, p.Total, err = s.o.Jobs.List(v.ctx(), t, (page-1)*perPage, perPage); err != nil {
		return err
	}
	if page*perPage < p.Total {
		p.Next = "/jobs?page=" + strconv.Itoa(page+1)
	}
	return v.show("Imports and exports", jobsPage(v, p))
}

func (s *Server) cancelJob(v *visit) error {
	id, err := v.id("job")
	if err != nil {
		return err
	}
	t, err := v.snapshot()
	if err != nil {
		return err
	}
	if err := s.o.Jobs.Cancel(v.ctx(), t, id); err != nil {
		return err
	}
	return v.done("/t/"+v.Tenant.ID.String()+"/jobs", "What was under way has ended; what was finished is gone.")
}

// jobProgress is how far a job is.
func jobProgress(j *transfer.Job) string {
	text := strconv.Itoa(j.Done)
	if j.Total > 0 {
		text += " of " + strconv.Itoa(j.Total)
	}
	if j.Rejected > 0 {
		text += ", " + strconv.Itoa(j.Rejected) + " rejected"
	}
	return text
}
