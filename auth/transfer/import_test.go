package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/transfer"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/tenants"
)

// text is an input in memory.
type text string

func (s text) Open() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(string(s))), nil }

// people is an input of so many people: person1@shop.example and on.
func people(n int) text {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, `,{"emails":[{"address":"person%d@shop.example","is_primary":true}]}`, i)
	}
	return text("[" + strings.TrimPrefix(b.String(), ",") + "]")
}

func inspect(t testing.TB, src transfer.Source) (transfer.Inspection, []string) {
	t.Helper()
	var wrong []string
	found, err := transfer.Inspect(t.Context(), src, func(err error) { wrong = append(wrong, err.Error()) })
	require.NoError(t, err)
	return found, wrong
}

// importInto imports an input, whatever is found wrong with it.
func (p *place) importInto(t testing.TB, in *tenants.Tenant, src transfer.Source, o transfer.Attempt) *transfer.Job {
	t.Helper()
	found, _ := inspect(t, src)
	job, err := p.jobs.Import(t.Context(), in, src, found, o)
	require.NoError(t, err)
	require.Equal(t, transfer.Done, job.State)
	return job
}

func (p *place) report(t testing.TB, in *tenants.Tenant, job *transfer.Job) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, p.jobs.WriteReport(t.Context(), in, job.ID, &b))
	return b.String()
}

func TestInspect_FindsWhatIsThereTwice(t *testing.T) {
	t.Parallel()

	const id = "3f1c2a44-6b1e-4a0c-9d53-0c8f6f2b7a10"
	key := func(id, handle string) string {
		return `"webauthn_credentials":[{"id":"` + id + `","public_key":"YQ","attestation_type":"none","user_handle":"` + handle + `"}]`
	}
	found, wrong := inspect(t, text(`[
		{"user_id":"`+id+`","username":"a","emails":[{"address":"a@b.co","is_primary":true}],`+key("YQ", "h")+`},
		{"username":"b"},
		{"user_id":"`+strings.ToUpper(id)+`","username":"A ","emails":[{"address":"A@b.co","is_primary":true}],`+key("YQ==", "h")+`},
		{"username":""},
		{"username":"c","webauthn_credentials":[{"id":"Yg","public_key":"YQ","attestation_type":"none","user_handle":"x"},
			{"id":"Yw","public_key":"YQ","attestation_type":"none","user_handle":"x"}]}
	] and more`))
	require.Equal(t, 5, found.Entries)
	require.Equal(t, 2, found.Invalid)
	require.Equal(t, []string{
		"Error at entry 4 : Username must have at least 1 character",
		"Error at entry 3 : UserID is also in entry 1 and Address is also in entry 1 and Username is also in entry 1 and ID is also in entry 1 and " +
			"UserHandle is also in entry 1",
	}, wrong)
	other, _ := inspect(t, text(`[]`))
	require.NotEqual(t, other.Digest, found.Digest)

	_, err := transfer.Inspect(t.Context(), text(`[{"username":"a"},7]`), func(error) {})
	require.ErrorContains(t, err, "Error at entry 2 : ")
	_, err = transfer.Inspect(t.Context(), transfer.File("/nowhere"), func(error) {})
	require.Error(t, err)
}

func TestImport_WritesTheExample(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, p *place) {
		shop := p.tenant(t)
		job := p.importInto(t, shop, text(example), transfer.Attempt{By: "cli"})
		require.Equal(t, 2, job.Done)
		require.Zero(t, job.Rejected)
		require.Empty(t, p.report(t, shop, job))
		require.Equal(t, 2, p.count(t, shop))
		stored, err := p.jobs.Get(t.Context(), shop, job.ID)
		require.NoError(t, err)
		require.Equal(t, transfer.Done, stored.State)
		require.Equal(t, 2, stored.Done)
		require.Equal(t, "cli", stored.CreatedBy)
		require.NotNil(t, stored.FinishedAt)
		_, err = p.jobs.Get(t.Context(), p.tenant(t), job.ID)
		require.ErrorIs(t, err, transfer.ErrNoJob, "another tenant's")

		empty := p.importInto(t, shop, text(`[]`), transfer.Attempt{})
		require.Zero(t, empty.Done)
	})
}

func TestImport_AgainRejectsEverybodyUnlessTheyMayStay(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, p *place) {
		shop := p.tenant(t)
		p.importInto(t, shop, text(example), transfer.Attempt{})
		job := p.importInto(t, shop, text(example), transfer.Attempt{})
		require.Equal(t, 2, job.Rejected)
		require.Equal(t, `{"entry":1,"code":"user_id_already_exists","field":"user_id","reason":"a user with this id exists"}
{"entry":2,"code":"username_already_exists","field":"username","reason":"the username belongs to an account"}
`, p.report(t, shop, job))
		require.Equal(t, 2, p.count(t, shop))
		job = p.importInto(t, shop, text(example), transfer.Attempt{Options: transfer.Options{KeepExisting: true}})
		require.Equal(t, 1, job.Rejected, "the one without an id")
	})
}

