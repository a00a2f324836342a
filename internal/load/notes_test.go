package load_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

var (
	rounds = flag.Int("rounds", 1, "how often what is restarted is restarted")
	doc    = flag.String("doc", "", "file that tables are written to, between their marks")
)

// A note is what was seen when something was restarted under load.
type note struct {
	what           string
	times          int
	done, failed   int
	recovered      time.Duration // the longest time from when it was back to the first success
	mails, events  int           // that waited meanwhile and came
	failedWith     []string
	withoutFailing bool // no request may fail
}

// noted are the notes of all tests.
var noted notes

type notes struct {
	mu   sync.Mutex
	rows []note
}

func (n *notes) add(row note) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rows = append(n.rows, row)
}

// write puts the notes into a page, between their marks.
func (n *notes) write(file string) error {
	slices.SortFunc(n.rows, func(a, b note) int { return strings.Compare(a.what, b.what) })
	var b strings.Builder
	b.WriteString("| Under load | times | operations done | failed | with | first success after it was back, at most | mails / events that waited | of them lost |\n" +
		"|---|--:|--:|--:|---|--:|--:|--:|\n")
	for _, r := range n.rows {
		recovered, waited, lost := "–", "–", "–"
		if !r.withoutFailing {
			recovered = r.recovered.Round(10 * time.Millisecond).String()
		}
		if r.mails+r.events > 0 {
			waited, lost = fmt.Sprintf("%d / %d", r.mails, r.events), "0"
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %s | %s | %s | %s |\n", r.what, r.times, r.done, r.failed, strings.Join(r.failedWith, ", "), recovered, waited, lost)
	}
	return between(file, "<!-- restarts: make restarts DOC=1 -->", "<!-- end of restarts -->", b.String())
}

// between puts a text between two marks of a page.
func between(file, begin, end, text string) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(page), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return fmt.Errorf("%s has no marks %s", file, begin)
	}
	return os.WriteFile(file, []byte(before+begin+"\n\n"+text+"\n"+end+after), 0o644)
}
