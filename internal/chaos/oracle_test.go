//go:build chaos

package chaos

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/processes"
)

// drainTime is how long the program may take to make up for everything: what a killed process held is free after two minutes.
const drainTime = 10 * time.Minute

// An outcome is what was counted at the end of a deployment's test.
type outcome struct {
	Deployment                           string
	Kills, Faults                        int
	Users, Deleted, Refused, Unknown     int
	Webhooks, Duplicates, Mails, Records int
	Drained                              time.Duration
}

// drain waits until nothing is left to do.
func (d *deployment) drain(t testing.TB, db *sql.DB) time.Duration {
	t.Helper()
	began := time.Now()
	left := func(query string) int {
		var n int
		require.NoError(t, db.QueryRowContext(t.Context(), query).Scan(&n))
		return n
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		intents := left("SELECT COUNT(*) FROM outbox WHERE state = 'ready'")
		deliveries := left("SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'waiting'")
		if intents+deliveries == 0 {
			return time.Since(began)
		}
		require.Less(t, time.Since(began), drainTime, "%d intents and %d deliveries are left", intents, deliveries)
		<-tick.C
	}
}

// column is a set of texts in the database.
func column(t testing.TB, db *sql.DB, query string) map[string]int {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	require.NoError(t, err)
	defer rows.Close()
	found := map[string]int{}
	for rows.Next() {
		var text string
		require.NoError(t, rows.Scan(&text))
		found[text]++
	}
	require.NoError(t, rows.Err())
	return found
}

// judge compares what arrived with what the database says was committed.
func (d *deployment) judge(t testing.TB, db *sql.DB, l *load) outcome {
	t.Helper()
	o := outcome{Deployment: d.name, Deleted: len(l.deleted), Refused: l.refused, Unknown: l.unknown}
	users := column(t, db, "SELECT CAST(id AS CHAR(36)) FROM users")
	o.Users = len(users)
	none := func(what string, of []string) {
		t.Helper()
		if len(of) > 0 {
			t.Errorf("%s: %d %s, such as %s", d.name, len(of), what, of[0])
		}
	}

	d.hooks.mu.Lock()
	taken := maps.Clone(d.hooks.taken)
	o.Webhooks = d.hooks.calls
	d.hooks.mu.Unlock()
	heard := map[string]map[string]bool{"user.create": {}, "user.delete": {}}
	var strange, several []string
	for what, ids := range taken {
		if heard[what.event] == nil {
			strange = append(strange, fmt.Sprint(what))
			continue
		}
		heard[what.event][what.user] = true
		if len(ids) > 1 || ids[""] > 0 {
			several = append(several, fmt.Sprint(what, ids))
		}
		for _, n := range ids {
			o.Duplicates += n - 1
		}
	}
	none("webhooks that nobody expects", strange)
	none("webhooks whose duplicates have another id", several)
	gone := maps.Clone(heard["user.delete"])
	none("users whose user.create is lost", without(users, heard["user.create"]))
	none("deletions whose user.delete is lost", without(l.deleted, heard["user.delete"]))
	none("user.create of nobody", slices.DeleteFunc(without(heard["user.create"], users), func(id string) bool { return gone[id] }))
	none("user.delete of somebody who is still there", both(heard["user.delete"], users))

	records := column(t, db, "SELECT CAST(actor_user_id AS CHAR(36)) FROM audit_logs WHERE type = 'user_created'")
	ended := column(t, db, "SELECT CAST(actor_user_id AS CHAR(36)) FROM audit_logs WHERE type = 'user_deleted'")
	none("users without the record of their creation", without(users, records))
	none("deletions without a record", without(l.deleted, ended))
	none("records of the creation of nobody", slices.DeleteFunc(without(records, users), func(id string) bool { return ended[id] > 0 }))
	none("records written twice", append(twice(records), twice(ended)...))
	var last sql.NullInt64
	const numbered = "SELECT COUNT(*), MAX(sequence) FROM audit_logs WHERE CAST(tenant_id AS CHAR(36)) = '"
	require.NoError(t, db.QueryRowContext(t.Context(), numbered+d.tenant+"'").Scan(&o.Records, &last)) // the operators' tenant has a log of its own
	require.EqualValues(t, o.Records, last.Int64, "records are numbered without gaps")

	processes.Run(t, "", d.env, binary, "audit", "verify", "--tenant", "shop") // the chain holds, or this fails

	codes := column(t, db, "SELECT address FROM passcodes")
	mailed, messageIDs := map[string]int{}, map[string]map[string]bool{}
	for _, m := range d.mails.Messages() {
		mailed[m.To]++
		if messageIDs[m.To] == nil {
			messageIDs[m.To] = map[string]bool{}
		}
		messageIDs[m.To][m.Header.Get("Message-Id")] = true
	}
	o.Mails = len(mailed)
	var other []string
	for to, ids := range messageIDs {
		if len(ids) > 1 {
			other = append(other, to)
		}
	}
	none("mails whose duplicates have another Message-ID", other)
	none("codes that were not mailed", without(codes, mailed))
	none("codes that were promised and are not there", without(l.mailed, codes))
	none("mails of codes that are not there", without(mailed, codes))
	require.Positive(t, min(o.Users, o.Deleted, o.Refused, o.Webhooks, o.Mails), "everything was tried: %+v", o)
	return o
}

func without[A, B any](all map[string]A, these map[string]B) []string {
	var missing []string
	for key := range all {
		if _, ok := these[key]; !ok {
			missing = append(missing, key)
		}
	}
	return missing
}

func both[A, B any](all map[string]A, these map[string]B) []string {
	var found []string
	for key := range all {
		if _, ok := these[key]; ok {
			found = append(found, key)
		}
	}
	return found
}

func twice(all map[string]int) []string {
	var found []string
	for key, n := range all {
		if n > 1 {
			found = append(found, key)
		}
	}
	return found
}
