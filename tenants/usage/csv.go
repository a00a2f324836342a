package usage

import (
	"encoding/csv"
	"io"
	"strconv"
)

// Media is the media type of what WriteCSV writes (RFC 4180).
const Media = "text/csv; charset=utf-8; header=present"

// columns are those of figures.
var columns = []string{
	"active_people", "registrations", "users_created", "users_imported", "users_deleted", "sign_ins_succeeded", "sign_ins_failed", "mails_sent",
	"mails_failed", "webhooks_delivered", "webhooks_failed", "public_api_calls", "admin_api_calls",
}

func (f Figures) cells() []string {
	all := f.AllSignIns()
	var cells []string
	for _, n := range []int64{
		f.ActivePeople, f.Registrations, f.UsersCreated, f.UsersImported, f.UsersDeleted, all.Succeeded, all.Failed, f.MailsSent, f.MailsFailed,
		f.WebhooksDelivered, f.WebhooksFailed, f.PublicCalls, f.AdminCalls,
	} {
		cells = append(cells, strconv.FormatInt(n, 10))
	}
	return cells
}

// WriteCSV writes the days, one a line. Sign-ins have two columns more for each method that occurs.
func (r Report) WriteCSV(w io.Writer) error {
	methods := r.Totals.Methods()
	head := append([]string{"day", "monthly_active_people"}, columns...)
	for _, m := range methods {
		head = append(head, "sign_ins_"+m+"_succeeded", "sign_ins_"+m+"_failed")
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	_ = out.Write(head) // Error tells
	for _, d := range r.Days {
		row := append([]string{d.Day.String(), strconv.FormatInt(d.MonthlyActive, 10)}, d.cells()...)
		for _, m := range methods {
			one := d.SignIns[m]
			row = append(row, strconv.FormatInt(one.Succeeded, 10), strconv.FormatInt(one.Failed, 10))
		}
		_ = out.Write(row)
	}
	out.Flush()
	return out.Error()
}

// WriteCSV writes tenants, one a line. Their names are left out: a spreadsheet could take them for formulas.
func WriteCSV(w io.Writer, month Month, list []TenantFigures) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	_ = out.Write(append([]string{"month", "tenant_id", "slug"}, columns...))
	for _, t := range list {
		_ = out.Write(append([]string{month.String(), t.ID.String(), t.Slug}, t.cells()...))
	}
	out.Flush()
	return out.Error()
}
