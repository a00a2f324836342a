package audit_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/audit"
	"github.com/latchkeep/latchkeep/internal/testdb"
)

func TestVerify_FindsAWholeLogWhole(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		kim := r.person(t, r.shop)
		require.Zero(t, r.whole(t, r.shop).Records, "an empty log")
		r.append(t, r.shop, some(7, kim)...)
		r.append(t, r.shop, some(1, nil)...)
		r.append(t, r.bank, some(3, nil)...)

		report := r.whole(t, r.shop)

		require.EqualValues(t, 8, report.Records)
		require.EqualValues(t, 8, report.Last)
		require.Zero(t, report.Erased+report.Unchained+report.Pruned)
		require.Positive(t, report.PerSecond())
		require.EqualValues(t, 3, r.whole(t, r.bank).Records)
	})
}

func TestVerify_WalksOverManyPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		for range 3 {
			r.append(t, r.shop, some(audit.MaxBatch, nil)...)
		}
		_, err := r.keeper.Checkpoint(t.Context(), r.shop)
		require.NoError(t, err)
		report := r.whole(t, r.shop)
		require.EqualValues(t, 3*audit.MaxBatch, report.Records)
		require.Equal(t, 1, report.Checkpoints)
		r.tamper(t, `UPDATE audit_logs SET type = 'login_failure' WHERE sequence = 2500`)
		require.EqualValues(t, 2500, r.verify(t, r.shop).Problem.Sequence)
	})
}

func TestVerify_NamesTheFirstRecordThatWasTamperedWith(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		statements []string
		sequence   int64
		missing    bool
		reason     string
	}{
		"type":             {[]string{`UPDATE audit_logs SET type = 'x' WHERE sequence = 3`}, 3, false, "altered"},
		"time":             {[]string{`UPDATE audit_logs SET created_at = (SELECT c FROM (SELECT created_at AS c FROM audit_logs WHERE sequence = 1) x) WHERE sequence = 3`}, 3, false, "altered"},
		"person":           {[]string{`UPDATE audit_logs SET actor_user_id = NULL WHERE sequence = 2`}, 2, false, "altered"},
		"request":          {[]string{`UPDATE audit_logs SET meta_http_request_id = '' WHERE sequence = 5`}, 5, false, "altered"},
		"error":            {[]string{`UPDATE audit_logs SET error = 'x' WHERE sequence = 4`}, 4, false, "content of the record was altered"},
		"address":          {[]string{`UPDATE audit_logs SET actor_email = 'eve@x.example' WHERE sequence = 4`}, 4, false, "content"},
		"agent":            {[]string{`UPDATE audit_logs SET meta_user_agent = 'agent ' WHERE sequence = 4`}, 4, false, "content"},
		"source":           {[]string{`UPDATE audit_logs SET meta_source_ip = '192.0.2.8' WHERE sequence = 4`}, 4, false, "content"},
		"details":          {[]string{`UPDATE audit_logs SET details = '{"n": 9}' WHERE sequence = 1`}, 1, false, "content"},
		"salt taken":       {[]string{`UPDATE audit_logs SET salt = NULL WHERE sequence = 2`}, 2, false, "content"},
		"hash taken":       {[]string{`UPDATE audit_logs SET hash = NULL WHERE sequence = 2`}, 2, false, "no hash"},
		"first deleted":    {[]string{`DELETE FROM audit_logs WHERE sequence = 1`}, 1, true, "missing"},
		"one deleted":      {[]string{`DELETE FROM audit_logs WHERE sequence = 4`}, 4, true, "missing"},
		"three deleted":    {[]string{`DELETE FROM audit_logs WHERE sequence IN (2, 3, 4)`}, 2, true, "3 records are missing, up to number 4"},
		"gap closed":       {[]string{`DELETE FROM audit_logs WHERE sequence = 5`, `UPDATE audit_logs SET sequence = 5 WHERE sequence = 6`}, 5, false, "altered or moved"},
		"two swapped":      {[]string{`UPDATE audit_logs SET sequence = 99 WHERE sequence = 2`, `UPDATE audit_logs SET sequence = 2 WHERE sequence = 3`, `UPDATE audit_logs SET sequence = 3 WHERE sequence = 99`}, 2, false, "altered or moved"},
		"erased by nobody": {[]string{`UPDATE audit_logs SET error = '', meta_source_ip = '', meta_user_agent = '', actor_email = NULL, details = '{}', salt = NULL, erased_at = created_at WHERE sequence = 3`}, 3, false, "no record says that the user was deleted"},
		"half erased":      {[]string{`UPDATE audit_logs SET salt = NULL, erased_at = created_at WHERE sequence = 3`}, 3, false, "marked as erased"},
		"one put in": {[]string{`UPDATE audit_logs SET sequence = 7 WHERE sequence = 6`,
			`INSERT INTO audit_logs (id, tenant_id, created_at, updated_at, sequence, type, error, meta_user_agent, details, salt, commitment, previous_hash, hash)
			SELECT '019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c', tenant_id, created_at, updated_at, 6, type, error, meta_user_agent, details, salt, commitment, previous_hash, hash FROM audit_logs WHERE sequence = 5`},
			6, false, "altered or moved"},
		"one added without a hash": {[]string{`INSERT INTO audit_logs (id, tenant_id, created_at, updated_at, sequence, type, error, meta_user_agent)
			SELECT '019345a0-7c1e-7f3a-9d2b-4f6c8e0a1b2c', tenant_id, created_at, updated_at, 7, type, '', '' FROM audit_logs WHERE sequence = 5`}, 7, false, "no hash"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, r *room) {
				r.append(t, r.shop, some(6, r.person(t, r.shop))...)
				rows := r.rows(t, r.shop)
				r.tamper(t, c.statements...)

				problem := r.verify(t, r.shop).Problem

				require.NotNil(t, problem)
				require.Equal(t, c.sequence, problem.Sequence, problem.Reason)
				require.Contains(t, problem.Reason, c.reason)
				require.Equal(t, c.missing, problem.ID == uuid.Nil)
				if !c.missing && name != "two swapped" && name != "gap closed" && c.sequence < 6 {
					require.Equal(t, rows[c.sequence-1].ID, problem.ID)
				}
			})
		})
	}
}

