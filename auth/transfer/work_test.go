package transfer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth"
	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/transfer"
	"github.com/latchkeep/latchkeep/ent"
	"github.com/latchkeep/latchkeep/ent/intent"
	"github.com/latchkeep/latchkeep/ent/outbox"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/tenants"
)

var errKilled = errors.New("killed")

// calls are the calls for steps that nobody answered yet.
func (p *place) calls(t testing.TB, in *tenants.Tenant) []uuid.UUID {
	t.Helper()
	return p.store.Reader().Intent.Query().Where(intent.Kind(transfer.KindJob), intent.State("ready")).IDsX(scope.With(t.Context(), scope.Tenant(in.ID)))
}

// answered notes that a call was answered, as the worker does, or fails at the last moment.
func answered(id uuid.UUID, killed bool) store.Write {
	return func(ctx context.Context, tx *store.Tx) error {
		if killed {
			return errKilled
		}
		return tx.Intent.UpdateOneID(id).SetState("done").Exec(ctx)
	}
}

// work takes a job to its end; each step is killed once before it succeeds.
func (p *place) work(t testing.TB, in *tenants.Tenant, id uuid.UUID) (*transfer.Job, int) {
	t.Helper()
	for steps := 0; ; steps++ {
		calls := p.calls(t, in)
		if len(calls) == 0 {
			job, err := p.jobs.Get(t.Context(), in, id)
			require.NoError(t, err)
			return job, steps
		}
		require.Len(t, calls, 1, "one call at a time")
		before, err := p.jobs.Get(t.Context(), in, id)
		require.NoError(t, err)
		people := p.count(t, in)
		require.ErrorIs(t, p.jobs.Step(t.Context(), in, id, answered(calls[0], true)), errKilled)
		after, err := p.jobs.Get(t.Context(), in, id)
		require.NoError(t, err)
		require.Equal(t, before, after, "a step that is killed changes nothing")
		require.Equal(t, people, p.count(t, in))
		require.Equal(t, calls, p.calls(t, in))
		require.NoError(t, p.jobs.Step(t.Context(), in, id, answered(calls[0], false)))
	}
}

func (p *place) parts(t testing.TB, in *tenants.Tenant) int {
	t.Helper()
	return p.store.Reader().JobPart.Query().CountX(scope.With(t.Context(), scope.Tenant(in.ID)))
}

func TestReceivedImport_IsWrittenStepByStep(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, p *place) {
		shop := p.tenant(t)
		p.write(t, shop, addressed("person7@shop.example"), addressed("person1201@shop.example"))
		job, err := p.jobs.Receive(t.Context(), shop, strings.NewReader(string(people(1250))), transfer.Options{}, "key")
		require.NoError(t, err)
		require.Equal(t, transfer.Queued, job.State)
		require.Equal(t, 1250, job.Total)
		require.Equal(t, 3, p.parts(t, shop))
		for _, row := range p.store.Reader().JobPart.Query().AllX(scope.With(t.Context(), scope.Tenant(shop.ID))) {
			require.NotContains(t, string(row.Data), "shop.example", "what waits is sealed")
		}
		job, steps := p.work(t, shop, job.ID)
		require.Equal(t, transfer.Done, job.State)
		require.Equal(t, 3, steps)
		require.Equal(t, []int{1250, 2}, []int{job.Done, job.Rejected})
		require.Equal(t, 1250, p.count(t, shop))
		require.Regexp(t, `^\{"entry":7,.*\n\{"entry":1201,.*\n$`, p.report(t, shop, job))
		require.Equal(t, 2, p.parts(t, shop), "only the report is left")
	})
}

func TestReceivedImport_WhereEntriesAreInvalid(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, p *place) {
		shop := p.tenant(t)
		const input = `[{"username":"a"},{"username":""},{"username":"b"},{}]`
		job, err := p.jobs.Receive(t.Context(), shop, strings.NewReader(input), transfer.Options{}, "")
		require.NoError(t, err)
		require.Equal(t, transfer.Failed, job.State)
		require.Equal(t, "2 of 4 entries are invalid; nothing was imported", job.Error)
		require.Regexp(t, `^\{"entry":2,"code":"invalid".*\n\{"entry":4,.*\n$`, p.report(t, shop, job))
		require.Empty(t, p.calls(t, shop))
		require.Zero(t, p.count(t, shop))

		job, err = p.jobs.Receive(t.Context(), shop, strings.NewReader(input), transfer.Options{SkipInvalid: true}, "")
		require.NoError(t, err)
		job, _ = p.work(t, shop, job.ID)
		require.Equal(t, transfer.Done, job.State)
		require.Equal(t, []int{4, 4, 2}, []int{job.Total, job.Done, job.Rejected})
		require.Equal(t, 2, p.count(t, shop))

		job, err = p.jobs.Receive(t.Context(), shop, strings.NewReader(`[{"username":"a"},{"username":"c"}]`), transfer.Options{DryRun: true}, "")
		require.NoError(t, err)
		job, _ = p.work(t, shop, job.ID)
		require.Equal(t, []int{2, 1}, []int{job.Done, job.Rejected})
		require.Contains(t, p.report(t, shop, job), "username_already_exists")
		require.Equal(t, 2, p.count(t, shop), "a dry run writes nothing")

		job, err = p.jobs.Receive(t.Context(), shop, strings.NewReader(`[]`), transfer.Options{}, "")
		require.NoError(t, err)
		job, _ = p.work(t, shop, job.ID)
		require.Equal(t, transfer.Done, job.State)
	})
}

