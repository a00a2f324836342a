package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// A result is all that was measured.
type result struct {
	Machine      map[string]string `json:"machine"`
	Rounds       int               `json:"rounds"`
	Seconds      float64           `json:"seconds"`
	Measurements []*measurement    `json:"measurements"`
	Mail         wall              `json:"mail_delay"`
	Starts       []start           `json:"starts"`
	Idle         cost              `json:"idle_us_each_second"`
}

// machine says where it was measured.
func machine(db *benchDatabase) map[string]string {
	m := map[string]string{
		"go": runtime.Version(), "system": runtime.GOOS + "/" + runtime.GOARCH, "cpus": fmt.Sprint(runtime.NumCPU()),
		"postgresql": db.version, "processor": "unknown",
	}
	if raw, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(raw)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				m["processor"] = strings.TrimSpace(value)
				break
			}
		}
	}
	if raw, err := os.ReadFile("/proc/loadavg"); err == nil {
		m["load before"] = strings.Join(strings.Fields(string(raw))[:3], " ")
	}
	return m
}

func verdict(ok bool) string {
	if ok {
		return "ok"
	}
	return "**over**"
}

// markdown is the result as tables.
func (r *result) markdown() string {
	var b strings.Builder
	b.WriteString("| Operation | Requests | Server | Database | Hashing | Without hashing | Budget | | Delivery | SQL | Budget | | Rows written |\n")
	b.WriteString("|---|--:|--:|--:|--:|--:|--:|--:|---|--:|--:|---|--:|\n")
	for _, m := range r.Measurements {
		sent, most, sentVerdict, written, hash, budget, budgetVerdict := "–", "–", "", "–", "–", "–", ""
		if m.Counted {
			sent, written = number(m.Sent), number(m.Written)
		}
		if m.MostSent >= 0 {
			most = fmt.Sprint(m.MostSent)
			if m.Counted {
				sentVerdict = verdict(m.Sent <= float64(m.MostSent))
			}
		}
		if m.Budget > 0 {
			budget, budgetVerdict = number(m.Budget), verdict(m.Answering <= m.Budget)
		}
		if m.Alone.Hash > 0 {
			hash = number(m.Alone.Hash)
		}
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", m.Title, m.Requests,
			number(m.Alone.Server), number(m.Alone.Database), hash, number(m.Answering),
			budget, budgetVerdict, number(m.Alone.Delivery), sent, most, sentVerdict, written)
	}
	b.WriteString("\n| Operation | One client: p50 | p95 | p99 | Four clients: p50 | p95 | p99 | each second | Server | Database | Delivery | Allocations | KB |\n")
	b.WriteString("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, m := range r.Measurements {
		one, four, objects, size := m.WallAlone, m.WallTogether, "–", "–"
		if m.Allocated.Objects > 0 {
			objects, size = number(m.Allocated.Objects), number(m.Allocated.Bytes/1000)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", m.Title, milli(one.P50), milli(one.P95), milli(one.P99),
			milli(four.P50), milli(four.P95), milli(four.P99), number(m.Rate),
			number(m.Together.Server), number(m.Together.Database), number(m.Together.Delivery), objects, size)
	}
	if r.Mail.P95 > 0 {
		fmt.Fprintf(&b, "| from the answer to the arrival of its mail | | | | %s | %s | %s | | | | | | |\n", milli(r.Mail.P50), milli(r.Mail.P95), milli(r.Mail.P99))
	}
	b.WriteString("\n| Start | First 200 | Budget | | Idle memory | Budget | | of it not the binary |\n|---|--:|--:|---|--:|--:|---|--:|\n")
	for _, s := range r.Starts {
		fmt.Fprintf(&b, "| %s | %.0f ms | %.0f ms | %s | %.0f MB | %.0f MB | %s | %.0f MB |\n", s.Title,
			s.First, s.Budget, verdict(s.First <= s.Budget), s.Memory, s.MaxBytes, verdict(s.Memory <= s.MaxBytes), s.Own)
	}
	fmt.Fprintf(&b, "\nWhen nobody asks for anything, of a core: server %s, worker %s, database %s. That is left out above.\n",
		ofCore(r.Idle.Server), ofCore(r.Idle.Delivery), ofCore(r.Idle.Database))
	fmt.Fprintf(&b, "\nMeasured in %.0f s, %d rounds, on %s × %s (%s), PostgreSQL %s, %s; load before: %s.\n", r.Seconds, r.Rounds,
		r.Machine["cpus"], r.Machine["processor"], r.Machine["system"], r.Machine["postgresql"], r.Machine["go"], r.Machine["load before"])
	return b.String()
}

// number writes a number with no more digits than it deserves.
func number(v float64) string {
	switch {
	case v == float64(int64(v)) && v < 1000:
		return fmt.Sprintf("%.0f", v)
	case v < 0.05:
		return "0"
	case v < 10:
		return fmt.Sprintf("%.1f", v)
	default:
		digits := fmt.Sprintf("%.0f", v)
		if len(digits) > 3 {
			digits = digits[:len(digits)-3] + " " + digits[len(digits)-3:]
		}
		return digits
	}
}

// ofCore writes microseconds each second as a part of a core.
func ofCore(micros float64) string { return fmt.Sprintf("%.1f %%", micros/1e4) }

// milli writes microseconds as milliseconds.
func milli(micros float64) string { return fmt.Sprintf("%.2f ms", micros/1000) }

func writeJSON(name string, what any) error {
	raw, err := json.MarshalIndent(what, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(raw, '\n'), 0o644)
}

// The marks between which a page holds the tables.
const (
	beginMark = "<!-- measured: make bench DOC=1 -->"
	endMark   = "<!-- end of what was measured -->"
)

// writeInto puts the tables into a page.
func (r *result) writeInto(name string) error {
	page, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	before, rest, ok1 := bytes.Cut(page, []byte(beginMark))
	_, after, ok2 := bytes.Cut(rest, []byte(endMark))
	if !ok1 || !ok2 {
		return errors.New(name + " has no marks to put the tables between")
	}
	return os.WriteFile(name, fmt.Appendf(nil, "%s%s\n\n%s\n%s%s", before, beginMark, r.markdown(), endMark, after), 0o644)
}