func TestImport_LeavesOutWhatIsInvalidWhenToldTo(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, p *place) {
		shop := p.tenant(t)
		p.write(t, shop, named("taken"))
		src := text(`[{"username":"a"},{"username":""},{"username":"taken"},{"emails":[{"address":"zz"}]},{"username":"a"},{"username":"b"},{}]`)
		job := p.importInto(t, shop, src, transfer.Attempt{Options: transfer.Options{SkipInvalid: true}, Batch: 3})
		require.Equal(t, []int{7, 5}, []int{job.Done, job.Rejected})
		require.Equal(t, `{"entry":2,"code":"invalid","reason":"Username must have at least 1 character"}
{"entry":3,"code":"username_already_exists","field":"username","reason":"the username belongs to an account"}
{"entry":4,"code":"invalid","reason":"Address must be an e-mail address and Emails must have exactly one that is primary, not 0"}
{"entry":5,"code":"username_already_exists","field":"username","reason":"the username belongs to an account"}
{"entry":7,"code":"invalid","reason":"Username is required when there are no Emails"}
`, p.report(t, shop, job))
		require.Equal(t, 3, p.count(t, shop))

		found, _ := inspect(t, src)
		_, err := p.jobs.Import(t.Context(), shop, src, found, transfer.Attempt{})
		require.ErrorContains(t, err, "Error at entry 2 : ")
	})
}

func TestImport_GoesOnWhereItWasStopped(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, p *place) {
		shop, src := p.tenant(t), people(95)
		p.write(t, shop, addressed("person7@shop.example"), addressed("person88@shop.example"))
		found, _ := inspect(t, src)
		for range 3 { // stopped three times, each after two batches
			ctx, stop := context.WithCancel(t.Context())
			batches := 0
			job, err := p.jobs.Import(ctx, shop, src, found, transfer.Attempt{Batch: 10, Progress: func(*transfer.Job) {
				if batches++; batches == 3 { // the first call tells where it begins
					stop()
				}
			}})
			require.ErrorIs(t, err, context.Canceled)
			require.Equal(t, transfer.Running, job.State)
			stop()
		}
		require.Equal(t, 60-1+2, p.count(t, shop), "what was committed is there")
		var begun []int
		job, err := p.jobs.Import(t.Context(), shop, src, found, transfer.Attempt{Batch: 10, Progress: func(j *transfer.Job) { begun = append(begun, j.Done) }})
		require.NoError(t, err)
		require.Equal(t, []int{60, 70, 80, 90, 95}, begun)
		require.Equal(t, []int{95, 2}, []int{job.Done, job.Rejected})
		require.Equal(t, 95, p.count(t, shop), "each once")
		require.Regexp(t, `^\{"entry":7,.*\n\{"entry":88,.*\n$`, p.report(t, shop, job), "the report is whole")

		fresh := p.importInto(t, shop, src, transfer.Attempt{})
		require.Equal(t, 95, fresh.Rejected, "what is done is not gone on with")
	})
}

func TestImport_HasOneTimeForAllItsRows(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, p *place) {
		requireOneTime := func(shop *tenants.Tenant) {
			t.Helper()
			times := map[string]bool{}
			ctx, db := scope.With(t.Context(), scope.Tenant(shop.ID)), p.store.Reader()
			for _, u := range db.User.Query().AllX(ctx) {
				times[u.CreatedAt.UTC().String()], times[u.UpdatedAt.UTC().String()] = true, true
			}
			for _, e := range db.Email.Query().AllX(ctx) {
				times[e.CreatedAt.UTC().String()], times[e.UpdatedAt.UTC().String()] = true, true
			}
			require.Len(t, times, 1)
		}
		shop, src := p.tenant(t), people(30)
		found, _ := inspect(t, src)
		ctx, stop := context.WithCancel(t.Context())
		_, err := p.jobs.Import(ctx, shop, src, found, transfer.Attempt{Batch: 10, Progress: func(j *transfer.Job) {
			if j.Done == 10 {
				stop()
			}
		}})
		require.ErrorIs(t, err, context.Canceled)
		p.importInto(t, shop, src, transfer.Attempt{Batch: 10})
		require.Equal(t, 30, p.count(t, shop))
		requireOneTime(shop)

		other := p.tenant(t)
		job, err := p.jobs.Receive(t.Context(), other, strings.NewReader(string(people(1001))), transfer.Options{}, "")
		require.NoError(t, err)
		p.work(t, other, job.ID)
		requireOneTime(other)
	})
}

// Two import the same input at once: one of them gives up, and everybody is there once.
func TestImport_OfTheSameInputAtOnce(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, p *place) {
		shop, src := p.tenant(t), people(40)
		found, _ := inspect(t, src)
		rival := make(chan error, 1)
		var once atomic.Bool
		_, err := p.jobs.Import(t.Context(), shop, src, found, transfer.Attempt{Batch: 10, Progress: func(j *transfer.Job) {
			if j.Done > 0 && once.CompareAndSwap(false, true) {
				_, err := p.jobs.Import(t.Context(), shop, src, found, transfer.Attempt{Batch: 10})
				rival <- err
			}
		}})
		require.ErrorIs(t, err, transfer.ErrOvertaken)
		require.NoError(t, <-rival)
		require.Equal(t, 40, p.count(t, shop))
	})
}

