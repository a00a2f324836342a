package rules

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	markdownLink  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	headingMark   = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	notInAnAnchor = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	code          = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
)

// anchors are the names under which a page's headings can be reached.
func anchors(page string) map[string]bool {
	names := map[string]bool{}
	for _, m := range headingMark.FindAllStringSubmatch(page, -1) {
		name := notInAnAnchor.ReplaceAllString(strings.ToLower(m[1]), "")
		names[strings.ReplaceAll(name, " ", "-")] = true
	}
	return names
}

// deadLinks finds links of a page that lead nowhere. Links to other sites are not followed.
func deadLinks(tree fs.FS, name, page string) []string {
	var dead []string
	for _, m := range markdownLink.FindAllStringSubmatch(code.ReplaceAllString(page, ""), -1) {
		if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
			continue
		}
		target, anchor, _ := strings.Cut(m[1], "#")
		there := page
		if target != "" {
			file := path.Join(path.Dir(name), target)
			if _, err := fs.Stat(tree, file); err != nil {
				dead = append(dead, name+": "+m[1]+" is not there")
				continue
			}
			content, _ := fs.ReadFile(tree, file) // a folder has none, and no anchors
			there = string(content)
		}
		if anchor != "" && !anchors(there)[anchor] {
			dead = append(dead, name+": "+m[1]+" names no heading")
		}
	}
	return dead
}

func TestPages_LinkToWhatIsThere(t *testing.T) {
	t.Parallel()

	root := os.DirFS("../..")
	pages, err := filepath.Glob("../../*.md")
	require.NoError(t, err)
	require.NoError(t, filepath.WalkDir("../../docs", func(p string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(p, ".md") {
			pages = append(pages, p)
		}
		return err
	}))
	require.Greater(t, len(pages), 10)
	for _, p := range pages {
		content, err := os.ReadFile(p)
		require.NoError(t, err)
		name, err := filepath.Rel("../..", p)
		require.NoError(t, err)
		for _, dead := range deadLinks(root, filepath.ToSlash(name), string(content)) {
			t.Error(dead)
		}
	}
}

func TestPages_DeadLinksAreFound(t *testing.T) {
	t.Parallel()

	const page = "# Cookies & sites\n[a](building.md) [b](gone.md) [c](#cookies--sites) [d](#none) `[e](gone.md)`\n[f](https://example.com/x)\n"
	require.Equal(t, []string{"docs/page.md: gone.md is not there", "docs/page.md: #none names no heading"},
		deadLinks(os.DirFS("../.."), "docs/page.md", page))
}
