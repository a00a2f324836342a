package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// rows are the rooms from the bottom up. A package may import its own row and the rows below it, never one above.
var rows = []string{"pkg", "ent", "tenants", "auth", "worker", "api", "console", "cmd"}

// beside are the places outside the house: tests of the whole, which may import any room and which no room imports.
var beside = []string{"internal", "e2e"}

// ent, the database client, is for those who keep data, and for the wiring.
var mayImportEnt = []string{"ent", "tenants", "auth", "worker", "cmd", "internal", "e2e"}

// mayOpen is what a test elsewhere may import to put together what it tests, as the wiring does. It opens the database; it does not query.
var mayOpen = []string{"ent/store", "ent/outbox", "ent/scope"}

// fronts are programs that look at the house from outside: the inside of each is beside it.
var fronts = map[string]string{"cmd/latchkeep-load": "internal/load"}

func room(dir string) string {
	first, _, _ := strings.Cut(dir, "/")
	return first
}

// arrows finds imports that go up, and rooms that the drawing does not have.
func arrows(files []file) []string {
	var broken []string
	for _, f := range files {
		from := room(f.dir)
		level := slices.Index(rows, from)
		if level < 0 && !slices.Contains(beside, from) {
			broken = append(broken, fmt.Sprintf("%s: there is no room %q in the drawing of docs/architecture.md", f.path, from))
			continue
		}
		for _, dir := range f.ours() {
			to := room(dir)
			switch {
			case fronts[f.dir] == dir:
			case slices.Contains(beside, to):
				// The test vocabulary is for tests; a leaf needs none of it.
				if !slices.Contains(beside, from) && (!f.test || from == "pkg") {
					broken = append(broken, fmt.Sprintf("%s imports %s, which is for tests of the rooms above pkg", f.path, dir))
				}
			case level >= 0 && slices.Index(rows, to) > level:
				broken = append(broken, fmt.Sprintf("%s imports %s: %s must not know of %s", f.path, dir, from, to))
			case f.test && slices.Contains(mayOpen, dir):
			case to == "ent" && !slices.Contains(mayImportEnt, from):
				broken = append(broken, fmt.Sprintf("%s imports %s: %s leaves the database to auth, tenants and worker", f.path, dir, from))
			}
		}
	}
	return broken
}

// confined says which libraries have one home, so that their major version can change in one place, and which rooms must not see them.
var confined = []struct {
	library string // a path; with /... at its end, also those below it
	allowed func(dir string) bool
	why     string
}{
	{"github.com/lestrrat-go/jwx/...", in("pkg/jose"), "only pkg/jose knows the JOSE library"},
	{"github.com/danielgtaylor/huma/...", in("api", "console", "cmd", "pkg/problem", "internal", "e2e"), "the domain knows no HTTP framework"},
	{"github.com/go-chi/chi/...", in("api", "console", "cmd", "internal", "e2e"), "the domain knows no HTTP router"},
	{"github.com/hibiken/asynq/...", in("worker", "cmd", "internal", "e2e"), "only the worker and the wiring know the queue"},
	{"golang.org/x/oauth2", in("auth/federation/oauth"), "only auth/federation/oauth speaks OAuth"},
	{"github.com/coreos/go-oidc/...", in("auth/federation/oauth"), "only auth/federation/oauth speaks OpenID Connect"},
	{"github.com/go-jose/go-jose/...", in("auth/federation/oauth", "internal/idpmock"), "what we sign is made by pkg/jose; this library reads tokens of others"},
	{"github.com/zitadel/oidc/...", in("internal/oidcpeer"), "it is the other side, for tests"},
	{"github.com/gobwas/glob/...", in("pkg/redirect"), "only pkg/redirect knows patterns"},
	{"github.com/caddyserver/certmagic", in("tenants/certificates"), "only tenants/certificates gets certificates"},
	{"go.uber.org/zap/...", in("tenants/certificates"), "log with log/slog; zap is what that library logs with"},
	{"log", in(), "log with log/slog"}, // but for examples, whose readers know log.Fatal
}

func in(rooms ...string) func(string) bool {
	return func(dir string) bool {
		return slices.ContainsFunc(rooms, func(r string) bool { return dir == r || strings.HasPrefix(dir, r+"/") })
	}
}

// homes finds libraries away from home.
func homes(files []file) []string {
	var broken []string
	for _, f := range files {
		if f.generated {
			continue
		}
		for _, p := range f.imports() {
			for _, c := range confined {
				library, below := strings.CutSuffix(c.library, "/...")
				matches := p == library || below && strings.HasPrefix(p, library+"/")
				example := p == "log" && path.Base(f.path) == "example_test.go"
				if matches && !example && !c.allowed(f.dir) {
					broken = append(broken, fmt.Sprintf("%s imports %s: %s", f.path, p, c.why))
				}
			}
		}
	}
	return broken
}

// vague are names that say nothing about what is in a package.
var vague = []string{
	"util", "utils", "common", "commons", "helper", "helpers", "model", "models", "type", "types", "misc", "shared", "base", "lib",
}

// names finds packages and folders that could hold anything.
func names(files []file) []string {
	var broken []string
	for _, f := range files {
		for _, name := range []string{path.Base(f.dir), strings.TrimSuffix(f.ast.Name.Name, "_test")} {
			if slices.Contains(vague, name) {
				broken = append(broken, fmt.Sprintf("%s: a package called %q could hold anything; name what it is about", f.path, name))
				break
			}
		}
	}
	return broken
}
