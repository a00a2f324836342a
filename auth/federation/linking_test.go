package federation_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent"
	entidentity "github.com/latchkeep/latchkeep/ent/identity"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestLinking_DoesWhatTheTableSays(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		table := readTable(t)
		worlds := map[string]*world{}
		for n, c := range combinations() {
			i := slices.IndexFunc(table, func(r *row) bool { return r.fits(c) })
			require.GreaterOrEqual(t, i, 0, "no line fits %v", c)
			table[i].used++
			key := c[4] + c[5]
			if worlds[key] == nil {
				worlds[key] = newWorld(t, env, c[4] == "yes", c[5] == "yes")
			}
			worlds[key].happen(t, fmt.Sprintf("line %d, %v", table[i].line, c), n, c, table[i].outcome)
		}
		for _, r := range table {
			require.NotZero(t, r.used, "line %d fits nothing", r.line)
		}
		for _, w := range worlds {
			w.look(t)
		}
		require.Empty(t, env.Errors())
	}, testenv.WithThirdParties(), testenv.With("rate_limiter.enabled", "false"))
}

// A world is a tenant with one of the settings that matter.
type world struct {
	shop    *testenv.Tenant
	records map[event.AuditType]int
	events  map[string]int
}

func newWorld(t *testing.T, env *testenv.Env, linking, signup bool) *world {
	t.Helper()
	shop := env.Tenant(t, fmt.Sprintf("shop-%t-%t", linking, signup), `{`+testenv.ThirdParty+`, `+testenv.Webhook+`,
		"mfa": {"enabled": false}, "passkey": {"enabled": false}, "email": {"require_verification": false, "acquire_on_login": false,
		"acquire_on_registration": false}}`)
	shop.Configure(t, fmt.Sprintf(`{"account": {"allow_signup": %t}, "third_party": {"providers": {"google": {"allow_linking": %t}}}}`, signup, linking))
	return &world{shop: shop, records: map[event.AuditType]int{}, events: map[string]int{}}
}

// look checks what was recorded and told of all that happened.
func (w *world) look(t *testing.T) {
	t.Helper()
	for kind, n := range w.records {
		w.shop.AuditOf(t, kind, n)
	}
	told := map[string]int{}
	for _, e := range w.shop.Events(t) {
		if strings.HasPrefix(e.Name, "user") && e.Name != "user.login" {
			told[e.Name]++
		}
	}
	require.Equal(t, w.events, told)
}

// counted are the rows that a refusal must leave as they were.
func (w *world) counted(t *testing.T) (counts [4]int) {
	t.Helper()
	for i, what := range []string{"users", "emails", "identities", "tokens"} {
		counts[i] = w.shop.Count(t, what)
	}
	return counts
}

