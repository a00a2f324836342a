package claims

import (
	"errors"
	"fmt"
	"time"
)

var (
	errTooLong = fmt.Errorf("makes a text of more than %d bytes", MaxText)
	errTooMuch = errors.New("takes too much work")
	errTooSlow = fmt.Errorf("takes longer than %s", MaxTime)
)

// Work is counted in steps of a template, and in units of 64 bytes that it handles.
const (
	unit = 64
	// maxWork, of one claim, is some milliseconds' worth, far more than any honest template needs.
	maxWork = 100_000
	// freeWork, of one claim, is done even when time is up: a template that does little must not lose its claims because the machine was busy elsewhere.
	freeWork = 4_000
)

// A budget is what rendering the claims of one token may cost: each has work of its own, and all share the time.
type budget struct {
	work     int
	deadline time.Time
}

func newBudget() *budget { return &budget{deadline: time.Now().Add(MaxTime)} }

// next begins another claim.
func (b *budget) next() { b.work = 0 }

// spend notes work about to be done, or refuses it.
func (b *budget) spend(work int) error {
	b.work += work
	switch {
	case b.work > maxWork:
		return errTooMuch
	case b.work > freeWork && time.Now().After(b.deadline):
		return errTooSlow
	}
	return nil
}
