package load

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// A Report is what a run found out.
type Report struct {
	Target     string             `json:"target"`
	Tenants    int                `json:"tenants,omitempty"` // as counted before
	Users      int                `json:"users,omitempty"`   // of the tenant that was loaded, as counted before
	Mix        string             `json:"mix"`
	Clients    int                `json:"clients"`
	Rate       float64            `json:"rate,omitempty"` // asked for; 0: clients did one operation after the other
	Late       int                `json:"not_begun,omitempty"`
	Seconds    float64            `json:"seconds"`
	PerSecond  float64            `json:"per_second"`
	Failed     int                `json:"failed"`
	Operations []Outcome          `json:"operations"`
	CPU        map[string]float64 `json:"cpu_us_per_operation,omitempty"`
}

func (r *Report) heads() []string {
	return []string{"operation", "done", "per second", "p50 ms", "p95 ms", "p99 ms", "max ms", "failed"}
}

func (r *Report) rows() [][]string {
	var rows [][]string
	for _, o := range r.Operations {
		rows = append(rows, []string{
			o.Name, fmt.Sprint(o.Done), fmt.Sprintf("%.1f", o.PerSecond), fmt.Sprintf("%.2f", o.P50), fmt.Sprintf("%.2f", o.P95), fmt.Sprintf("%.2f", o.P99),
			fmt.Sprintf("%.2f", o.Max), fmt.Sprint(o.Failed),
		})
	}
	return rows
}

// notes are the lines below a table.
func (r *Report) notes() []string {
	how := fmt.Sprintf("%d clients, one operation after the other", r.Clients)
	if r.Rate > 0 {
		how = fmt.Sprintf("%.1f operations begun each second, %d at once at most", r.Rate, r.Clients)
	}
	lines := []string{fmt.Sprintf("%.1f operations each second for %.1f s; %s; mix %s.", r.PerSecond, r.Seconds, how, r.Mix)}
	if r.Tenants > 0 || r.Users > 0 {
		lines = append(lines, fmt.Sprintf("Counted before: %d tenants; %d users in the tenant that was loaded.", r.Tenants, r.Users))
	}
	if r.Late > 0 {
		lines = append(lines, fmt.Sprintf("%d operations should have begun and did not: the deployment does not bear this rate.", r.Late))
	}
	for _, name := range slices.Sorted(maps.Keys(r.CPU)) {
		lines = append(lines, fmt.Sprintf("Processor time of the %s: %.0f µs for each operation.", name, r.CPU[name]))
	}
	for _, o := range r.Operations {
		for _, reason := range slices.Sorted(maps.Keys(o.Failures)) {
			lines = append(lines, fmt.Sprintf("%s failed %d times: %s", o.Name, o.Failures[reason], reason))
		}
		if o.Example != "" {
			lines = append(lines, fmt.Sprintf("%s failed first with: %s", o.Name, o.Example))
		}
	}
	return lines
}

// Text writes the report for a terminal.
func (r *Report) Text(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, row := range append([][]string{r.heads()}, r.rows()...) {
		fmt.Fprintln(t, strings.Join(row, "\t")+"\t")
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, "\n"+strings.Join(r.notes(), "\n"))
	return err
}

// Markdown writes the report as a table for a page.
func (r *Report) Markdown(w io.Writer) error {
	lines := []string{"| " + strings.Join(r.heads(), " | ") + " |", "|---" + strings.Repeat("|--:", len(r.heads())-1) + "|"}
	for _, row := range r.rows() {
		lines = append(lines, "| "+strings.Join(row, " | ")+" |")
	}
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n")+"\n\n"+strings.Join(r.notes(), "\n\n"))
	return err
}

// JSON writes the report for programs.
func (r *Report) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