// happen lets a combination happen.
func (w *world) happen(t *testing.T, what string, n int, c []string, outcome string) {
	t.Helper()
	p := w.newCast(t, n, c)
	client := w.shop.Client()
	flowName, action := "login", "thirdparty_oauth"
	switch c[0] {
	case "register":
		flowName = "registration"
	case "connect", "orphan":
		flowName, action = "profile", "connect_thirdparty_oauth_provider"
		p.kim.SignedIn(t, client, 0)
	}
	f := client.Begin(t, flowName)
	if flowName == "profile" && c[1] == "kim" { // a provider that she has is not offered, so she gets the account meanwhile
		p.steal(t, w.shop)
		f = client.Begin(t, flowName)
	}
	at := f.LeaveFor(t, action, "google")
	if flowName == "profile" && c[1] == "kim" {
		p.give(t, w.shop)
	}
	if c[0] == "orphan" {
		require.NoError(t, w.shop.Change(t, user.Delete(p.kim.ID)))
	}
	before := w.counted(t)
	to, _ := client.ComeBack(t, w.shop.Env.Consent(t, at, p.account(c)))
	result, who, _ := strings.Cut(outcome, " kim")
	person := p.kim
	if strings.HasSuffix(outcome, " lee") {
		result, person = strings.TrimSuffix(outcome, " lee"), p.lee
	}
	require.Empty(t, who)
	if code := to.Query().Get("error"); code != "" || strings.Contains(outcome, "_") {
		require.Equal(t, outcome, code, what)
		require.Equal(t, before, w.counted(t), "%s: nothing has changed", what)
		w.records[event.ThirdPartyFailed]++
		return
	}
	after := w.counted(t)
	s := f.Exchange(t, to)
	found := w.identity(t, p.subject)
	switch result {
	case "signs in", "links", "signs up":
		require.Equal(t, "success", s.Name, "%s: %s", what, s.Response.Body)
		require.NotNil(t, found.UserID, what)
		require.Contains(t, string(s.Payload["claims"]), found.UserID.String(), what)
		require.Zero(t, w.shop.Count(t, "tokens"), what)
	case "connects":
		require.Equal(t, "profile_init", s.Name, "%s: %s", what, s.Response.Body)
		require.Equal(t, 200, s.Status, what)
		require.Equal(t, p.kim.ID, *found.UserID, what)
	case "known":
		require.Equal(t, "operation_not_permitted_error", s.Refusal(), "%s: %s", what, s.Response.Body)
		require.Equal(t, "thirdparty", s.Name, what)
		require.Equal(t, p.kim.ID, *found.UserID, what)
		w.clear(t)
	}
	switch result {
	case "signs in", "known":
		require.Equal(t, person.ID, *found.UserID, what)
		require.Equal(t, p.identity, found.ID, what)
		w.records[event.ThirdPartySignin]++
		switch c[2] {
		case "new":
			w.events["user.update.email.create"]++
		case "ownerless":
			w.events["user.update"]++
		}
	case "links", "connects":
		require.Equal(t, person.ID, *found.UserID, what)
		require.NotEqual(t, p.identity, found.ID, "%s: what waited was replaced", what)
		require.Equal(t, before[0], after[0], what)
		require.Equal(t, before[1], after[1], "%s: linking makes no address", what)
		w.records[event.ThirdPartyLinking]++
	case "signs up":
		require.Equal(t, before[0]+1, after[0], what)
		require.NotContains(t, []uuid.UUID{p.kim.ID, p.lee.ID}, *found.UserID, what)
		w.records[event.ThirdPartySignup]++
		w.events["user.create"]++
	default:
		t.Fatalf("%s: what is %q?", what, outcome)
	}
	w.atAddress(t, what, found, p.account(c), c)
}

// atAddress checks the address that the identity goes with.
func (w *world) atAddress(t *testing.T, what string, found *ent.Identity, account testenv.PartyAccount, c []string) {
	t.Helper()
	if account.Email == "" || found.EmailID == nil {
		require.True(t, account.Email == "" || c[0] == "connect", what)
		return
	}
	e, err := w.shop.Env.App.Store.Reader().Email.Get(scope.With(t.Context(), scope.Tenant(w.shop.ID)), *found.EmailID)
	require.NoError(t, err)
	require.Equal(t, account.Email, e.Address, what)
	require.Equal(t, *found.UserID, *e.UserID, "%s: an identity goes with an address of its own user's", what)
	if c[2] == "new" || c[2] == "ownerless" {
		require.Equal(t, account.EmailVerified, e.IsVerified, "%s: as verified as the provider says", what)
	}
	if c[2] == "kim?" {
		require.False(t, e.IsVerified, what)
	}
}

func (w *world) identity(t *testing.T, subject string) *ent.Identity {
	t.Helper()
	found, err := w.shop.Env.App.Store.Reader().Identity.Query().Where(entidentity.Subject(subject)).
		Only(scope.With(t.Context(), scope.Tenant(w.shop.ID)))
	require.NoError(t, err)
	return found
}

func (w *world) clear(t *testing.T) {
	t.Helper()
	require.NoError(t, w.shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.OneTimeToken.Delete().Exec(ctx)
		return err
	}))
}
