package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// A bar shows how far something is: as a bar on a terminal, elsewhere as a line now and then.
type bar struct {
	to       io.Writer
	what     string
	total    int
	terminal bool
	begun    time.Time
	shown    time.Time
	first    int
	started  bool
}

// barEvery is how often a terminal is drawn anew, lineEvery how often a line is written elsewhere.
const (
	barEvery  = 100 * time.Millisecond
	lineEvery = 5 * time.Second
	barWidth  = 30
)

// newBar shows progress towards a total; 0 is unknown.
func newBar(to io.Writer, what string, total int) *bar {
	f, ok := to.(*os.File)
	return &bar{to: to, what: what, total: total, terminal: ok && term.IsTerminal(int(f.Fd())), begun: time.Now(), shown: time.Now()}
}

// at shows how much is done.
func (b *bar) at(done int) {
	if !b.started {
		b.started, b.first = true, done
	}
	every := lineEvery
	if b.terminal {
		every = barEvery
	}
	if time.Since(b.shown) < every && (!b.terminal || done != b.total) {
		return
	}
	b.shown = time.Now()
	rate := float64(done-b.first) / time.Since(b.begun).Seconds()
	text := fmt.Sprintf("%d %s, %.0f/s", done, b.what, rate)
	if b.total > 0 {
		text = fmt.Sprintf("%d of %d %s, %.0f/s", done, b.total, b.what, rate)
	}
	if !b.terminal {
		fmt.Fprintln(b.to, text)
		return
	}
	if b.total > 0 {
		full := min(barWidth*done/b.total, barWidth)
		text = "[" + strings.Repeat("=", full) + strings.Repeat(" ", barWidth-full) + "] " + text
	}
	fmt.Fprint(b.to, "\r"+text+"\x1b[K")
}

// say writes a line.
func (b *bar) say(format string, args ...any) { fmt.Fprintf(b.to, format+"\n", args...) }

// end leaves the line of the bar.
func (b *bar) end() {
	if b.terminal && b.started {
		fmt.Fprintln(b.to)
	}
}
