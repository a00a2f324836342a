package timing_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/internal/timing"
)

// What "make timing" sets: how many samples of each arm to take, where to write the table, and which pairs are meant.
const (
	samplesVariable = "LATCHKEEP_TIMING_SAMPLES"
	tableVariable   = "LATCHKEEP_TIMING_TABLE"
	onlyVariable    = "LATCHKEEP_TIMING_ONLY"
)

// TestPairs_AnswerAlikeAndCostAlike answers requests that must not be told apart. Their answers are the same but for ids, tokens and times, they send
// as many statements to the database, leave as many intents for the worker, and hash as many passwords. That holds wherever the test runs; how
// long they take is compared where "make timing" asks for it.
func TestPairs_AnswerAlikeAndCostAlike(t *testing.T) { // alone: it counts what the process takes
	samples, timed := wanted(t)
	s := newStage(t, testenv.With("rate_limiter.enabled", "false"), testenv.With("log.level", "error"))
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	table := &strings.Builder{}
	for _, p := range pairs() {
		if only := os.Getenv(onlyVariable); only != "" && !strings.Contains(p.name, only) {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			arms := p.arms(t, s)
			server := map[string]http.Handler{"public": s.env.App.Public(), "admin": s.env.App.Admin(), "console": s.env.App.Console()}[p.server]
			bench := &timing.Bench{Server: server, Watch: s.env.Statements, Hashes: s.hashes(t)}
			bench.Sample(arms, 1, rng, func(int, timing.Answer) {}) // the first of everything is dearer
			seen := make([]map[string]int, len(arms))
			cpu, took := make([][]time.Duration, len(arms)), make([][]time.Duration, len(arms))
			bench.Sample(arms, samples, rng, func(i int, a timing.Answer) {
				require.Equal(t, p.status, a.Status, "%s: %s", arms[i].Name, a.Body)
				require.Equal(t, p.hashes, a.Hashes, "%s: hashes", arms[i].Name)
				if seen[i] == nil {
					seen[i] = map[string]int{}
				}
				seen[i][told(t, a)]++
				cpu[i], took[i] = append(cpu[i], a.CPU), append(took[i], a.Took)
			})
			for i := range arms {
				require.Equal(t, slices.Sorted(maps.Keys(seen[0])), slices.Sorted(maps.Keys(seen[i])), "%s and %s", arms[0].Name, arms[i].Name)
			}
			if timed {
				compare(t, table, p, arms, cpu, took, slices.Collect(maps.Keys(seen[0]))[0], rng)
			}
		})
	}
	if to := os.Getenv(tableVariable); to != "" {
		require.NoError(t, os.WriteFile(to, []byte(table.String()), 0o600))
	}
}

func wanted(t *testing.T) (samples int, timed bool) {
	t.Helper()
	text := os.Getenv(samplesVariable)
	if text == "" {
		return 3, false
	}
	samples, err := strconv.Atoi(text)
	require.NoError(t, err, samplesVariable)
	return samples, true
}

// A locked-out person and one whom nobody knows are refused alike, before anything is looked up or hashed.
func TestPairs_WhoeverIsLockedOutIsRefusedAlike(t *testing.T) { // alone: a bench is alone in the process
	s := newStage(t, testenv.With("rate_limiter.password_limits.tokens", "1"), testenv.With("rate_limiter.password_limits.interval", "1h"),
		testenv.With("log.level", "error"))
	bench := &timing.Bench{Server: s.env.App.Public(), Watch: s.env.Statements, Hashes: s.hashes(t)}
	unknown := s.nobody()
	answers := map[string]string{}
	for range 3 {
		for _, email := range []string{withPassword, withoutPassword, unknown} {
			a := bench.Answer(s.post(s.at(t, email, "continue_to_password_login"), "password_login", testenv.Inputs{"password": "a wrong password"}))
			answers[email] = told(t, a)
			require.Equal(t, map[bool]int{true: 0, false: 1}[a.Status == http.StatusTooManyRequests], a.Hashes, "%s: %d", email, a.Status)
		}
	}
	require.Contains(t, answers[unknown], "429")
	require.Equal(t, answers[unknown], answers[withPassword])
	require.Equal(t, answers[unknown], answers[withoutPassword])
}

// what differs from one answer to the next, whoever asks.
var (
	uuids    = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	drawn    = regexp.MustCompile(`[A-Za-z0-9_-]{22,}`)
	moments  = regexp.MustCompile(`"(retry_after|resend_after)":\d+`)
	inserts  = regexp.MustCompile("(?i)^insert into [\"`]?outbox")
	identity = []string{"X-Request-Id", "Date", "Retry-After"}
)

// told is everything that an answer tells, and what it cost but for time: the same text for all that nobody can tell apart.
func told(t testing.TB, a timing.Answer) string {
	t.Helper()
	h := a.Header.Clone()
	for _, name := range identity {
		if h.Get(name) != "" {
			h.Set(name, "X")
		}
	}
	header, err := json.Marshal(h)
	require.NoError(t, err)
	text := fmt.Sprintf("%d %s %s", a.Status, header, a.Body)
	text = moments.ReplaceAllString(uuids.ReplaceAllString(text, "UUID"), `"$1":N`)
	text = drawn.ReplaceAllStringFunc(text, func(word string) string {
		if strings.Trim(word, "abcdefghijklmnopqrstuvwxyz_") == "" { // a name of ours
			return word
		}
		return "DRAWN"
	})
	intents := 0
	for _, s := range a.Statements {
		if inserts.MatchString(s) {
			intents++
		}
	}
	return fmt.Sprintf("%s\n%d statements, %d inserts of intents, %d hashes", text, len(a.Statements), intents, a.Hashes)
}

// costs reads the last line of told.
var costs = regexp.MustCompile(`(\d+) statements, (\d+) inserts of intents, (\d+) hashes$`)

func compare(t *testing.T, table *strings.Builder, p pair, arms []timing.Arm, cpu, took [][]time.Duration, seen string, rng *rand.Rand) {
	t.Helper()
	cost := costs.FindStringSubmatch(seen)
	require.NotNil(t, cost)
	for i := 1; i < len(arms); i++ {
		c, wall := timing.Compare(cpu[0], cpu[i], rng), timing.Compare(took[0], took[i], rng)
		fmt.Fprintf(table, "| %s | %s / %s | %d | %s, %s, %s | %s / %s | %s … %s | %s | %.3f | %s / %s | **%s** |\n",
			p.name, arms[0].Name, arms[i].Name, len(cpu[0]), cost[1], cost[2], cost[3], micro(c.First), micro(c.Second), signed(c.Low), signed(c.High),
			micro(c.Bound), c.Delta, micro(wall.First), micro(wall.Second), c.Verdict)
		t.Logf("%s, %s and %s: %+v, on the clock %+v", p.name, arms[0].Name, arms[i].Name, c, wall)
		if c.Verdict == timing.Different {
			t.Errorf("%s: %s and %s cost the server %v and %v", p.name, arms[0].Name, arms[i].Name, c.First, c.Second)
		}
	}
}

func micro(d time.Duration) string  { return strconv.FormatInt(d.Microseconds(), 10) }
func signed(d time.Duration) string { return fmt.Sprintf("%+d", d.Microseconds()) }
