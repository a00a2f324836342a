package processes

import (
	"fmt"
	"os/exec"
	"path/filepath"
)

// Build builds the program of this tree into a directory and returns its path. A TestMain calls it, before there is a test.
func Build(dir string) (string, error) {
	binary := filepath.Join(dir, "latchkeep")
	out, err := exec.Command("go", "build", "-o", binary, "github.com/latchkeep/latchkeep/cmd/latchkeep").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return binary, nil
}
