package admin

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/transfer"
	"github.com/latchkeep/latchkeep/pkg/paging"
	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
)

const (
	// maxImport is the most bytes of an import that the API takes; the command line takes any.
	maxImport = 64 << 20
	// transferTime is how long an import may take to arrive, and a result to be fetched.
	transferTime = 10 * time.Minute
)

const importDescription = `The body is a JSON array in the import format (docs/import-export.md), 64 MiB at most. It is checked while it arrives: what is no
array of entries is refused with 400; where entries break a rule, the job fails at once, unless ` + "`skip_invalid`" + ` leaves them out. A worker then writes the
entries, some hundred at a time; those that conflict with users who are there, or with earlier entries, are rejected. No mails or webhooks come of
it, and users have no audit records of their own; the import has one, ` + "`users_imported`" + `. The report says why an entry was rejected.`

func (s *Server) jobOperations() {
	imports := answering(op("start-import", http.MethodPost, "/imports", tenants.UsersWrite, tagJobs, "Import users", 400, 409, 413), http.StatusAccepted)
	imports.Metadata[repeatableKey] = false // it is streamed
	huma.Register(s.api, described(imports, importDescription), s.startImport)
	// Only now: huma would read a body that it knows of.
	s.api.OpenAPI().Paths["/imports"].Post.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {
		Schema: &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}},
	}}}
	huma.Register(s.api, described(answering(op("start-export", http.MethodPost, "/exports", tenants.UsersRead, tagJobs, "Export users", 400, 409, 413, 415),
		http.StatusAccepted), "Writes the tenant's users in the import format. `with_credentials` and `with_totp` need the scope `credentials:export`, which only "+
		"has who was given it by this name; so does reading the result. The result is kept for seven days, or until the job is deleted."), s.startExport)
	huma.Register(s.api, op("list-jobs", http.MethodGet, "/jobs", tenants.UsersRead, tagJobs, "List imports and exports, newest first", 400), s.listJobs)
	huma.Register(s.api, op("get-job", http.MethodGet, "/jobs/{job_id}", tenants.UsersRead, tagJobs, "Read an import or export", 400), s.getJob)
	huma.Register(s.api, described(op("cancel-job", http.MethodDelete, "/jobs/{job_id}", tenants.UsersWrite, tagJobs, "Cancel a job, or delete one that is finished", 400),
		"What is done of a job that is cancelled stays done. A job that is finished is deleted with its report and its result."), s.cancelJob)
	report := op("get-job-report", http.MethodGet, "/jobs/{job_id}/report", tenants.UsersRead, tagJobs, "Read which entries were rejected, and why", 400)
	huma.Register(s.api, streaming(report, "application/jsonl", "A JSON object a line, with entry (from 1), code, field and reason."), s.jobReport)
	result := op("get-job-result", http.MethodGet, "/jobs/{job_id}/result", tenants.UsersRead, tagJobs, "Read what was exported", 400, 409)
	huma.Register(s.api, streaming(result, "application/json", "The users, in the import format."), s.jobResult)
}

// streaming describes an answer that is not made in memory.
func streaming(o huma.Operation, media, what string) huma.Operation {
	o.Responses = map[string]*huma.Response{"200": {Description: what, Content: map[string]*huma.MediaType{media: {Schema: &huma.Schema{}}}}}
	return o
}

// jobView is a job as it is shown.
type jobView struct {
	ID         uuid.UUID   `json:"id" format:"uuid" doc:"The job's id."`
	Kind       string      `json:"kind" enum:"import,export" doc:"What it does."`
	State      string      `json:"state" enum:"receiving,queued,running,done,failed,cancelled" doc:"How far it is."`
	Options    jobSettings `json:"options" doc:"What was asked for."`
	Total      int         `json:"total" doc:"Entries, as far as known."`
	Done       int         `json:"done" doc:"Entries dealt with, rejected ones included."`
	Rejected   int         `json:"rejected" doc:"Entries that were not written; the report says why."`
	Error      string      `json:"error,omitempty" doc:"Why it failed."`
	CreatedAt  time.Time   `json:"created_at" doc:"When it was asked for."`
	UpdatedAt  time.Time   `json:"updated_at" doc:"When it last went on."`
	FinishedAt *time.Time  `json:"finished_at" doc:"When it ended; null while it has not."`
	ExpiresAt  time.Time   `json:"expires_at" doc:"When it is deleted, with its report and its result."`
}

