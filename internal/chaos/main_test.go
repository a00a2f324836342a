//go:build chaos

package chaos

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/latchkeep/latchkeep/internal/processes"
)

var (
	kills = flag.Int("kills", 12, "how many kills there are in each deployment")
	seed  = flag.Int64("seed", time.Now().UnixNano(), "what the order and the instants of the faults are drawn from")
	doc   = flag.String("doc", "", "file that the counts are written to, between its marks")
)

// binary is the program, built once.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := build(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		code = 1
	}
	os.Exit(code)
}

func build(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "latchkeep-chaos-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if binary, err = processes.Build(dir); err != nil {
		return 0, err
	}
	return m.Run(), nil
}
