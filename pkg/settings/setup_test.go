package settings_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/settings"
)

const goodSecret = "vQ7kH2pXw9sLr4Zt8NcBy3MdF6jG1aUe"

// A world is what Load reads: files, environment and flags.
type world struct {
	files map[string]string
	env   []string
	flags []string
	opts  settings.LoadOptions
}

// minimal is the least that starts.
func minimal() *world {
	return &world{
		files: map[string]string{},
		env:   []string{"LATCHKEEP_SECRETS_KEYS=" + goodSecret, "LATCHKEEP_DATABASE_URL=postgres://app:pw@db:5432/app"},
	}
}

// bare is minimal without anything.
func bare() *world { return &world{files: map[string]string{}} }

func (w *world) file(yaml string) *world {
	w.files[settings.DefaultFile] = yaml
	return w
}

func (w *world) with(env ...string) *world {
	w.env = append(w.env, env...)
	return w
}

func (w *world) load(t testing.TB) (*settings.Settings, settings.Notices, error) {
	t.Helper()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	settings.AddFlags(flags)
	require.NoError(t, flags.Parse(w.flags))
	w.opts.Env, w.opts.Flags = w.env, flags
	w.opts.ReadFile = func(name string) ([]byte, error) {
		content, ok := w.files[name]
		if !ok {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		return []byte(content), nil
	}
	return settings.Load(w.opts)
}

func (w *world) must(t testing.TB) *settings.Settings {
	t.Helper()
	s, _, err := w.load(t)
	require.NoError(t, err)
	return s
}

// fails loads and returns the problems.
func (w *world) fails(t testing.TB) settings.Problems {
	t.Helper()
	_, _, err := w.load(t)
	var problems settings.Problems
	require.ErrorAs(t, err, &problems)
	return problems
}

// warnings are the texts of the warnings, with key and place.
func warnings(notices settings.Notices) []string {
	var texts []string
	for _, n := range notices {
		if n.Warning {
			texts = append(texts, n.String())
		}
	}
	return texts
}

func containing(texts []string, part string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, part) })
}