// jobSettings are what was asked for.
type jobSettings struct {
	SkipInvalid     bool `json:"skip_invalid,omitempty" doc:"Entries that break a rule are left out."`
	KeepExisting    bool `json:"keep_existing,omitempty" doc:"Users who are there already are no conflict."`
	DryRun          bool `json:"dry_run,omitempty" doc:"Nothing is written."`
	WithNames       bool `json:"with_names,omitempty" doc:"Names and pictures are exported."`
	WithMetadata    bool `json:"with_metadata,omitempty" doc:"Metadata are exported."`
	WithCredentials bool `json:"with_credentials,omitempty" doc:"Password hashes and WebAuthn credentials are exported."`
	WithTOTP        bool `json:"with_totp,omitempty" doc:"TOTP secrets are exported."`
}

func showJob(j *transfer.Job) jobView {
	o := j.Options
	return jobView{
		ID: j.ID, Kind: j.Kind, State: j.State, Total: j.Total, Done: j.Done, Rejected: j.Rejected, Error: j.Error,
		Options: jobSettings{
			SkipInvalid: o.SkipInvalid, KeepExisting: o.KeepExisting, DryRun: o.DryRun,
			WithNames: o.Names, WithMetadata: o.Metadata, WithCredentials: o.Credentials, WithTOTP: o.TOTP,
		},
		CreatedAt: j.CreatedAt, UpdatedAt: j.UpdatedAt, FinishedAt: j.FinishedAt, ExpiresAt: j.ExpiresAt,
	}
}

type jobOutput struct{ Body jobView }

// jobPath names a job.
type jobPath struct {
	JobID uuid.UUID `path:"job_id" format:"uuid" doc:"The job's id."`
}

// importInput has the body as it arrives: it is too large for memory.
type importInput struct {
	SkipInvalid  bool `query:"skip_invalid" doc:"Leave out entries that break a rule, instead of refusing all."`
	KeepExisting bool `query:"keep_existing" doc:"A user whose id is there already is no conflict; she is left as she is."`
	DryRun       bool `query:"dry_run" doc:"Only say what would be rejected."`

	body io.Reader
}

// Resolve implements huma.Resolver.
func (in *importInput) Resolve(ctx huma.Context) []error {
	r, w := humachi.Unwrap(ctx)
	extend(w)
	in.body = http.MaxBytesReader(w, r.Body, maxImport)
	return nil
}

// extend lets a request take longer than others. Servers that know no deadlines, as in tests, need no more time.
func extend(w http.ResponseWriter) {
	c, until := http.NewResponseController(w), time.Now().Add(transferTime)
	_, _ = c.SetReadDeadline(until), c.SetWriteDeadline(until)
}

var errImportTooLarge = problem.TooLarge("import_too_large", "an import may have 64 MiB at most; the command line takes larger ones")

func (s *Server) startImport(ctx context.Context, in *importInput) (*jobOutput, error) {
	o := transfer.Options{SkipInvalid: in.SkipInvalid, KeepExisting: in.KeepExisting, DryRun: in.DryRun}
	job, err := s.o.Jobs.Receive(ctx, tenantOf(ctx), in.body, o, string(callerOf(ctx).By))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, errImportTooLarge
	}
	if err != nil {
		return nil, err
	}
	return &jobOutput{showJob(job)}, nil
}

type exportInput struct {
	Body struct {
		WithNames       bool     `json:"with_names,omitempty" doc:"Names and pictures, too."`
		WithMetadata    bool     `json:"with_metadata,omitempty" doc:"Metadata, too."`
		WithCredentials bool     `json:"with_credentials,omitempty" doc:"Password hashes, passkeys and security keys, too."`
		WithTOTP        bool     `json:"with_totp,omitempty" doc:"The secrets of authenticator apps, too, in clear."`
		_               struct{} `additionalProperties:"true"`
	}
}

