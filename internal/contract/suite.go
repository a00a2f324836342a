package contract

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
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
// tenant's, and by whom may not call it. Whatever happens must be documented, and what failed must have changed nothing: the valid request,
// which comes last, succeeds.
type Suite struct {
	Document *Document
	// Prepare makes what the operation is about, in the caller's tenant or in another one, and says how its path's parameters name it.
	Prepare func(t testing.TB, foreign bool, o *Operation) map[string]string
	// Complete changes the example where the document's own would not do; optional.
	Complete func(o *Operation, r *Request)
	// Open says which operations are about no tenant, so that nobody is foreign to them; optional.
	Open func(o *Operation) bool
	// Send sends a request.
	Send func(t testing.TB, by Caller, r Request) Answer
	// Forgiven are faults that an operation does not mind, as "operation where" or "operation where what", and why.
	Forgiven map[string]string
	// Mild are operations that answer about what does not exist as about nothing, and how: by id.
	Mild map[string]int
}

// Run plays all operations of the document.
func (s *Suite) Run(t *testing.T) {
	used := map[string]bool{}
	for _, o := range s.Document.Operations() {
		for key := range s.Forgiven {
			used[key] = used[key] || strings.HasPrefix(key, o.ID+" ")
		}
		t.Run(o.ID, func(t *testing.T) {
			t.Parallel()
			s.play(t, o)
		})
	}
	for key := range s.Forgiven {
		require.True(t, used[key], "no operation for the exception %q", key)
	}
}

func (s *Suite) play(t *testing.T, o *Operation) {
	require.Empty(t, o.undocumented(), "%s: parameters of the path that are not documented", o.Route())
	valid := o.Example()
	own := s.Prepare(t, false, o)
	for name := range valid.Params {
		if v, ok := own[name]; ok {
			valid.Params[name] = v
		}
	}
	if s.Complete != nil {
		s.Complete(o, &valid)
	}
	s.refused(t, o, Anonymous, valid, http.StatusUnauthorized)
	s.refused(t, o, Expired, valid, http.StatusUnauthorized)
	s.refused(t, o, Powerless, valid, http.StatusForbidden)
	if s.Open == nil || !s.Open(o) {
		s.refused(t, o, Foreign, valid, http.StatusNotFound)
	}
	s.unknown(t, o, valid)
	s.foreign(t, o, valid)
	for _, f := range o.Faults(valid) {
		if s.forgives(o, f) {
			continue
		}
		a := s.Send(t, Entitled, f.Request)
		require.Equal(t, http.StatusBadRequest, a.Status, "%s: %s: %.300s", o.Route(), f.Name(), a.Body)
		require.NoError(t, o.Check(a.Status, a.Header, a.Body), "%s: %s", o.Route(), f.Name())
	}
	a := s.Send(t, Entitled, valid)
	require.Less(t, a.Status, 300, "%s: a valid request: %.600s", o.Route(), a.Body)
	require.NoError(t, o.Check(a.Status, a.Header, a.Body), o.Route())
}

func (s *Suite) refused(t *testing.T, o *Operation, by Caller, r Request, status int) {
	t.Helper()
	a := s.Send(t, by, r)
	require.Equal(t, status, a.Status, "%s by somebody %s: %.300s", o.Route(), by, a.Body)
	require.NoError(t, o.Check(a.Status, a.Header, a.Body), "%s by somebody %s", o.Route(), by)
}

// unknown names what does not exist, by one parameter at a time.
func (s *Suite) unknown(t *testing.T, o *Operation, valid Request) {
	t.Helper()
	for _, p := range o.parameters {
		if p.in != "path" {
			continue
		}
		r := valid.clone()
		r.Params[p.name] = uuid.NewString()
		if typeOf(p.schema) == "integer" {
			r.Params[p.name] = "999999"
		}
		s.nothing(t, o, r, "an unknown "+p.name)
	}
}

// foreign names what is another tenant's: by all parameters, and by one at a time.
func (s *Suite) foreign(t *testing.T, o *Operation, valid Request) {
	t.Helper()
	if len(valid.Params) == 0 {
		return
	}
	theirs := s.Prepare(t, true, o)
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
		s.nothing(t, o, one, "another tenant's "+name)
	}
	s.nothing(t, o, all, "what is another tenant's")
}

func (s *Suite) nothing(t *testing.T, o *Operation, r Request, about string) {
	t.Helper()
	status := http.StatusNotFound
	if mild, ok := s.Mild[o.ID]; ok {
		status = mild
	}
	a := s.Send(t, Entitled, r)
	require.Equal(t, status, a.Status, "%s about %s: %.300s", o.Route(), about, a.Body)
	require.NoError(t, o.Check(a.Status, a.Header, a.Body), "%s about %s", o.Route(), about)
}

func (s *Suite) forgives(o *Operation, f Fault) bool {
	_, where := s.Forgiven[o.ID+" "+f.Where]
	_, what := s.Forgiven[o.ID+" "+f.Name()]
	return where || what
}
