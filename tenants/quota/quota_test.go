package quota_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/problem"
	"github.com/latchkeep/latchkeep/tenants/quota"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// look compares once and keeps what is to be kept.
func look(s quota.Stored, d quota.Defaults, name quota.Name, used int64, at time.Time) (quota.Stored, []quota.News) {
	told, news, changed := s.State(d).Compare(map[quota.Name]int64{name: used}, at)
	if changed {
		s.Told = told
	}
	return s, news
}

func TestCompare_TellsOfEachThresholdOnceInAPeriod(t *testing.T) {
	t.Parallel()

	s := quota.Stored{Limits: quota.Limits{quota.Registrations: {Hard: 10}}}
	d := quota.Defaults{WarnAt: 80}
	var told []int64
	var days []string
	for _, step := range []struct {
		used int64
		at   time.Time
	}{
		{7, noon}, {8, noon}, {9, noon}, {10, noon}, {11, noon}, {3, noon.AddDate(0, 0, 1)}, {12, noon.AddDate(0, 0, 1)}, {13, noon.AddDate(0, 0, 1)},
	} {
		var news []quota.News
		s, news = look(s, d, quota.Registrations, step.used, step.at)
		for _, n := range news {
			told, days = append(told, n.Limit), append(days, n.Period.Name)
			require.Equal(t, n.Limit == 10, n.Exceeded)
		}
	}
	require.Equal(t, []int64{8, 10, 8, 10}, told)
	require.Equal(t, []string{"2026-11-29", "2026-11-29", "2026-11-30", "2026-11-30"}, days)
}

func TestOver_LapsesByItselfWhenThePeriodEnds(t *testing.T) {
	t.Parallel()

	for name, end := range map[quota.Name]time.Time{
		quota.Registrations:       time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC),
		quota.MonthlyActivePeople: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
	} {
		s, _ := look(quota.Stored{Limits: quota.Limits{name: {Hard: 5}}}, quota.Defaults{}, name, 5, noon)
		again, err := quota.Decode(s.Encode())
		require.NoError(t, err)
		state := again.State(quota.Defaults{})
		until, over := state.Over(name, end.Add(-time.Second))
		require.True(t, over)
		require.Equal(t, end, until)
		_, over = state.Over(name, end)
		require.False(t, over)
		_, over = (*quota.State)(nil).Over(name, noon)
		require.False(t, over)
	}
}

func TestOver_IsOfTheThresholdThatHolds(t *testing.T) {
	t.Parallel()

	s, news := look(quota.Stored{}, quota.Defaults{Hard: map[quota.Name]int64{quota.Mails: 5}}, quota.Mails, 5, noon)
	require.Len(t, news, 1)
	_, over := s.State(quota.Defaults{Hard: map[quota.Name]int64{quota.Mails: 6}}).Over(quota.Mails, noon)
	require.False(t, over, "the deployment allows more")
	s.Limits = quota.Limits{quota.Mails: {}}
	_, over = s.State(quota.Defaults{Hard: map[quota.Name]int64{quota.Mails: 5}}).Over(quota.Mails, noon)
	require.False(t, over, "the tenant has no limit, whatever the deployment says")
}

func TestOver_OfPeopleHoldsUntilThereAreFewer(t *testing.T) {
	t.Parallel()

	s, news := look(quota.Stored{Limits: quota.Limits{quota.Users: {Soft: 2, Hard: 3}}}, quota.Defaults{}, quota.Users, 3, noon)
	require.Len(t, news, 2)
	until, closed := s.State(quota.Defaults{}).Closed(noon.AddDate(1, 0, 0))
	require.True(t, closed)
	require.Zero(t, until)
	s, news = look(s, quota.Defaults{}, quota.Users, 2, noon)
	require.Empty(t, news)
	_, closed = s.State(quota.Defaults{}).Closed(noon)
	require.False(t, closed)
	_, news = look(s, quota.Defaults{}, quota.Users, 3, noon)
	require.Len(t, news, 1, "it is told again, as there were fewer between")
}

func TestCheck_SaysEverythingThatIsWrong(t *testing.T) {
	t.Parallel()

	require.NoError(t, quota.Limits{quota.Users: {}, quota.Mails: {Soft: 1}, quota.Webhooks: {Soft: 5, Hard: 5}}.Check())
	err := quota.Limits{"people": {}, quota.Users: {Hard: -1}, quota.Mails: {Soft: 2, Hard: 1}, quota.APICalls: {Soft: quota.Most + 1}}.Check()
	require.Len(t, problem.From(err).Fields, 4)
}
