package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// run gives the report of a package that holds the source, tested for real.
func run(t *testing.T, source string, verbose, noSkips bool) (string, bool) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module sample\n\ngo 1.26\n", "sample_test.go": source} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-vet=off", "-json", "./...")
	cmd.Dir = dir
	events, _ := cmd.CombinedOutput() // it fails where the sample does
	var out strings.Builder
	ok := report(strings.NewReader(string(events)), &out, verbose, noSkips)
	return out.String(), ok
}

func TestReport(t *testing.T) {
	t.Parallel()

	const skips = `package sample
import "testing"
func TestGood(t *testing.T) { t.Log("not of interest"); t.Run("a", func(t *testing.T) {}); t.Run("b", func(t *testing.T) {}) }
func TestNoServer(t *testing.T) { t.Skip("LATCHKEEP_TEST_REDIS_URL is not set") }
`
	for _, c := range []struct {
		name, source     string
		verbose, noSkips bool
		ok               bool
		want, wantNot    []string
	}{
		{
			name: "passes and skips", source: skips, ok: true,
			want:    []string{"ok  \tsample", "(2 passed, 1 skipped)", "SKIPPED 1: LATCHKEEP_TEST_REDIS_URL is not set\n  sample.TestNoServer", "\n2 passed, 0 failed, 1 skipped\n"},
			wantNot: []string{"not of interest", "TestGood"},
		},
		{
			name: "names all", source: skips, verbose: true, ok: true,
			want: []string{"--- PASS: TestGood (", "    --- PASS: TestGood/a (", "--- SKIP: TestNoServer", "slowest packages"},
		},
		{name: "skips are failures", source: skips, noSkips: true, want: []string{"a test was skipped"}},
		{
			name: "fails", ok: false,
			source: `package sample
import "testing"
func TestBad(t *testing.T) { t.Run("in", func(t *testing.T) { t.Error("this went wrong") }) }
func TestGood(t *testing.T) { t.Log("not of interest") }
`,
			want:    []string{"this went wrong", "FAIL\tsample", "FAILED sample TestBad/in\n      sample_test.go:3: this went wrong\n", "\n1 passed, 1 failed, 0 skipped\n"},
			wantNot: []string{"not of interest", "FAILED sample TestBad\n"},
		},
		{
			name: "panics", source: "package sample\nimport \"testing\"\nfunc TestBad(t *testing.T) { panic(\"boom\") }\n",
			want: []string{"boom", "FAILED sample TestBad", "1 failed"},
		},
		{
			name: "exits", source: "package sample\nimport (\"testing\"; \"os\")\nfunc TestBad(t *testing.T) { t.Log(\"before\"); os.Exit(3) }\n",
			want: []string{"before", "FAILED sample TestBad", "1 failed"},
		},
		{
			name: "does not compile", source: "package sample\nimport \"testing\"\nfunc TestBad(t *testing.T) { undefined() }\n",
			want: []string{"undefined: undefined", "FAILED sample", "0 passed, 1 failed"},
		},
		{name: "has no tests", source: "package sample\n", want: []string{"no test ran"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()

			out, ok := run(t, c.source, c.verbose, c.noSkips)
			if ok != c.ok {
				t.Errorf("ok is %v in\n%s", ok, out)
			}
			for _, text := range c.want {
				if !strings.Contains(out, text) {
					t.Errorf("%q is missing in\n%s", text, out)
				}
			}
			for _, text := range c.wantNot {
				if strings.Contains(out, text) {
					t.Errorf("%q should not be in\n%s", text, out)
				}
			}
		})
	}
}
