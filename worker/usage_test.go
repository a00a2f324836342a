package worker_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/pkg/mail"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/usage"
	"github.com/latchkeep/latchkeep/worker"
)

// happening is what may happen to people, and what is to be counted of it.
type happening struct {
	kind    event.AuditType
	details map[string]any
	metric  string
	active  bool
}

func happenings() []happening {
	method := func(m string) map[string]any { return map[string]any{"login_method": m} }
	return []happening{
		{event.LoginSuccess, method("password"), "sign_ins/password/succeeded", true},
		{event.LoginSuccess, method("passkey"), "sign_ins/passkey/succeeded", true},
		{event.LoginSuccess, method("third_party"), "sign_ins/third_party/succeeded", true},
		{event.LoginSuccess, map[string]any{"api": "admin"}, "sign_ins/back_end/succeeded", true},
		{event.LoginSuccess, method("carrier pigeon"), "sign_ins/unknown/succeeded", true},
		{event.LoginFailure, method("passcode"), "sign_ins/passcode/failed", false},
		{event.LoginFailure, nil, "sign_ins/unknown/failed", false},
		{event.MFAFailure, map[string]any{"login_method": "password", "mfa_method": "totp"}, "sign_ins/totp/failed", false},
		{event.ThirdPartyFailed, nil, "sign_ins/third_party/failed", false},
		{event.UserCreated, map[string]any{"password": true}, usage.Registrations, true},
		{event.UserCreated, map[string]any{"api": "admin"}, usage.UsersCreated, false},
		{event.ThirdPartySignup, nil, usage.Registrations, true},
		{event.ThirdPartySignin, nil, "", false},
		{event.UserDeleted, nil, usage.UsersDeleted, false},
		{event.UsersImported, map[string]any{"users": 7}, usage.UsersImported, false},
		{event.PasswordChanged, nil, "", false},
	}
}

// expected keeps an account of its own.
type expected struct {
	counts map[usage.Counter]int64
	people map[usage.Person]usage.Day
}

// happen makes records of random things that happened to some people, most of them yesterday and today.
func (e *expected) happen(random *rand.Rand, t *tenants.Tenant, people []uuid.UUID, n int) []outbox.Intent {
	var intents []outbox.Intent
	for range n {
		h := happenings()[random.IntN(len(happenings()))]
		who := people[random.IntN(len(people))]
		at := time.Now().UTC().Add(-time.Duration(random.IntN(3*24)) * time.Hour)
		intent := event.Audit(t, auth.Client{}, h.kind, event.Actor{}, h.details, "")
		record := event.AuditPayload{Type: h.kind, Details: h.details, At: at}
		if h.kind != event.UsersImported {
			record.ActorUserID = &who
		}
		id := intent.ID
		intent = record.Intent(t.ID)
		intent.ID = id
		intents = append(intents, intent)
		if h.metric != "" {
			amount := int64(1)
			if h.kind == event.UsersImported {
				amount = 7
			}
			e.counts[usage.Counter{Day: usage.DayOf(at), Metric: h.metric}] += amount
		}
		if h.active {
			p := usage.Person{Month: usage.DayOf(at).Month(), ID: who}
			if first, seen := e.people[p]; !seen || usage.DayOf(at) < first {
				e.people[p] = usage.DayOf(at)
			}
		}
	}
	return intents
}

// all are the counters, with the people who were active.
func (e *expected) all() map[usage.Counter]int64 {
	all := maps.Clone(e.counts)
	for _, first := range e.people {
		all[usage.Counter{Day: first, Metric: usage.ActivePeople}]++
	}
	return all
}

func newExpected() *expected {
	return &expected{counts: map[usage.Counter]int64{}, people: map[usage.Person]usage.Day{}}
}

func (r *room) counted(t *testing.T, tenant *tenants.Tenant) map[usage.Counter]int64 {
	t.Helper()
	found := map[usage.Counter]int64{}
	for _, row := range r.store.Reader().UsageDay.Query().AllX(scope.With(t.Context(), scope.Tenant(tenant.ID))) {
		if row.Amount != 0 {
			found[usage.Counter{Day: usage.Day(row.Day), Metric: row.Metric}] = row.Amount
		}
	}
	return found
}

