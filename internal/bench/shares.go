package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// A share is a part of an operation's processor time, by what the program was doing.
type share struct {
	name string
	// prefixes are those of functions: a sample belongs to the first share that has one on its stack.
	prefixes []string
	// leaf says that only the innermost function counts.
	leaf bool
}

// shares are in the order in which they are asked: what is dear by itself before what it is done for.
var shares = []share{
	{name: "hashing passwords", prefixes: []string{"golang.org/x/crypto/argon2."}},
	{name: "collecting garbage", prefixes: []string{"runtime.gcBgMarkWorker", "runtime.gcAssist", "runtime.bgsweep", "runtime.bgscavenge", "runtime.gcStart", "runtime.gcMarkTermination", "runtime.gcMarkDone"}},
	{name: "cryptography", prefixes: []string{"crypto/", "golang.org/x/crypto/", "vendor/golang.org/x/crypto/"}},
	{name: "system calls", prefixes: []string{"internal/runtime/syscall", "syscall.", "runtime.write1", "runtime.read"}, leaf: true},
	{name: "waking and scheduling", prefixes: []string{
		"runtime.schedule", "runtime.findRunnable", "runtime.mcall", "runtime.park_m", "runtime.futex", "runtime.netpoll", "runtime.sysmon", "runtime.mstart",
		"runtime.ready", "runtime.goready", "runtime.entersyscall", "runtime.exitsyscall", "runtime.usleep", "runtime.mPark", "runtime.goschedImpl",
	}},
	{name: "allocating", prefixes: []string{"runtime.mallocgc", "runtime.newobject", "runtime.makeslice", "runtime.growslice"}},
	{name: "PostgreSQL's driver", prefixes: []string{"github.com/jackc/"}},
	{name: "database/sql", prefixes: []string{"database/sql."}},
	{name: "ent", prefixes: []string{"entgo.io/", "github.com/latchkeep/latchkeep/ent.", "github.com/latchkeep/latchkeep/ent/"}},
	{name: "Redis", prefixes: []string{"github.com/redis/", "github.com/hibiken/"}},
	{name: "JSON", prefixes: []string{"encoding/json."}},
	{name: "ours", prefixes: []string{"github.com/latchkeep/"}},
	{name: "HTTP", prefixes: []string{"net/http.", "bufio.", "net/textproto.", "github.com/go-chi/", "github.com/danielgtaylor/"}},
	{name: "the rest"},
}

// of says which share a stack belongs to. Its innermost function comes first. What is ours counts only where nothing below it has a share.
func shareOf(stack []string) int {
	for i, s := range shares {
		for at, function := range stack {
			if s.leaf && at > 0 {
				break
			}
			if slices.ContainsFunc(s.prefixes, func(p string) bool { return strings.HasPrefix(function, p) }) {
				return i
			}
		}
	}
	return len(shares) - 1
}

// split is the processor time of each share of a CPU profile, in microseconds.
func split(cpu []byte) ([]float64, error) {
	p, err := profile.Parse(bytes.NewReader(cpu))
	if err != nil {
		return nil, fmt.Errorf("read the profile: %w", err)
	}
	found := make([]float64, len(shares))
	nanoseconds := len(p.SampleType) - 1
	for _, sample := range p.Sample {
		var stack []string
		for _, place := range sample.Location {
			for _, line := range place.Line {
				stack = append(stack, line.Function.Name)
			}
		}
		found[shareOf(stack)] += float64(sample.Value[nanoseconds]) / 1000
	}
	return found, nil
}

// A profiled operation is what its profile says, in microseconds for one.
type profiled struct {
	title  string
	shares []float64
}

func shareTable(all []profiled) string {
	var b strings.Builder
	b.WriteString("| Server, µs |")
	for _, p := range all {
		fmt.Fprintf(&b, " %s |", p.title)
	}
	b.WriteString("\n|---|" + strings.Repeat("--:|", len(all)) + "\n")
	row := func(name string, value func(profiled) float64) {
		fmt.Fprintf(&b, "| %s |", name)
		for _, p := range all {
			fmt.Fprintf(&b, " %s |", number(value(p)))
		}
		b.WriteString("\n")
	}
	for i, s := range shares {
		row(s.name, func(p profiled) float64 { return p.shares[i] })
	}
	row("**in all**", func(p profiled) (sum float64) {
		for _, v := range p.shares {
			sum += v
		}
		return sum
	})
	return b.String()
}