func TestRehearse_WritesNothing(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, p *place) {
		shop := p.tenant(t)
		p.write(t, shop, addressed("person3@shop.example"))
		var lines []transfer.Rejection
		entries, err := p.jobs.Rehearse(t.Context(), shop, people(5), transfer.Options{}, func(r transfer.Rejection) { lines = append(lines, r) })
		require.NoError(t, err)
		require.Equal(t, 5, entries)
		require.Equal(t, []transfer.Rejection{{Entry: 3, Code: "email_already_exists", Field: "emails[0].address", Reason: "the address belongs to an account"}}, lines)
		require.Equal(t, 1, p.count(t, shop))
		_, total, err := p.jobs.List(t.Context(), shop, 0, 10)
		require.NoError(t, err)
		require.Zero(t, total)
	})
}

func TestImportAtOnce_IsAllOrNothing(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, p *place) {
		shop := p.tenant(t)
		p.write(t, shop, addressed("person2300@shop.example"))
		var lines []transfer.Rejection
		tell := func(r transfer.Rejection) { lines = append(lines, r) }
		_, err := p.jobs.ImportAtOnce(t.Context(), shop, people(2500), transfer.Options{}, transfer.Taker{By: tenants.ByCLI}, tell)
		require.ErrorIs(t, err, transfer.ErrConflicts)
		require.Len(t, lines, 1)
		require.Equal(t, 2300, lines[0].Entry)
		require.Equal(t, 1, p.count(t, shop))
		n, err := p.jobs.ImportAtOnce(t.Context(), shop, people(2200), transfer.Options{}, transfer.Taker{By: tenants.ByCLI}, tell)
		require.NoError(t, err)
		require.Equal(t, 2200, n)
		require.Equal(t, 2201, p.count(t, shop))
		found := p.records(t, shop)
		require.Len(t, found, 1, "what was undone is not recorded")
		require.Equal(t, map[string]any{"api": "cli", "by": "cli", "users": 2200.0, "rejected": 0.0, "state": "done"}, found[0].Details)
		_, err = p.jobs.ImportAtOnce(t.Context(), shop, people(transfer.MaxAtomic+1), transfer.Options{}, transfer.Taker{By: tenants.ByCLI}, tell)
		require.ErrorContains(t, err, "10000 entries at most")
	})
}

func TestImport_IsOneRecordAndNoEvents(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, p *place) {
		shop := p.tenant(t)
		p.importInto(t, shop, text(example), transfer.Attempt{})
		require.Equal(t, 1, p.store.Reader().Intent.Query().CountX(scope.With(t.Context(), scope.Tenant(shop.ID))), "no mail, no webhook, no record of each")
		require.Equal(t, event.UsersImported, p.records(t, shop)[0].Type)
	})
}

// stream is a generated input of so many people that is nowhere as a whole.
type stream struct{ people int }

func (s stream) Open() (io.ReadCloser, error) {
	r, w := io.Pipe()
	go func() { _ = w.CloseWithError(transfer.Generate(w, s.people)) }()
	return r, nil
}

// peak reads an input and watches how much memory is in use.
type peak struct {
	io.ReadCloser
	read, next int
	most       uint64
}

func (p *peak) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	if p.read += n; p.read > p.next {
		p.next += 4 << 20
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		p.most = max(p.most, m.HeapAlloc)
	}
	return n, err
}

// The memory that reading takes does not grow with the input. Not parallel: it looks at the heap of the process.
func TestReader_NeedsNoMoreMemoryForMore(t *testing.T) {
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	const n = 200_000
	input, err := stream{n}.Open()
	require.NoError(t, err)
	watched := &peak{ReadCloser: input}
	r := transfer.NewReader(watched)
	for {
		_, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
	}
	require.Equal(t, n, r.Number())
	require.Greater(t, watched.read, 30<<20, "bytes")
	require.Less(t, watched.most, before.HeapAlloc+8<<20)
}

// BenchmarkImportFile measures an import from a file: inspection, reading and writing.
func BenchmarkImportFile(b *testing.B) {
	for _, name := range testdb.Dialects() {
		b.Run(name, func(b *testing.B) {
			st, _ := testdb.New(b, name)
			p := newPlace(b, st)
			const size = 10_000
			total := 0
			for b.Loop() {
				var file bytes.Buffer
				require.NoError(b, transfer.Generate(&file, size))
				job := p.importInto(b, p.tenant(b), text(file.String()), transfer.Attempt{})
				total += job.Done
			}
			b.ReportMetric(float64(total)/b.Elapsed().Seconds(), "users/s")
		})
	}
}