func TestVerify_ARecordMadeAnewDoesNotFollow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		r.append(t, r.shop, some(3, nil)...)
		kept, err := r.keeper.Checkpoint(t.Context(), r.shop)
		require.NoError(t, err)
		r.append(t, r.shop, some(3, nil)...)
		// Somebody writes the log anew, with a good chain, and removes the checkpoints.
		r.tamper(t, `DELETE FROM audit_logs`, `DELETE FROM audit_checkpoints`)
		r.append(t, r.shop, some(6, nil)...)

		r.whole(t, r.shop)

		problem := r.verify(t, r.shop, &kept).Problem
		require.NotNil(t, problem, "whoever kept a checkpoint sees it")
		require.EqualValues(t, 3, problem.Sequence)
		require.Contains(t, problem.Reason, "given checkpoint")
	})
}

func TestVerify_SeesThatTheEndWasCutOff(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		r.append(t, r.shop, some(6, nil)...)
		kept, err := r.keeper.Checkpoint(t.Context(), r.shop)
		require.NoError(t, err)
		r.whole(t, r.shop, &kept)
		r.tamper(t, `DELETE FROM audit_logs WHERE sequence > 4`)
		problem := r.verify(t, r.shop).Problem
		require.NotNil(t, problem, "by the checkpoint in the database")
		require.EqualValues(t, 5, problem.Sequence)
		require.Contains(t, problem.Reason, "end of the log is missing")

		r.tamper(t, `DELETE FROM audit_checkpoints`)
		r.whole(t, r.shop)
		problem = r.verify(t, r.shop, &kept).Problem
		require.NotNil(t, problem, "by the one kept elsewhere")
		require.EqualValues(t, 5, problem.Sequence)
	})
}

