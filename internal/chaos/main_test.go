//go:build chaos

package chaos

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
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
	binary = filepath.Join(dir, "latchkeep")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/latchkeep").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return m.Run(), nil
}
