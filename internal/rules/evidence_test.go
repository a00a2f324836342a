package rules

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// evidence is a file of the repository, or a test in one, as the pages about security name it: `path/file.go`, `path/file_test.go:TestName`.
var evidence = regexp.MustCompile("`([\\w.-]+(?:/[\\w.-]+)+/?)(?::((?:Test|Fuzz|Example)\\w+))?`")

// missing finds evidence that is not there.
func missing(tree fs.FS, page string) []string {
	var gone []string
	for _, m := range evidence.FindAllStringSubmatch(page, -1) {
		file, test := strings.TrimSuffix(m[1], "/"), m[2]
		content, err := fs.ReadFile(tree, file)
		_, there := fs.Stat(tree, file)
		switch {
		case there != nil:
			gone = append(gone, m[1]+" is not there")
		case test == "":
		case err != nil || !strings.Contains(string(content), "\nfunc "+test+"("):
			gone = append(gone, m[1]+" has no "+test)
		}
	}
	return gone
}

func TestPages_NameEvidenceThatIsThere(t *testing.T) {
	t.Parallel()

	for page, least := range map[string]int{"docs/threat-model.md": 200, "docs/asvs.md": 150, "docs/security.md": 20} {
		content, err := os.ReadFile("../../" + page)
		require.NoError(t, err)
		require.Greater(t, len(evidence.FindAllString(string(content), -1)), least, page)
		for _, gone := range missing(os.DirFS("../.."), string(content)) {
			t.Error(page + ": " + gone)
		}
	}
}

func TestPages_MissingEvidenceIsFound(t *testing.T) {
	t.Parallel()

	const page = "`internal/rules/doc.go` `internal/rules/links_test.go:TestPages_LinkToWhatIsThere` `internal/rules/` `a word` `word`\n" +
		"`internal/rules/gone.go` `internal/rules/links_test.go:TestGone` `internal/rules:TestGone`\n"
	require.Equal(t, []string{
		"internal/rules/gone.go is not there", "internal/rules/links_test.go has no TestGone", "internal/rules has no TestGone",
	}, missing(os.DirFS("../.."), page))
}

var (
	commandHeading = regexp.MustCompile("(?m)^#{2,3} `latchkeep ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)*)")
	commandMention = regexp.MustCompile(`latchkeep ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)*)`)
	fenced         = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
)

// unknownCommands finds commands in the code of a page that the reference of the command line does not have. Words that follow a command
// without commands below it are its arguments.
func unknownCommands(reference, page string) []string {
	known, groups := map[string]bool{}, map[string]bool{}
	for _, m := range commandHeading.FindAllStringSubmatch(reference, -1) {
		known[m[1]] = true
		if at := strings.LastIndexByte(m[1], ' '); at > 0 {
			groups[m[1][:at]] = true
		}
	}
	var unknown []string
	for _, block := range fenced.FindAllString(page, -1) {
		for _, m := range commandMention.FindAllStringSubmatch(block, -1) {
			longest := ""
			for words := strings.Fields(m[1]); len(words) > 0; words = words[:len(words)-1] {
				if name := strings.Join(words, " "); known[name] {
					longest = name
					break
				}
			}
			if longest == "" || groups[longest] && longest != m[1] {
				unknown = append(unknown, "latchkeep "+m[1])
			}
		}
	}
	return unknown
}

func TestPages_NameCommandsThatExist(t *testing.T) {
	t.Parallel()

	reference, err := os.ReadFile("../../docs/cli.md")
	require.NoError(t, err)
	root := os.DirFS("../..")
	pages, err := fs.Glob(root, "docs/runbooks/*.md")
	require.NoError(t, err)
	require.Greater(t, len(pages), 5)
	for _, page := range append(pages, "docs/backup.md", "docs/security.md") {
		content, err := fs.ReadFile(root, page)
		require.NoError(t, err)
		for _, unknown := range unknownCommands(string(reference), string(content)) {
			t.Errorf("%s: %s is no command of docs/cli.md", page, unknown)
		}
	}
}

func TestPages_UnknownCommandsAreFound(t *testing.T) {
	t.Parallel()

	const reference = "## `latchkeep key`\n### `latchkeep key list ID|SLUG`\n## `latchkeep isready [public|ops]`\n"
	const page = "`latchkeep key list SLUG` `latchkeep isready public` latchkeep is fine `latchkeep key lose SLUG`\n```sh\nlatchkeep gone\n```\n"
	require.Equal(t, []string{"latchkeep key lose", "latchkeep gone"}, unknownCommands(reference, page))
}
