// Package usage counts what happens in tenants, by day, and tells what was counted.
//
// Who writes something down adds what is to be counted to the same unit of work (see [Tally]): so figures and records are equal whoever is killed
// when. Requests to APIs are too many for that; [Calls] counts them in memory and writes sums from time to time. Days are those of UTC.
package usage

import (
	"strings"
	"time"

	"github.com/google/uuid"
)

// Retention is how long days are kept.
const Retention = 400 * 24 * time.Hour

// Metrics that are counted. Of sign-ins there is one for each method and outcome: see [SignIn].
const (
	// ActivePeople are those who signed in or up for the first time in the month. Their sum since the first of a month is how many people were
	// active in it.
	ActivePeople = "active_people"
	// Registrations are people who signed up by themselves, UsersCreated those whom back ends and operators made.
	Registrations = "registrations"
	UsersCreated  = "users/created"
	UsersImported = "users/imported"
	UsersDeleted  = "users/deleted"

	MailsSent         = "mails/sent"
	MailsFailed       = "mails/failed"
	WebhooksDelivered = "webhooks/delivered"
	WebhooksFailed    = "webhooks/failed"
	PublicCalls       = "api_calls/public"
	AdminCalls        = "api_calls/admin"
)

// An Outcome is how a sign-in ended.
type Outcome string

// The outcomes of sign-ins.
const (
	Succeeded Outcome = "succeeded"
	Failed    Outcome = "failed"
)

// UnknownMethod is that of sign-ins of which nobody knows the method: where the person was not found, or the record was erased.
const UnknownMethod = "unknown"

const signIns = "sign_ins/"

// SignIn is the metric of sign-ins by a method with an outcome.
func SignIn(method string, outcome Outcome) string { return signIns + method + "/" + string(outcome) }

// ReadSignIn is the reverse of SignIn.
func ReadSignIn(metric string) (method string, outcome Outcome, ok bool) {
	rest, ok := strings.CutPrefix(metric, signIns)
	method, end, found := strings.Cut(rest, "/")
	return method, Outcome(end), ok && found
}

// A Day is a day of UTC: how many there were since 1970-01-01.
type Day int

const secondsOfDay = 24 * 60 * 60

// DayOf is the day on which a time is.
func DayOf(at time.Time) Day {
	s := at.Unix()
	if s < 0 {
		s -= secondsOfDay - 1
	}
	return Day(s / secondsOfDay)
}

// Time is when the day begins.
func (d Day) Time() time.Time { return time.Unix(int64(d)*secondsOfDay, 0).UTC() }

// String is the day as RFC 3339 writes it.
func (d Day) String() string { return d.Time().Format(time.DateOnly) }

// Month is the month that the day is in.
func (d Day) Month() Month {
	at := d.Time()
	return Month((at.Year()-1970)*12 + int(at.Month()) - 1)
}

// A Month is a month of UTC: how many there were since January 1970.
type Month int

// First is the first day of the month.
func (m Month) First() Day {
	return DayOf(time.Date(1970, time.January+time.Month(m), 1, 0, 0, 0, 0, time.UTC))
}

// Last is the last day of the month.
func (m Month) Last() Day { return (m + 1).First() - 1 }

// String is the year and the month: 2026-11.
func (m Month) String() string { return m.First().Time().Format("2006-01") }

// ParseDay reads a day: 2026-11-29.
func ParseDay(text string) (Day, error) {
	at, err := time.Parse(time.DateOnly, text)
	return DayOf(at), err
}

// ParseMonth reads a month: 2026-11.
func ParseMonth(text string) (Month, error) {
	at, err := time.Parse("2006-01", text)
	return DayOf(at).Month(), err
}

// A Counter is one of a tenant's: of a metric on a day.
type Counter struct {
	Day    Day
	Metric string
}

// A Person was active in a month.
type Person struct {
	Month Month
	ID    uuid.UUID
}