func TestReceivedImport_ThatDoesNotArriveLeavesNothing(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, p *place) {
		shop := p.tenant(t)
		_, err := p.jobs.Receive(t.Context(), shop, strings.NewReader(string(people(700))[:40_000]), transfer.Options{}, "")
		require.ErrorContains(t, err, "ends before the array does")
		gone := errors.New("the client has gone")
		_, err = p.jobs.Receive(t.Context(), shop, iotest.ErrReader(gone), transfer.Options{}, "")
		require.ErrorIs(t, err, gone)
		_, total, err := p.jobs.List(t.Context(), shop, 0, 10)
		require.NoError(t, err)
		require.Zero(t, total)
		require.Zero(t, p.parts(t, shop))
		require.Empty(t, p.calls(t, shop))
	})
}

func TestCancel_StopsAJobWhereItIs(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, p *place) {
		shop := p.tenant(t)
		job, err := p.jobs.Receive(t.Context(), shop, strings.NewReader(string(people(1250))), transfer.Options{}, "")
		require.NoError(t, err)
		require.NoError(t, p.jobs.Step(t.Context(), shop, job.ID, answered(p.calls(t, shop)[0], false)))
		require.ErrorIs(t, p.jobs.Cancel(t.Context(), p.tenant(t), job.ID), transfer.ErrNoJob)
		require.NoError(t, p.jobs.Cancel(t.Context(), shop, job.ID))
		job, _ = p.workOff(t, shop, job.ID)
		require.Equal(t, transfer.Cancelled, job.State)
		require.Equal(t, 500, job.Done)
		require.Equal(t, 500, p.count(t, shop))
		require.Zero(t, p.parts(t, shop))
		found := p.records(t, shop)
		require.Len(t, found, 1)
		require.Equal(t, event.UsersImported, found[0].Type)
		require.Equal(t, map[string]any{
			"api": "", "by": "", "job_id": job.ID.String(), "users": 500.0, "rejected": 0.0, "state": transfer.Cancelled,
		}, found[0].Details)
		require.NoError(t, p.jobs.Cancel(t.Context(), shop, job.ID), "a job that is finished is deleted")
		_, err = p.jobs.Get(t.Context(), shop, job.ID)
		require.ErrorIs(t, err, transfer.ErrNoJob)

		for i := range transfer.MaxUnfinished {
			_, err := p.jobs.StartExport(t.Context(), shop, transfer.With{}, fmt.Sprint(i))
			require.NoError(t, err)
		}
		_, err = p.jobs.StartExport(t.Context(), shop, transfer.With{}, "")
		require.ErrorIs(t, err, transfer.ErrTooManyJobs)
		_, err = p.jobs.Receive(t.Context(), shop, strings.NewReader(`[]`), transfer.Options{}, "")
		require.ErrorIs(t, err, transfer.ErrTooManyJobs)
	})
}

// workOff answers the calls that are left.
func (p *place) workOff(t testing.TB, in *tenants.Tenant, id uuid.UUID) (*transfer.Job, int) {
	t.Helper()
	for _, call := range p.calls(t, in) {
		require.NoError(t, p.jobs.Step(t.Context(), in, id, answered(call, false)))
	}
	job, err := p.jobs.Get(t.Context(), in, id)
	require.NoError(t, err)
	return job, len(p.calls(t, in))
}

func TestExportJob_HasTheSameResultAsAnExport(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, p *place) {
		shop := p.tenant(t)
		p.importInto(t, shop, text(example), transfer.Attempt{})
		p.importInto(t, shop, people(1203), transfer.Attempt{})
		job, err := p.jobs.StartExport(t.Context(), shop, everything, "key")
		require.NoError(t, err)
		require.Equal(t, 1205, job.Total)
		require.ErrorIs(t, p.jobs.WriteResult(t.Context(), shop, job, &bytes.Buffer{}), transfer.ErrNoResult)
		job, steps := p.work(t, shop, job.ID)
		require.Equal(t, 3, steps)
		require.Equal(t, transfer.Done, job.State)
		require.Equal(t, 1205, job.Done)
		var result bytes.Buffer
		require.NoError(t, p.jobs.WriteResult(t.Context(), shop, job, &result))
		require.Equal(t, p.exported(t, shop, everything), result.String())
		for _, row := range p.store.Reader().JobPart.Query().AllX(scope.With(t.Context(), scope.Tenant(shop.ID))) {
			require.NotContains(t, string(row.Data), "shop.example", "what came out is sealed")
		}

		empty := p.tenant(t)
		job, err = p.jobs.StartExport(t.Context(), empty, transfer.With{}, "")
		require.NoError(t, err)
		job, _ = p.work(t, empty, job.ID)
		result.Reset()
		require.NoError(t, p.jobs.WriteResult(t.Context(), empty, job, &result))
		require.Equal(t, `[]`, result.String())
	})
}