func TestUsage_EqualsTheAuditLogWhateverHappensAndWhoeverIsKilled(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		seed := uint64(time.Now().UnixNano())
		random := rand.New(rand.NewPCG(seed, 1))
		people := make([]uuid.UUID, 12)
		for i := range people {
			people[i] = uuid.Must(uuid.NewV7())
		}
		shop, bank := newExpected(), newExpected()
		kept := func(n *worker.Needs) { n.Audit = worker.AuditSinks{Store: true}; n.Embedded = false }
		for range 4 {
			first, second := r.work(t, kept), r.work(t, kept) // two at once
			for range 5 {
				r.leave(t, r.shop, shop.happen(random, r.shop, people, 1+random.IntN(30))...)
				r.leave(t, r.bank, bank.happen(random, r.bank, people, 1+random.IntN(5))...)
			}
			first() // in the middle of it
			second()
		}
		r.work(t, kept)
		r.eventually(t, func() bool { return r.states(t)["ready"] == 0 })
		require.Equal(t, shop.all(), r.counted(t, r.shop), fmt.Sprint("seed ", seed))
		require.Equal(t, bank.all(), r.counted(t, r.bank), fmt.Sprint("seed ", seed))

		compared, err := audit.NewUsage(r.store).Compare(t.Context(), r.shop.ID, usage.Today()-10, usage.Today())
		require.NoError(t, err)
		require.True(t, compared.Any)
		require.Empty(t, compared.Differences, fmt.Sprint("seed ", seed))
		report, err := usage.NewRoom(r.store).Of(t.Context(), r.shop.ID, usage.Today()-10, usage.Today())
		require.NoError(t, err)
		require.Equal(t, shop.counts[usage.Counter{Day: usage.Today(), Metric: usage.Registrations}], report.Days[10].Registrations)
		require.EqualValues(t, len(shop.ofMonth(usage.Today().Month())), report.Days[10].MonthlyActive)
	})
}

func (e *expected) ofMonth(m usage.Month) []uuid.UUID {
	var ids []uuid.UUID
	for p := range e.people {
		if p.Month == m {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

func TestUsage_IsCountedWhereNoLogIsKept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		r.work(t, func(n *worker.Needs) { n.Audit = worker.AuditSinks{} })
		shop := newExpected()
		r.leave(t, r.shop, shop.happen(rand.New(rand.NewPCG(1, 2)), r.shop, []uuid.UUID{uuid.New(), uuid.New()}, 40)...)
		r.eventually(t, func() bool { return r.states(t)["ready"] == 0 })
		require.Equal(t, shop.all(), r.counted(t, r.shop))
		compared, err := audit.NewUsage(r.store).Compare(t.Context(), r.shop.ID, usage.Today()-10, usage.Today())
		require.NoError(t, err)
		require.False(t, compared.Any, "nothing to compare with")
	})
}

func TestUsage_CountsMailsOnceTheyAreSentOrGivenUp(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		r.mails.fail["down@shop.example"] = errors.New("connection refused")
		r.leave(t, r.shop, event.Mail(r.shop, event.MailPayload{Template: mail.TemplateLogin, To: "down@shop.example"})...)
		age(t, r, 25*time.Hour)
		r.work(t)
		for range 3 {
			r.leave(t, r.shop, code(r.shop, "kim@shop.example", time.Minute)...)
		}
		r.leave(t, r.shop, code(r.shop, "late@shop.example", -time.Minute)...)
		r.eventually(t, func() bool { return r.states(t)["ready"] == 0 })
		today := usage.Today()
		require.Equal(t, map[usage.Counter]int64{{Day: today, Metric: usage.MailsSent}: 3, {Day: today, Metric: usage.MailsFailed}: 1}, r.counted(t, r.shop))
	})
}

func TestUsage_IsRebuiltFromTheLog(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		shop := newExpected()
		r.work(t)
		people := []uuid.UUID{uuid.New(), uuid.New(), uuid.New(), uuid.New()}
		r.leave(t, r.shop, shop.happen(rand.New(rand.NewPCG(3, 4)), r.shop, people, 60)...)
		settled := func() bool { return r.states(t)["ready"] == 0 }
		r.eventually(t, settled)
		u := audit.NewUsage(r.store)
		from, to := usage.Today()-10, usage.Today()
		ruin(t, r)
		c, err := u.Compare(t.Context(), r.shop.ID, from, to)
		require.NoError(t, err)
		require.NotEmpty(t, c.Differences)
		_, err = u.Rebuild(t.Context(), r.shop.ID, from, to)
		require.NoError(t, err)
		c, err = u.Compare(t.Context(), r.shop.ID, from, to)
		require.NoError(t, err)
		require.Empty(t, c.Differences, "and what was erased is vague, not different")
		require.Positive(t, c.Erased, "people were deleted")
	})
}

// age makes what is in the outbox older.
func age(t *testing.T, r *room, by time.Duration) {
	t.Helper()
	require.NoError(t, r.store.Do(t.Context(), scope.System("make intents older"), func(ctx context.Context, tx *store.Tx) error {
		for _, row := range tx.Intent.Query().AllX(ctx) {
			tx.Intent.DeleteOne(row).ExecX(ctx)
			tx.Intent.Create().SetID(row.ID).SetTenantID(row.TenantID).SetKind(row.Kind).SetPayload(row.Payload).
				SetCreatedAt(row.CreatedAt.Add(-by)).SetAvailableAt(row.AvailableAt).ExecX(ctx)
		}
		return nil
	}))
}

// ruin alters what was counted.
func ruin(t *testing.T, r *room) {
	t.Helper()
	require.NoError(t, r.store.Do(t.Context(), scope.Tenant(r.shop.ID), func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.UsagePerson.Delete().Exec(ctx); err != nil {
			return err
		}
		tx.UsagePerson.Create().SetMonth(int(usage.Today().Month())).SetUserID(uuid.New()).SetDay(int(usage.Today())).ExecX(ctx)
		return tx.UsageDay.Update().SetAmount(1000).Exec(ctx)
	}))
}
