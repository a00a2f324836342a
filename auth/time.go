package auth

import "time"

// The times that every database can hold. Nothing that is stored lies outside.
var (
	earliest = time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Bound is a time that somebody asks for, as every database can be asked: one beyond all that can be stored becomes the earliest or latest
// that can. The zero time, which is no bound, stays.
func Bound(at time.Time) time.Time {
	switch at = at.UTC(); {
	case at.IsZero():
		return at
	case at.Before(earliest):
		return earliest
	case at.After(latest):
		return latest
	}
	return at
}
