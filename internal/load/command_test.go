package load_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/freeport"
	"github.com/latchkeep/latchkeep/internal/load"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/internal/visitor"
	"github.com/latchkeep/latchkeep/tenants"
)

// A stage is the program on ports that are known before, with an operator's token.
type stage struct {
	env            *testenv.Env
	console, token string
}

func newStage(t testing.TB) *stage {
	t.Helper()
	ports := freeport.Several(t, 3)
	s := &stage{console: "http://localhost:" + ports[2]}
	s.env = testenv.OnSQLite(t, testenv.WithSMTP(), testenv.Local(), testenv.With("rate_limiter.enabled", "false"), testenv.With("log.level", "warn"),
		testenv.With("server.public.address", "127.0.0.1:"+ports[0]), testenv.With("server.admin.address", "127.0.0.1:"+ports[1]),
		testenv.With("server.console.address", "127.0.0.1:"+ports[2]), testenv.With("public.base_url", "http://localhost:"+ports[0]),
		testenv.With("admin.base_url", "http://localhost:"+ports[1]), testenv.With("console.base_url", s.console))
	_, token, err := s.env.App.OperatorTokens.Create(t.Context(), tenants.BySystem, nil, tenants.NewOperatorToken{NewToken: tenants.NewToken{Name: "load"}})
	require.NoError(t, err)
	s.token = token
	return s
}

// run runs the command and returns what it printed.
func (s *stage) run(t testing.TB, args ...string) (string, error) {
	t.Helper()
	secrets := map[string]string{"LATCHKEEP_LOAD_TOKEN": s.token}
	var stdout, stderr bytes.Buffer
	err := load.Command(t.Context(), append([]string{"-connect", "127.0.0.1", "-smtp", "127.0.0.1:0"}, args...), func(name string) string { return secrets[name] }, &stdout, &stderr)
	require.NotContains(t, stdout.String()+stderr.String(), s.token)
	return stdout.String(), err
}

func TestOperations_DoWhatTheySay(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	box, err := visitor.NewMailbox("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(box.Close)
	target := load.Target{
		Console: s.console, Token: s.token, Allow: []string{"*.localhost"}, Connect: "127.0.0.1", Tenants: 3, Users: 20, Codes: box, MailHost: "127.0.0.1", MailPort: box.Port,
	}
	place, err := target.Open(t.Context())
	require.NoError(t, err)
	require.Equal(t, 3, place.Tenants)
	require.Equal(t, 20, place.Users)
	c := visitor.New("127.0.0.1")
	defer c.Close()
	for _, op := range place.Operations() {
		if op.Prepare != nil {
			require.NoError(t, op.Prepare(t.Context(), c), op.Name)
		}
		require.NoError(t, op.Run(t.Context(), c), op.Name)
	}
	require.Len(t, place.Operations(), 11)

	again, err := target.Open(t.Context())
	require.NoError(t, err)
	require.Equal(t, 4, again.Tenants, "what is there is used again, with the tenant that was made meanwhile")
	require.Greater(t, again.Users, 20)

	alone, err := load.Target{Base: place.Shop.Base, Connect: "127.0.0.1", Codes: box}.Open(t.Context())
	require.NoError(t, err)
	require.Len(t, alone.Operations(), 6, "without keys there is only what visitors do")
	require.NoError(t, alone.Operations()[0].Run(t.Context(), c))
}

func TestCommand_ReportsWhatItDid(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	args := []string{"-console", s.console, "-allow", "*.localhost", "-users", "20", "-mix", "jwks=9,start", "-clients", "2", "-warm-up", "100ms", "-duration", "1s"}
	out, err := s.run(t, append(args, "-json", "-pid", fmt.Sprintf("server=%d", os.Getpid()))...)
	require.NoError(t, err)
	var report load.Report
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	require.Zero(t, report.Failed)
	require.EqualValues(t, 1, report.Tenants)
	require.EqualValues(t, 20, report.Users)
	require.Positive(t, report.CPU["server"])
	o := report.Operations[0]
	require.Equal(t, "jwks", o.Name)
	require.Positive(t, o.Done)
	require.Positive(t, o.P50)
	require.LessOrEqual(t, o.P50, o.P99)
	require.LessOrEqual(t, o.P99, o.Max)

	out, err = s.run(t, append(args, "-rate", "20", "-markdown")...)
	require.NoError(t, err)
	require.Regexp(t, `(?m)^\| jwks \| \d+ \|`, out)
	require.Contains(t, out, "20.0 operations begun each second")
}

func TestCommand_RefusesHostsThatNobodyGave(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	_, err := s.run(t, "-console", s.console, "-duration", "100ms")
	require.ErrorContains(t, err, "the host load-000000.localhost, which was not given")
}

func TestCommand_SaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	none := func(string) string { return "" }
	for args, text := range map[string]string{
		"":                                "there is no default",
		"-console http://c -url http://u": "not both",
		"-console http://c":               "LATCHKEEP_LOAD_TOKEN",
		"-url http://u -admin http://a":   "LATCHKEEP_LOAD_KEY",
		"-url http://u -tenants 2":        "needs -console",
		"-url http://u -clients 0":        "more than nothing",
		"-url http://u -json -markdown":   "not both",
		"-url http://u -smtp x":           "-smtp",
		"-url http://u -pid server":       "is no process",
		"-url http://u stray":             "stray",
		"-url http://127.0.0.1:1 -smtp 127.0.0.1:0 -mix dance":       "there is no operation",
		"-url http://127.0.0.1:1 -smtp 127.0.0.1:0 -mix jwks=0":      "must be a number from 1",
		"-url http://127.0.0.1:1 -smtp 127.0.0.1:0 -mix tenant-list": "there is no operation",
		"-url http://127.0.0.1:1 -smtp 127.0.0.1:0 -users 5":         "admin API",
	} {
		var out bytes.Buffer
		require.ErrorContains(t, load.Command(t.Context(), strings.Fields(args), none, &out, &out), text, args)
	}
}

func TestCommand_TellsWhatFailed(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := load.Command(t.Context(), strings.Fields("-url http://127.0.0.1:1 -smtp 127.0.0.1:0 -mix jwks -clients 1 -warm-up 0s -duration 2s"),
		func(string) string { return "" }, &out, &bytes.Buffer{})
	require.ErrorContains(t, err, "operations failed")
	require.Contains(t, out.String(), "no answer: connection refused")
}
