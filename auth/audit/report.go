package audit

import (
	"time"

	"github.com/google/uuid"
)

// A Report is what Verify found out about a tenant's log.
type Report struct {
	TenantID uuid.UUID
	// Records were looked at. Of these, Erased have no content any more, and Unchained were written before there was a chain.
	Records, Erased, Unchained int64
	// Pruned is up to which number records were given up to retention; 0 for none.
	Pruned int64
	// Last is the number of the last record.
	Last int64
	// Checkpoints were verified, among them the one that was given.
	Checkpoints int
	// Outlived says that the record of the given checkpoint was pruned since, so that it proves nothing any more.
	Outlived bool
	// Problem is the first one; nil where the log is whole. What comes behind it was not looked at.
	Problem *Finding
	Elapsed time.Duration
}

// PerSecond is how many records were verified in a second.
func (r Report) PerSecond() float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Records) / r.Elapsed.Seconds()
}

// A Finding is something wrong with a log.
type Finding struct {
	// Sequence is the record's number, or that of the first one missing.
	Sequence int64
	// ID is the record's; nil where it is missing.
	ID uuid.UUID
	// Reason says what is wrong.
	Reason string
}
