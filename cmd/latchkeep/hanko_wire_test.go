package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/smtpsink"
)

// An effect is a line of testdata/hanko-on-the-wire.txt: a setting and what is seen of it.
type effect struct {
	key, env, old string
	given         string // JSON
	page, path    string
	want          string // JSON
}

// effects reads the file: the groups, in their order, and their names.
func effects(t *testing.T) (names []string, groups map[string][]effect) {
	t.Helper()
	raw, err := os.ReadFile("testdata/hanko-on-the-wire.txt")
	require.NoError(t, err)
	groups = map[string][]effect{}
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "== "); ok {
			names = append(names, name)
		}
		if line == "" || line[0] == '#' || line[0] == '=' {
			continue
		}
		var f []string
		for field := range strings.SplitSeq(line, "  ") {
			if field = strings.TrimSpace(field); field != "" {
				f = append(f, field)
			}
		}
		require.GreaterOrEqual(t, len(f), 5, line)
		e := effect{key: f[0], env: f[1], given: f[2], want: f[4]}
		e.page, e.path, _ = strings.Cut(f[3], " ")
		if len(f) > 5 {
			e.old = f[5]
		}
		group := names[len(names)-1]
		groups[group] = append(groups[group], e)
	}
	require.NotEmpty(t, names)
	return names, groups
}

// A tree is a configuration.
type tree map[string]any

// put sets the value at a path.
func (c tree) put(path string, value any) {
	first, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		c[first] = value
		return
	}
	inner, ok := c[first].(tree)
	if !ok {
		inner = tree{}
		c[first] = inner
	}
	inner.put(rest, value)
}

// ofTheProcess are the sections that no tenant has.
var ofTheProcess = map[string]bool{"audit_log": true, "rate_limiter": true, "server": true}

// An installation is a machine with a Hanko configuration.
type installation struct {
	*machine
	sink   *smtpsink.Sink
	file   tree
	tenant tree // of the tenant to be made, where there are many
}

func install(t *testing.T, many bool) *installation {
	t.Helper()
	i := &installation{
		sink:    smtpsink.New(t, smtpsink.Options{Encryption: smtpsink.Plain}),
		machine: onDatabase(t, dialect.SQLite), file: tree{}, tenant: tree{},
	}
	i.env = []string{"LATCHKEEP_DATABASE_URL=" + i.database, "LATCHKEEP_SERVER_OPS_ADDRESS=127.0.0.1:0", "LATCHKEEP_EGRESS_ALLOW_CIDRS=127.0.0.0/8"}
	i.file.put("secret_keys", []string{goodSecret})
	i.file.put("multi_tenancy.enabled", many)
	for _, server := range []string{"public", "admin", "management"} {
		i.file.put("server."+server+".address", "127.0.0.1:0")
	}
	to := i.file
	if many {
		to = i.tenant
	}
	for path, value := range map[string]any{
		"signing.algorithm":        "ES256", // of which keys are made at once
		"email_delivery.smtp.host": i.sink.Host(), "email_delivery.smtp.port": i.sink.Port(),
	} {
		to.put(path, value)
	}
	return i
}

// value is what an effect gives.
func (i *installation) value(t *testing.T, e effect) any {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal([]byte(e.given), &v), e.given)
	return v
}

// variable is a value as Hanko's environment has it.
func variable(t *testing.T, name string, value any) string {
	t.Helper()
	list, isList := value.([]any)
	if !isList {
		return fmt.Sprint(name, "=", value)
	}
	var texts []string
	separator := ","
	for _, v := range list {
		if object, ok := v.(map[string]any); ok {
			raw, err := json.Marshal(object)
			require.NoError(t, err)
			v, separator = string(raw), ";"
		}
		texts = append(texts, fmt.Sprint(v))
	}
	return name + "=" + strings.Join(texts, separator)
}

const manyTenants = "with many tenants"

// The ways in which a setting is given.
var ways = map[string]func(t *testing.T, i *installation, e effect){
	"in the file": func(t *testing.T, i *installation, e effect) { i.file.put(e.key, i.value(t, e)) },
	"in the environment": func(t *testing.T, i *installation, e effect) {
		if e.env == "-" {
			i.file.put(e.key, i.value(t, e))
			return
		}
		i.env = append(i.env, variable(t, e.env, i.value(t, e)))
	},
	"in the file, by its key of old": func(t *testing.T, i *installation, e effect) {
		if e.old != "" {
			i.file.put(e.old, i.value(t, e))
			return
		}
		i.file.put(e.key, i.value(t, e))
	},
	"in the environment, by its key of old": func(t *testing.T, i *installation, e effect) {
		if e.old != "" {
			i.env = append(i.env, variable(t, strings.ToUpper(strings.ReplaceAll(e.old, ".", "_")), i.value(t, e)))
			return
		}
		i.file.put(e.key, i.value(t, e))
	},
	manyTenants: func(t *testing.T, i *installation, e effect) {
		if section, _, _ := strings.Cut(e.key, "."); ofTheProcess[section] {
			i.file.put(e.key, i.value(t, e))
			return
		}
		i.tenant.put(e.key, i.value(t, e))
	},
}

// TestHanko_ClientsSeeTheSettings starts the program with Hanko's configuration, in every way that it can be written, and looks at what clients see.
func TestHanko_ClientsSeeTheSettings(t *testing.T) {
	t.Parallel()

	names, groups := effects(t)
	for way, give := range ways {
		for _, name := range names {
			hasOld := slices.ContainsFunc(groups[name], func(e effect) bool { return e.old != "" })
			if strings.Contains(way, "key of old") && !hasOld {
				continue
			}
			t.Run(way+"/"+name, func(t *testing.T) {
				t.Parallel()
				i := install(t, way == manyTenants)
				for _, e := range groups[name] {
					give(t, i, e)
				}
				seen := i.look(t)
				for _, e := range groups[name] {
					require.JSONEq(t, e.want, seen.at(e.page, e.path), "%s %s: %s", e.key, way, seen.pages[e.page])
				}
			})
		}
	}
	for _, many := range []bool{false, true} {
		t.Run(fmt.Sprintf("nothing is set/many=%t", many), func(t *testing.T) {
			t.Parallel()
			seen := install(t, many).look(t)
			for _, name := range names {
				for _, e := range groups[name] {
					require.NotEqual(t, e.want, seen.at(e.page, e.path), "%s: it is seen nevertheless", e.key)
				}
			}
		})
	}
}
