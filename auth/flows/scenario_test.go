package flows_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/authenticator"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// TestScenarios plays the conversations of testdata through HTTP, on every database, with a single database connection: nothing may need a
// second one while it holds the first. testdata/README.md explains how they are written.
func TestScenarios(t *testing.T) {
	t.Parallel()

	files, err := filepath.Glob("testdata/[elpr]*/*.txt") // the conversations of exchange, login, profile, registration; tables are not played
	require.NoError(t, err)
	require.NotEmpty(t, files)
	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		files := files
		if underRace { // each database plays a part of them, together they play all
			files = partOf(files, slices.Index(testdb.Dialects(), env.Dialect), len(testdb.Dialects()))
		}
		var players sync.WaitGroup
		next := make(chan int)
		seen := &sightings{}
		for range 4 { // they wait for mails most of the time, so there may be more of them than processors
			players.Go(func() {
				for i := range next {
					name := strings.TrimSuffix(strings.TrimPrefix(files[i], "testdata/"), ".txt")
					t.Run(name, func(t *testing.T) { play(t, env, fmt.Sprintf("s%d", i), files[i], seen) })
				}
			})
		}
		for i := range files {
			next <- i
		}
		close(next)
		players.Wait()
		require.Empty(t, env.Errors(), "nothing went wrong unexpectedly")
		if seen.played == len(files) && !underRace {
			seen.requireAll(t)
		}
	}, testenv.WithPool("1"), testenv.WithThirdParties())
}

// partOf is every n-th, from the i-th on.
func partOf(files []string, i, n int) []string {
	var part []string
	for ; i < len(files); i += n {
		part = append(part, files[i])
	}
	return part
}

// A scenario is a conversation that is being played.
type scenario struct {
	*testing.T
	at string // the line, for messages

	env    *testenv.Env
	slug   string
	config map[string]any
	shop   *testenv.Tenant
	people map[string]*testenv.Person

	browsers map[string]*browser
	*browser

	vars             map[string]string
	heard, mailsSeen int                   // how many events and mails were named so far
	records          []testenv.AuditRecord // those that were not named yet
	recordsSeen      int
	strict           map[string]bool // kinds of observations that the scenario names

	device  *authenticator.Authenticator // in hand
	app     *testenv.App
	options map[string]json.RawMessage // that a device was asked to answer last
	lies    []authenticator.Lie        // of the line that is being played

	away *url.URL // the browser is there
}

// A browser has a flow at most.
type browser struct {
	client *testenv.Client
	flow   *testenv.Flow
	last   testenv.State // the last answer
	token  string        // of the session that it was given
	sent   func() testenv.State
}

func play(t *testing.T, env *testenv.Env, slug, file string, seen *sightings) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	s := &scenario{
		T: t, env: env, slug: slug, config: map[string]any{}, people: map[string]*testenv.Person{},
		browsers: map[string]*browser{}, vars: map[string]string{}, strict: map[string]bool{},
		options: map[string]json.RawMessage{},
	}
	require.NoError(t, json.Unmarshal([]byte(`{"mfa": {"enabled": false}, `+testenv.Webhook+"}"), &s.config))
	for i, line := range strings.Split(string(text), "\n") {
		s.at = fmt.Sprintf("%s:%d", file, i+1)
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		verb, rest, _ := strings.Cut(line, " ")
		act, ok := verbs()[verb]
		if !ok {
			s.fail("there is no verb %q", verb)
		}
		if verb != "config" && verb != "providers" {
			s.open()
		}
		act(s, strings.TrimSpace(rest))
	}
	s.at = file
	s.end()
	seen.add(s)
}

// open makes the tenant, once its configuration is known.
func (s *scenario) open() {
	if s.shop != nil {
		return
	}
	config, err := json.Marshal(s.config)
	require.NoError(s, err)
	s.shop = s.env.Tenant(s, s.slug, string(config))
	s.use("first")
}

func (s *scenario) use(name string) {
	if s.browsers[name] == nil {
		s.browsers[name] = &browser{client: s.shop.Client()}
	}
	s.browser = s.browsers[name]
}

// person is one who was made before.
func (s *scenario) person(name string) *testenv.Person {
	p, ok := s.people[name]
	if !ok {
		s.fail("who is %s?", name)
	}
	return p
}

func (s *scenario) fail(format string, args ...any) {
	s.Helper()
	s.Fatalf(s.at+": "+format, args...)
}

// words splits a line at spaces, outside of quotes. Single quotes are for JSON: the double ones inside stay.
func words(line string) []string {
	var found []string
	var word strings.Builder
	quoted, raw, any := false, false, false
	for _, c := range line {
		switch {
		case c == '\'' && !quoted:
			raw, any = !raw, true
		case c == '"' && !raw:
			quoted, any = !quoted, true
		case c == ' ' && !quoted && !raw:
			if any {
				found = append(found, word.String())
			}
			word.Reset()
			any = false
		default:
			word.WriteRune(c)
			any = true
		}
	}
	if any {
		found = append(found, word.String())
	}
	return found
}

// pairs reads name=value words; a word without = has the value "true". name:=value is JSON.
func (s *scenario) pairs(list []string) (names []string, values map[string]string) {
	values = map[string]string{}
	for _, word := range list {
		name, value, found := strings.Cut(word, "=")
		if !found {
			value = "true"
		}
		if strings.HasPrefix(value, "$") {
			value = s.known(value[1:])
		}
		names = append(names, name)
		values[name] = value
	}
	return names, values
}

// known is what was noted under a name, or a member of the last payload.
func (s *scenario) known(name string) string {
	if value, ok := s.vars[name]; ok {
		return value
	}
	if value, ok := s.proof(name); ok {
		return value
	}
	member, path, _ := strings.Cut(name, ".")
	var tree any
	if raw, ok := s.last.Payload[member]; ok {
		require.NoError(s, json.Unmarshal(raw, &tree), s.at)
		if value, ok := at(tree, path); ok {
			return fmt.Sprint(value)
		}
	}
	s.fail("$%s is not known", name)
	return ""
}

// literal reads a value of JSON, or else a text.
func literal(text string) any {
	var v any
	if json.Unmarshal([]byte(text), &v) == nil {
		return v
	}
	return text
}

// set puts a value at a dotted path.
func set(tree map[string]any, path string, value any) {
	head, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		tree[head] = value
		return
	}
	child, ok := tree[head].(map[string]any)
	if !ok {
		child = map[string]any{}
		tree[head] = child
	}
	set(child, rest, value)
}

// at finds the value at a dotted path.
func at(tree any, path string) (any, bool) {
	for _, part := range strings.Split(path, ".") {
		switch node := tree.(type) {
		case map[string]any:
			v, ok := node[part]
			if !ok {
				return nil, false
			}
			tree = v
		case []any:
			var i int
			if _, err := fmt.Sscanf(part, "%d", &i); err != nil || i >= len(node) {
				return nil, false
			}
			tree = node[i]
		default:
			return nil, false
		}
	}
	return tree, true
}