func (s *Server) startExport(ctx context.Context, in *exportInput) (*jobOutput, error) {
	b := in.Body
	with := transfer.With{Names: b.WithNames, Metadata: b.WithMetadata, Credentials: b.WithCredentials, TOTP: b.WithTOTP}
	if err := mayTakeOut(ctx, with); err != nil {
		return nil, err
	}
	job, err := s.o.Jobs.StartExport(ctx, tenantOf(ctx), with, string(callerOf(ctx).By))
	if err != nil {
		return nil, err
	}
	return &jobOutput{showJob(job)}, nil
}

// mayTakeOut refuses what people sign in with to whose key may not have it.
func mayTakeOut(ctx context.Context, with transfer.With) error {
	if with.Sensitive() && !keyOf(ctx).Scopes.Allow(tenants.CredentialsExport) {
		return problem.Forbidden("insufficient_scope", "the API key needs the scope "+tenants.CredentialsExport)
	}
	return nil
}

type listJobsInput struct {
	Page    int `query:"page" doc:"The page, from 1." example:"1"`
	PerPage int `query:"per_page" doc:"Jobs on a page; 20 where absent, at most 100." example:"20"`
}

type listJobsOutput struct {
	TotalCount string `header:"X-Total-Count" doc:"Jobs on all pages."`
	Link       string `header:"Link" doc:"Other pages (RFC 8288): first, last, next and prev."`
	Body       []jobView
}

func (s *Server) listJobs(ctx context.Context, in *listJobsInput) (*listJobsOutput, error) {
	page, perPage := max(in.Page, 1), in.PerPage
	if perPage < 1 {
		perPage = defaultPerPage
	}
	perPage = min(perPage, 100)
	if page > 1<<20 {
		return nil, wrong("page", "is too large")
	}
	jobs, total, err := s.o.Jobs.List(ctx, tenantOf(ctx), (page-1)*perPage, perPage)
	if err != nil {
		return nil, err
	}
	out := &listJobsOutput{Body: make([]jobView, len(jobs))}
	for i, j := range jobs {
		out.Body[i] = showJob(j)
	}
	out.TotalCount, out.Link = paging.Headers(paging.URL(ctx), page, perPage, total)
	return out, nil
}

func (s *Server) getJob(ctx context.Context, in *jobPath) (*jobOutput, error) {
	job, err := s.o.Jobs.Get(ctx, tenantOf(ctx), in.JobID)
	if err != nil {
		return nil, err
	}
	return &jobOutput{showJob(job)}, nil
}

func (s *Server) cancelJob(ctx context.Context, in *jobPath) (*none, error) {
	return nil, s.o.Jobs.Cancel(ctx, tenantOf(ctx), in.JobID)
}

func (s *Server) jobReport(ctx context.Context, in *jobPath) (*huma.StreamResponse, error) {
	t := tenantOf(ctx)
	job, err := s.o.Jobs.Get(ctx, t, in.JobID)
	if err != nil {
		return nil, err
	}
	return s.stream("application/jsonl", func(to io.Writer) error { return s.o.Jobs.WriteReport(ctx, t, job.ID, to) }), nil
}

func (s *Server) jobResult(ctx context.Context, in *jobPath) (*huma.StreamResponse, error) {
	t := tenantOf(ctx)
	job, err := s.o.Jobs.Get(ctx, t, in.JobID)
	switch {
	case err != nil:
		return nil, err
	case !job.HasResult():
		return nil, transfer.ErrNoResult
	}
	if err := mayTakeOut(ctx, job.Options.With); err != nil {
		return nil, err
	}
	return s.stream("application/json", func(to io.Writer) error { return s.o.Jobs.WriteResult(ctx, t, job, to) }), nil
}

// stream answers with what write writes. Where it fails midway, the connection is broken off, so that no client takes a part for the whole.
func (s *Server) stream(media string, write func(io.Writer) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		_, w := humachi.Unwrap(ctx)
		extend(w)
		ctx.SetHeader("Content-Type", media)
		if err := write(ctx.BodyWriter()); err != nil {
			s.o.Log.WarnContext(ctx.Context(), "an answer was broken off", "error", err)
			panic(http.ErrAbortHandler)
		}
	}}
}
