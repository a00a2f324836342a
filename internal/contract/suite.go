package contract

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A Caller is who sends a request.
type Caller string

// The callers.
const (
	Entitled  Caller = "entitled"  // may do everything in her tenant
	Anonymous Caller = "anonymous" // has no credentials
	Expired   Caller = "expired"   // had them
	Powerless Caller = "powerless" // has no scope that counts
	Foreign   Caller = "foreign"   // may do everything in another tenant
)

// An Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// A Suite plays an API's contract: each operation with a valid request, with one fault at a time, about what does not exist or is another
// tenant's, and by whom may not call it. Whatever happens must be documented, whatever is documented must happen, and what failed must have
// changed nothing: the valid request, which comes last, succeeds.
type Suite struct {
	Document *Document
	// Prepare makes what the operation is about, in the caller's tenant or in another one, and says how its path's parameters name it.
	Prepare func(t testing.TB, foreign bool, o *Operation) map[string]string
	// Complete changes the example where the document's own would not do; optional.
	Complete func(o *Operation, r *Request)
	// Open says which operations are about no tenant, so that nobody is foreign to them; optional.
	Open func(o *Operation) bool
	// Others are further callers whom an operation refuses, and with what status; optional.
	Others func(o *Operation) map[Caller]int
	// Send sends a request.
	Send func(t testing.TB, by Caller, r Request) Answer
	// MaxBody is how many bytes the body of a request may have.
	MaxBody int
	// Provoke brings about statuses that no fault does, by operation and status ("create-user 409"), from a valid request about new things.
	Provoke map[string]func(t testing.TB, valid Request) Answer
	// Unprovoked are documented statuses that nothing here brings about, by operation and status, and why. "*" stands for all operations, of
	// which some may be answered so.
	Unprovoked map[string]string
	// Forgiven are faults that an operation does not mind, as "operation where" or "operation where what", and why.
	Forgiven map[string]string
	// Mild are operations that answer about what does not exist as about nothing, and how: by id.
	Mild map[string]int
}

// Run plays all operations of the document.
func (s *Suite) Run(t *testing.T) {
	operations := map[string]*Operation{}
	for _, o := range s.Document.Operations() {
		operations[o.ID] = o
		t.Run(o.ID, func(t *testing.T) {
			t.Parallel()
			(&play{Suite: s, o: o, seen: map[string]bool{}}).run(t)
		})
	}
	for _, exceptions := range []map[string]string{s.Forgiven, s.Unprovoked} {
		for key := range exceptions {
			id, _, _ := strings.Cut(key, " ")
			require.True(t, id == "*" || operations[id] != nil, "no operation for the exception %q", key)
		}
	}
	for key := range s.Provoke {
		id, status, _ := strings.Cut(key, " ")
		require.Contains(t, operations, id, "no operation for %q", key)
		require.Contains(t, operations[id].Statuses(), status, "%q is not documented", key)
	}
}

// A play is that of one operation.
type play struct {
	*Suite
	o    *Operation
	seen map[string]bool // statuses that were answered
}

func (p *play) run(t *testing.T) {
	o := p.o
	require.Empty(t, o.undocumented(), "%s: parameters of the path that are not documented", o.Route())
	valid := p.valid(t)
	p.refused(t, Anonymous, valid, http.StatusUnauthorized)
	p.refused(t, Expired, valid, http.StatusUnauthorized)
	p.refused(t, Powerless, valid, http.StatusForbidden)
	if p.Open == nil || !p.Open(o) {
		p.refused(t, Foreign, valid, http.StatusNotFound)
	}
	if p.Others != nil {
		for by, status := range p.Others(o) {
			p.refused(t, by, valid, status)
		}
	}
	p.unknown(t, valid)
	p.foreign(t, valid)
	for _, f := range o.Faults(valid) {
		if !p.forgives(f) {
			p.sent(t, Entitled, f.Request, http.StatusBadRequest, f.Name())
		}
	}
	p.conditions(t, valid)
	p.size(t, valid)
	p.media(t, valid)
	p.repetition(t, valid)
	a := p.Send(t, Entitled, valid)
	require.Less(t, a.Status, 300, "%s: a valid request: %.600s", o.Route(), a.Body)
	p.answered(t, a, a.Status, "a valid request")
	p.provoke(t)
	p.complete(t)
}

// valid is a request that succeeds, about new things.
func (p *play) valid(t *testing.T) Request {
	t.Helper()
	valid := p.o.Example()
	own := p.Prepare(t, false, p.o)
	for name := range valid.Params {
		if v, ok := own[name]; ok {
			valid.Params[name] = v
		}
	}
	if p.Complete != nil {
		p.Complete(p.o, &valid)
	}
	return valid
}

// sent sends a request and insists on the status, and that it is documented.
func (p *play) sent(t *testing.T, by Caller, r Request, status int, about string) {
	t.Helper()
	p.answered(t, p.Send(t, by, r), status, about)
}

func (p *play) answered(t *testing.T, a Answer, status int, about string) {
	t.Helper()
	require.Equal(t, status, a.Status, "%s: %s: %.300s", p.o.Route(), about, a.Body)
	require.NoError(t, p.o.Check(a.Status, a.Header, a.Body), "%s: %s", p.o.Route(), about)
	p.seen[strconv.Itoa(a.Status)] = true
}

func (p *play) refused(t *testing.T, by Caller, r Request, status int) {
	t.Helper()
	p.sent(t, by, r, status, "by somebody "+string(by))
}

// unknown names what does not exist, by one parameter at a time.
func (p *play) unknown(t *testing.T, valid Request) {
	t.Helper()
	for _, param := range p.o.parameters {
		if param.in != "path" {
			continue
		}
		p.nothing(t, valid.about(param), "an unknown "+param.name)
	}
}

// foreign names what is another tenant's: by all parameters, and by one at a time.
func (p *play) foreign(t *testing.T, valid Request) {
	t.Helper()
	if len(valid.Params) == 0 {
		return
	}
	theirs := p.Prepare(t, true, p.o)
	if len(theirs) == 0 {
		return
	}
	all := valid.clone()
	for name := range valid.Params {
		id, ok := theirs[name]
		if !ok {
			continue
		}
		all.Params[name] = id
		one := valid.clone()
		one.Params[name] = id
		p.nothing(t, one, "another tenant's "+name)
	}
	p.nothing(t, all, "what is another tenant's")
}

func (p *play) nothing(t *testing.T, r Request, about string) {
	t.Helper()
	status := http.StatusNotFound
	if mild, ok := p.Mild[p.o.ID]; ok {
		status = mild
	}
	p.sent(t, Entitled, r, status, about)
}

func (p *play) forgives(f Fault) bool {
	_, where := p.Forgiven[p.o.ID+" "+f.Where]
	_, what := p.Forgiven[p.o.ID+" "+f.Name()]
	return where || what
}
