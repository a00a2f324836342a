package api

import (
	"bytes"
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

const tagUsage = "Usage"

// Figures are what was counted in some time.
type Figures struct {
	ActivePeople  int64           `json:"active_people" doc:"People who signed in or up for the first time in their month." example:"12"`
	Registrations int64           `json:"registrations" doc:"People who signed up by themselves." example:"3"`
	UsersCreated  int64           `json:"users_created" doc:"Users made by back ends and operators." example:"1"`
	UsersImported int64           `json:"users_imported" doc:"Users who were imported." example:"0"`
	UsersDeleted  int64           `json:"users_deleted" doc:"Users who were deleted, by whomever." example:"0"`
	SignIns       SignInFigures   `json:"sign_ins" doc:"Sign-ins."`
	Mails         MailFigures     `json:"mails" doc:"Mails that hosts took, and those that were given up."`
	Webhooks      WebhookFigures  `json:"webhooks" doc:"Events that endpoints took, and those that were given up."`
	APICalls      APICallsFigures `json:"api_calls" doc:"Requests to the tenant's APIs."`
}

// SignInFigures are how often people signed in, or failed to.
type SignInFigures struct {
	Succeeded int64           `json:"succeeded" doc:"How often people got in." example:"40"`
	Failed    int64           `json:"failed" doc:"How often they did not." example:"2"`
	Methods   []MethodFigures `json:"methods,omitempty" nullable:"false" doc:"Those that occur; absent in lists of tenants."`
}

// MethodFigures are sign-ins by a method.
type MethodFigures struct {
	Method    string `json:"method" doc:"password, passkey, passcode, third_party; totp, security_key of a second factor that failed; back_end; unknown." example:"passkey"`
	Succeeded int64  `json:"succeeded" doc:"How often people got in." example:"40"`
	Failed    int64  `json:"failed" doc:"How often they did not." example:"2"`
}

// MailFigures are mails.
type MailFigures struct {
	Sent   int64 `json:"sent" doc:"Those that a host took." example:"20"`
	Failed int64 `json:"failed" doc:"Those that were given up." example:"0"`
}

// WebhookFigures are events of webhooks, for each endpoint.
type WebhookFigures struct {
	Delivered int64 `json:"delivered" doc:"Those that an endpoint took." example:"20"`
	Failed    int64 `json:"failed" doc:"Those that were given up." example:"0"`
}

// APICallsFigures are requests.
type APICallsFigures struct {
	Public int64 `json:"public" doc:"Those to the public API." example:"1000"`
	Admin  int64 `json:"admin" doc:"Only those with an API key of the tenant." example:"50"`
}

// DayFigures are those of a day.
type DayFigures struct {
	Day                 string `json:"day" format:"date" doc:"The day (UTC)." example:"2026-11-29"`
	MonthlyActivePeople int64  `json:"monthly_active_people" doc:"People who were active in the month, up to the end of the day." example:"120"`
	Figures
}

// TenantUsage is what was counted in a tenant in a month.
type TenantUsage struct {
	ID   uuid.UUID `json:"id" doc:"The tenant's id." example:"019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c"`
	Slug string    `json:"slug" doc:"DNS label of its public URL." example:"acme"`
	Name string    `json:"name" doc:"What operators call it." example:"Acme Inc."`
	Figures
}

type usageInput struct {
	TenantPath
	From string `query:"from" format:"date" doc:"The first day (UTC); left out: 29 days before to." example:"2026-11-01"`
	To   string `query:"to" format:"date" doc:"The last day; left out: today." example:"2026-11-29"`
}

type usageOutput struct {
	Body struct {
		From   string       `json:"from" format:"date" doc:"The first day." example:"2026-11-01"`
		To     string       `json:"to" format:"date" doc:"The last day." example:"2026-11-29"`
		Totals Figures      `json:"totals" doc:"The sums over the days."`
		Days   []DayFigures `json:"days" nullable:"false" doc:"Every day, the oldest first; at most 400."`
	}
}

type listUsageInput struct {
	UsageMonth
	After string `query:"after" maxLength:"64" doc:"What comes behind, as next of the page before says."`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"How many at most."`
}

// UsageMonth says which list is wanted.
type UsageMonth struct {
	Month string      `query:"month" pattern:"^[0-9]{4}-[0-9]{2}$" doc:"The month (UTC); left out: this one." example:"2026-11"`
	Sort  usage.Order `query:"sort" enum:"active_people,tenant" default:"active_people" doc:"By people active in the month, the most first, or by the tenants' ids."`
}

type listUsageOutput struct {
	Body struct {
		Month   string        `json:"month" doc:"The month." example:"2026-11"`
		Tenants []TenantUsage `json:"tenants" nullable:"false" doc:"Tenants in which something happened."`
		Next    string        `json:"next,omitempty" doc:"To be given as after for the next page; absent on the last."`
	}
}

type csvOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (a *API) usageOperations() {
	huma.Register(a.v1, describe(op("get-usage", http.MethodGet, "/tenants/{id}/usage", tenants.UsageRead, tagUsage, "See the usage of a tenant", 400, 404),
		"What happened, day by day. What the audit log tells is counted in the transaction that appends the records. Calls of APIs are up to ten seconds late."),
		a.getUsage)
	huma.Register(a.v1, asCSV(op("export-usage", http.MethodGet, "/tenants/{id}/usage.csv", tenants.UsageRead, tagUsage, "Export the usage of a tenant", 400, 404)),
		a.exportUsage)
	huma.Register(a.v1, describe(op("list-usage", http.MethodGet, "/usage", tenants.UsageRead, tagUsage, "List the usage of tenants", 400),
		"The tenants in which something happened in a month, those that the caller may read the usage of."), a.listUsage)
	huma.Register(a.v1, asCSV(op("export-usage-of-tenants", http.MethodGet, "/usage.csv", tenants.UsageRead, tagUsage, "Export the usage of tenants", 400)),
		a.exportTenants)
}

// asCSV says that the answer is CSV.
func asCSV(o huma.Operation) huma.Operation {
	o.Description = "As CSV (RFC 4180), with a line of names."
	o.Responses = map[string]*huma.Response{"200": {
		Description: http.StatusText(http.StatusOK),
		Content:     map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}},
	}}
	return o
}

func (a *API) report(ctx context.Context, in *usageInput) (usage.Report, error) {
	if err := a.exists(ctx, in.ID); err != nil {
		return usage.Report{}, err
	}
	to, err := dayOr(in.To, "to", usage.Today())
	if err != nil {
		return usage.Report{}, err
	}
	const before = 29
	from, err := dayOr(in.From, "from", to-before)
	if err != nil {
		return usage.Report{}, err
	}
	return a.o.Usage.Of(ctx, in.ID, from, to)
}

func dayOr(text, name string, otherwise usage.Day) (usage.Day, error) {
	if text == "" {
		return otherwise, nil
	}
	day, err := usage.ParseDay(text)
	if err != nil {
		return 0, problem.Invalid("invalid_period", "a day is not valid", problem.Field{Path: name, Reason: "must be a day such as 2026-11-29"})
	}
	return day, nil
}

func (a *API) getUsage(ctx context.Context, in *usageInput) (*usageOutput, error) {
	report, err := a.report(ctx, in)
	if err != nil {
		return nil, err
	}
	out := &usageOutput{}
	out.Body.From, out.Body.To, out.Body.Totals = report.From.String(), report.To.String(), showFigures(report.Totals, true)
	out.Body.Days = make([]DayFigures, len(report.Days))
	for i, d := range report.Days {
		out.Body.Days[i] = DayFigures{d.Day.String(), d.MonthlyActive, showFigures(d.Figures, true)}
	}
	return out, nil
}

func (a *API) exportUsage(ctx context.Context, in *usageInput) (*csvOutput, error) {
	report, err := a.report(ctx, in)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = report.WriteCSV(&b)
	return &csvOutput{usage.Media, `attachment; filename="usage.csv"`, b.Bytes()}, err
}

func (q UsageMonth) query(ctx context.Context) (usage.Query, error) {
	out := usage.Query{Month: usage.Today().Month(), Order: q.Sort, Only: caller(ctx).Where(needed(ctx))}
	if q.Month == "" {
		return out, nil
	}
	var err error
	if out.Month, err = usage.ParseMonth(q.Month); err != nil {
		return out, problem.Invalid("invalid_period", "the month is not valid", problem.Field{Path: "month", Reason: "must be a month such as 2026-11"})
	}
	return out, nil
}

func (a *API) listUsage(ctx context.Context, in *listUsageInput) (*listUsageOutput, error) {
	q, err := in.query(ctx)
	if err != nil {
		return nil, err
	}
	if in.After != "" {
		place, err := usage.ParsePlace(in.After)
		if err != nil {
			return nil, err
		}
		q.Behind = &place
	}
	q.Limit = in.Limit
	list, more, err := a.o.Usage.List(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &listUsageOutput{}
	out.Body.Month, out.Body.Tenants = q.Month.String(), make([]TenantUsage, len(list))
	for i, t := range list {
		out.Body.Tenants[i] = TenantUsage{t.ID, t.Slug, t.Name, showFigures(t.Figures, false)}
	}
	if more {
		out.Body.Next = list[len(list)-1].Place().String()
	}
	return out, nil
}

func (a *API) exportTenants(ctx context.Context, in *UsageMonth) (*csvOutput, error) {
	q, err := in.query(ctx)
	if err != nil {
		return nil, err
	}
	list, err := a.o.Usage.All(ctx, q)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = usage.WriteCSV(&b, q.Month, list)
	return &csvOutput{usage.Media, `attachment; filename="usage-` + q.Month.String() + `.csv"`, b.Bytes()}, err
}

func showFigures(f usage.Figures, methods bool) Figures {
	all := f.AllSignIns()
	out := Figures{
		ActivePeople: f.ActivePeople, Registrations: f.Registrations, UsersCreated: f.UsersCreated, UsersImported: f.UsersImported,
		UsersDeleted: f.UsersDeleted, SignIns: SignInFigures{Succeeded: all.Succeeded, Failed: all.Failed},
		Mails: MailFigures{f.MailsSent, f.MailsFailed}, Webhooks: WebhookFigures{f.WebhooksDelivered, f.WebhooksFailed},
		APICalls: APICallsFigures{f.PublicCalls, f.AdminCalls},
	}
	if !methods {
		return out
	}
	for _, m := range f.Methods() {
		one := f.SignIns[m]
		out.SignIns.Methods = append(out.SignIns.Methods, MethodFigures{m, one.Succeeded, one.Failed})
	}
	return out
}
