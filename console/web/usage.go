package web

import (
	"net/url"

	"github.com/latchkeep/latchkeep/pkg/chart"
	"github.com/latchkeep/latchkeep/tenants/usage"
)

// shownDays are how many days the page of the usage shows unless it is told otherwise.
const shownDays = 30

// usagePage is what the page of a tenant's usage shows.
type usageView struct {
	Report   usage.Report
	From, To string
	Charts   []chart.Chart
	CSV      string
	Wrong    fieldErrors
	Quotas   quotasView
}

// period is what the address asks for; the last days where it says nothing that is one.
func period(v *visit) (from, to usage.Day) {
	to = usage.Today()
	if day, err := usage.ParseDay(v.query("to")); err == nil {
		to = day
	}
	from = to - shownDays + 1
	if day, err := usage.ParseDay(v.query("from")); err == nil {
		from = day
	}
	return from, to
}

func (s *Server) usage(v *visit) error { return s.showUsage(v, 200, quotasView{}) }

func (s *Server) showUsage(v *visit, status int, q quotasView) error {
	v.Section = "usage"
	from, to := period(v)
	p := usageView{From: from.String(), To: to.String()}
	var err error
	if p.Quotas, err = s.quotas(v, q); err != nil {
		return err
	}
	report, err := s.o.Usage.Of(v.ctx(), v.Tenant.ID, from, to)
	if err != nil {
		if p.Wrong, err = fields(err); err != nil {
			return err
		}
		return v.showAs(422, "Usage", usagePage(v, p))
	}
	p.Report, p.Charts = report, charts(report)
	p.CSV = "/usage/csv?" + url.Values{"from": {p.From}, "to": {p.To}}.Encode()
	return v.showAs(status, "Usage", usagePage(v, p))
}

func (s *Server) usageCSV(v *visit) error {
	from, to := period(v)
	report, err := s.o.Usage.Of(v.ctx(), v.Tenant.ID, from, to)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	v.w.Header().Set("Content-Disposition", `attachment; filename="usage.csv"`)
	return report.WriteCSV(v.w)
}

// charts are the figures as pictures.
func charts(r usage.Report) []chart.Chart {
	var labels []string
	series := func(of func(usage.DayFigures) int64) []int64 {
		list := make([]int64, len(r.Days))
		for i, day := range r.Days {
			list[i] = of(day)
		}
		return list
	}
	for _, day := range r.Days {
		labels = append(labels, day.Day.String())
	}
	return []chart.Chart{
		{ID: "active", Title: "Monthly active people", Description: "How many people were active in the month, up to each day.", Labels: labels, Series: []chart.Series{
			{Name: "active", Values: series(func(d usage.DayFigures) int64 { return d.MonthlyActive })},
		}},
		{ID: "sign-ins", Title: "Sign-ins", Description: "How often people signed in on each day, and how often they failed to.", Labels: labels, Series: []chart.Series{
			{Name: "succeeded", Values: series(func(d usage.DayFigures) int64 { return d.AllSignIns().Succeeded })},
			{Name: "failed", Values: series(func(d usage.DayFigures) int64 { return d.AllSignIns().Failed })},
		}},
		{ID: "registrations", Title: "Registrations", Description: "How many people signed up on each day.", Labels: labels, Series: []chart.Series{
			{Name: "registrations", Values: series(func(d usage.DayFigures) int64 { return d.Registrations })},
		}},
		{ID: "events", Title: "Mails and webhooks", Description: "How many mails were taken by hosts, and events by endpoints, on each day.", Labels: labels, Series: []chart.Series{
			{Name: "mails", Values: series(func(d usage.DayFigures) int64 { return d.MailsSent })},
			{Name: "webhooks", Values: series(func(d usage.DayFigures) int64 { return d.WebhooksDelivered })},
		}},
	}
}
