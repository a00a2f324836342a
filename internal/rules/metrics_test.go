package rules

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	metricName = regexp.MustCompile(`latchkeep_(http|password|rate|tenant|tenants|database|outbox|worker|webhook|build)_[a-z_]+[a-z]`)
	runbook    = regexp.MustCompile(`runbook: (\S+)`)
)

// Dashboards, alerts and pages that name a metric that is not there tell nothing, and nobody notices.
func TestMetrics_ThatAreWatchedAreThere(t *testing.T) {
	t.Parallel()

	var source strings.Builder
	root := "../.."
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		content, err := os.ReadFile(path)
		source.Write(content)
		return err
	}))
	for _, name := range []string{"deploy/prometheus/alerts.yaml", "deploy/grafana/latchkeep.json", "docs/observability.md", "docs/worker.md"} {
		content, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		found := metricName.FindAllString(string(content), -1)
		require.NotEmpty(t, found, name)
		for _, metric := range found {
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				metric = strings.TrimSuffix(metric, suffix)
			}
			require.Contains(t, source.String(), `"`+metric+`"`, "%s watches %s", name, metric)
		}
		for _, m := range runbook.FindAllStringSubmatch(string(content), -1) {
			_, err := os.Stat(filepath.Join(root, m[1]))
			require.NoError(t, err, "%s names a page that is not there", name)
		}
	}
}
