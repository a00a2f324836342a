package usage_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants/usage"
)

// FuzzParsePlace asks for a page behind whatever place: what is read is written the same again.
func FuzzParsePlace(f *testing.F) {
	for _, seed := range []string{"", ".", "7.0193e3a4-0000-7000-8000-000000000001", "-1.x", "07.0193E3A4-0000-7000-8000-000000000001", "9223372036854775808." + uuid.Nil.String()} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		place, err := usage.ParsePlace(text)
		if err != nil {
			require.Zero(t, place)
			return
		}
		require.NotEqual(t, uuid.Nil, place.Tenant)
		again, err := usage.ParsePlace(place.String())
		require.NoError(t, err)
		require.Equal(t, place, again)
	})
}

// FuzzParseDay asks for whatever day or month: a day that is read is written the same again, and lies in its month.
func FuzzParseDay(f *testing.F) {
	for _, seed := range []string{"2026-11-29", "2026-02-30", "2026-11", "0000-01-01", "9999-12-31", "1969-12-31", "2026-1-1", " 2026-11-29", "+002026-11-29", "-0001-01-01"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if day, err := usage.ParseDay(text); err == nil {
			require.Equal(t, text, day.String())
			require.LessOrEqual(t, day.Month().First(), day)
			require.GreaterOrEqual(t, day.Month().Last(), day)
			require.Equal(t, day, usage.DayOf(day.Time().Add(24*time.Hour-time.Nanosecond)))
		}
		if month, err := usage.ParseMonth(text); err == nil {
			require.Equal(t, text, month.String())
		}
	})
}