// records are the audit records that wait to be written.
func (p *place) records(t testing.TB, in *tenants.Tenant) []event.AuditPayload {
	t.Helper()
	rows := p.store.Reader().Intent.Query().Where(intent.Kind(event.KindAudit)).Order(ent.Asc(intent.FieldID)).AllX(scope.With(t.Context(), scope.Tenant(in.ID)))
	list := make([]event.AuditPayload, len(rows))
	for i, row := range rows {
		plain, err := outbox.Open(p.keys, in.ID, row.Kind, row.ID, row.Payload)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(plain, &list[i]))
	}
	return list
}

func TestExport_IsRecordedWithWhoTookWhat(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, p *place) {
		shop, key := p.tenant(t), uuid.New()
		p.importInto(t, shop, people(501), transfer.Attempt{})
		require.Len(t, p.records(t, shop), 1, "the import")
		job, err := p.jobs.StartExport(t.Context(), shop, transfer.With{Credentials: true}, string(tenants.ByToken(key)))
		require.NoError(t, err)
		require.Empty(t, p.records(t, shop)[1:], "there is nothing to be taken yet")
		p.work(t, shop, job.ID) // kills each step once
		found := p.records(t, shop)[1:]
		require.Len(t, found, 1)
		require.Equal(t, event.UsersExported, found[0].Type)
		require.Nil(t, found[0].ActorUserID)
		require.Equal(t, map[string]any{
			"api": "admin", "api_key": key.String(), "job_id": job.ID.String(), "users": 501.0,
			"with_credentials": true, "with_totp": false, "with_metadata": false, "with_names": false,
		}, found[0].Details)
		require.False(t, found[0].ByOperator)

		who := transfer.Taker{By: tenants.ByCLI, Client: auth.Client{UserAgent: "by somebody"}}
		_, err = p.export.Export(t.Context(), shop, who, everything, io.Discard, nil)
		require.NoError(t, err)
		found = p.records(t, shop)[1:]
		require.Len(t, found, 2)
		require.Equal(t, "by somebody", found[1].UserAgent)
		require.Equal(t, map[string]any{
			"api": "cli", "by": "cli", "users": 501.0, "with_credentials": true, "with_totp": true, "with_metadata": true, "with_names": true,
		}, found[1].Details)
		require.True(t, found[1].ByOperator, "the log of the console gets a copy")
	})
}

func TestFail_EndsAJobThatCannotGoOn(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, p *place) {
		shop := p.tenant(t)
		job, err := p.jobs.Receive(t.Context(), shop, strings.NewReader(string(people(3))), transfer.Options{}, "")
		require.NoError(t, err)
		require.NoError(t, p.jobs.Fail(t.Context(), shop, job.ID, answered(p.calls(t, shop)[0], false)))
		job, err = p.jobs.Get(t.Context(), shop, job.ID)
		require.NoError(t, err)
		require.Equal(t, transfer.Failed, job.State)
		require.Zero(t, p.parts(t, shop))
		require.Empty(t, p.calls(t, shop))
	})
}

// BenchmarkReceivedImport measures a job of the admin API on an empty database, from the first byte to the last step: 20 000 people with an address
// each. Steps are called for at once, as by a worker that has nothing else to do.
func BenchmarkReceivedImport(b *testing.B) {
	const size = 20_000
	for _, name := range testdb.Dialects() {
		b.Run(name, func(b *testing.B) {
			total := 0
			for b.Loop() {
				b.StopTimer()
				st, _ := testdb.New(b, name)
				p := newPlace(b, st)
				shop := p.tenant(b)
				var file bytes.Buffer
				require.NoError(b, transfer.Generate(&file, size))
				b.StartTimer()
				job, err := p.jobs.Receive(b.Context(), shop, &file, transfer.Options{}, "")
				for err == nil && !job.Finished() {
					if err = p.jobs.Step(b.Context(), shop, job.ID, answered(p.calls(b, shop)[0], false)); err == nil {
						job, err = p.jobs.Get(b.Context(), shop, job.ID)
					}
				}
				require.NoError(b, err)
				total += job.Done
			}
			b.ReportMetric(float64(total)/b.Elapsed().Seconds(), "users/s")
		})
	}
}