func TestVerify_AcceptsRecordsOlderThanTheChainAtTheBeginningOnly(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		r.append(t, r.shop, some(2, nil)...)
		r.tamper(t, `UPDATE audit_logs SET hash = NULL, previous_hash = NULL, commitment = NULL, salt = NULL`)
		r.append(t, r.shop, some(2, nil)...)
		report := r.whole(t, r.shop)
		require.EqualValues(t, 2, report.Unchained)
		require.EqualValues(t, 4, report.Records)
	})
}

func TestAppend_WritersAtOnceNeverBreakTheChain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		const writers, batches = 2, 10
		failed := make([]error, writers)
		var running sync.WaitGroup
		for w := range writers {
			running.Go(func() {
				for range batches {
					if err := r.try(t.Context(), r.shop, some(5, nil)...); err != nil {
						failed[w] = err
					}
				}
			})
		}
		running.Wait()
		for _, err := range failed {
			require.NoError(t, err)
		}
		require.EqualValues(t, writers*batches*5, r.whole(t, r.shop).Records)
	})
}

func TestAppend_KeepsWhatEveryDatabaseGivesBack(t *testing.T) {
	t.Parallel()
	odd := []string{
		``, `{}`, `null`, `{"a":{"b":{"c":[[],{},[null,true,false]]}}}`, `{"b":1,"a":2,"aa":3,"B":4}`, `{"a": 1, "a": 2}`,
		`{"n":[0,-0,0.0,1,1.0,1.10,100,1e2,1E+2,0.1e3,1e-7,123456789012345678,-9223372036854775808,18446744073709551615]}`,
		`{"n":[18446744073709551616,123456789012345678901234567890,0.1234567890123456789,1e400,1e-400,1e99999999999999999999,5e-324,1.7976931348623157e308]}`,
		`{"text":"\u0000 \ud800 \u2028 <&> \" \\ \/ ü 🙂 e\u0301","\u0000":"x","ü":"","":""}`,
		`{"html":"<script>","spaces":"  a  ","lines":"a\r\n\tb"}`,
	}
	each(t, func(t *testing.T, r *room) {
		var records []audit.Record
		for i, details := range odd {
			records = append(records, audit.Record{
				ID: uuid.Must(uuid.NewV7()), Type: "odd", Error: "a\x00b\xff\u2028 ", RequestID: fmt.Sprint(i), SourceIP: "2001:db8::1%eth0", UserAgent: " üñ🙂\t",
				ActorEmail: "ü**@x.example", Details: []byte(details), CreatedAt: base.Add(123456789 * time.Nanosecond), UpdatedAt: base,
			})
		}
		long := some(1, nil)[0]
		long.Type, long.RequestID = "a type that is much longer than the column of the table is wide", string(make([]byte, 300))
		long.SourceIP, long.ActorEmail = long.Type+"-and-more", long.Type+long.Type+long.Type+long.Type+"ü"
		r.append(t, r.shop, append(records, long)...)

		require.EqualValues(t, len(odd)+1, r.whole(t, r.shop).Records)
	})
}

func TestAppend_RefusesDetailsThatAreNoObject(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *room) {
		for _, details := range []string{`[]`, `"x"`, `{`, `{} {}`} {
			record := some(1, nil)[0]
			record.Details = []byte(details)
			require.Error(t, r.try(t.Context(), r.shop, record), details)
		}
	})
}

// BenchmarkVerify measures verifying a log of 20 000 records.
func BenchmarkVerify(b *testing.B) {
	for _, name := range testdb.Dialects() {
		b.Run(name, func(b *testing.B) {
			st, url := testdb.New(b, name)
			r := newRoom(b, st, url)
			for range 20 {
				r.append(b, r.shop, some(audit.MaxBatch, nil)...)
			}
			records := 0
			for b.Loop() {
				records += int(r.whole(b, r.shop).Records)
			}
			b.ReportMetric(float64(records)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
