package flows_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// patience is how long to wait for what happens after an answer. Many conversations share one connection, and a busy machine is slow.
const patience = time.Minute

// seeOffers: offers back password_login. Exactly these.
func (s *scenario) seeOffers(rest string) {
	want := words(rest)
	if rest == "-" {
		want = nil
	}
	slices.Sort(want)
	require.Equal(s, want, s.last.Offers(), "%s: offered actions", s.at)
}

// seeInput: input ACTION NAME type=email min=3 max=120 required=true. What is not named must be absent.
func (s *scenario) seeInput(rest string) {
	list := words(rest)
	in, ok := s.last.Actions[list[0]].Inputs[list[1]]
	if !ok {
		s.fail("%s has no input %s", list[0], list[1])
	}
	got := map[string]string{"type": in.Type}
	if in.MinLength != 0 {
		got["min"] = fmt.Sprint(in.MinLength)
	}
	if in.MaxLength != 0 {
		got["max"] = fmt.Sprint(in.MaxLength)
	}
	if in.Required != nil {
		got["required"] = fmt.Sprint(*in.Required)
	}
	if in.Hidden {
		got["hidden"] = "true"
	}
	if in.Value != nil {
		got["value"] = fmt.Sprint(literal(string(in.Value)))
	}
	_, want := s.pairs(list[2:])
	require.Equal(s, want, got, "%s: input %s", s.at, list[1])
}

// seeInputs: inputs ACTION NAME…. Exactly these.
func (s *scenario) seeInputs(rest string) {
	list := words(rest)
	got := []string{}
	for name := range s.last.Actions[list[0]].Inputs {
		got = append(got, name)
	}
	slices.Sort(got)
	require.Equal(s, list[1:], got, "%s: inputs of %s", s.at, list[0])
}

// seePayload: payload resend_after. Exactly these members. Or paths: see seePayloadPaths.
func (s *scenario) seePayload(rest string) {
	if strings.ContainsAny(rest, "=!") {
		s.seePayloadPaths(words(rest))
		return
	}
	got := []string{}
	for name := range s.last.Payload {
		got = append(got, name)
	}
	slices.Sort(got)
	want := words(rest)
	if rest == "-" {
		want = []string{}
	}
	slices.Sort(want)
	require.Equal(s, want, got, "%s: payload", s.at)
}

// seeMembers: claims email.address=kim@shop.example amr=["pwd"] !username
func (s *scenario) seeMembers(member, rest string) {
	var tree any
	require.NoError(s, json.Unmarshal(s.last.Payload[member], &tree), "%s: payload.%s", s.at, member)
	for _, word := range words(strings.ReplaceAll(rest, `["`, `[\"`)) {
		if absent, ok := strings.CutPrefix(word, "!"); ok {
			_, found := at(tree, absent)
			require.False(s, found, "%s: %s is absent", s.at, absent)
			continue
		}
		path, value, _ := strings.Cut(word, "=")
		if strings.HasPrefix(value, "$") {
			value = s.known(value[1:])
		}
		got, found := at(tree, path)
		require.True(s, found, "%s: %s is missing in %v", s.at, path, tree)
		if list, ok := got.([]any); ok {
			got = joined(list)
		}
		require.Equal(s, value, fmt.Sprint(got), "%s: %s", s.at, path)
	}
}

func joined(list []any) string {
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = fmt.Sprint(v)
	}
	return strings.Join(texts, ",")
}

// seeCookie: cookie hanko=*; Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=Strict
func (s *scenario) seeCookie(rest string) {
	got := s.last.Response.Header.Values("Set-Cookie")
	if rest == "-" {
		require.Empty(s, got, s.at)
		return
	}
	require.Len(s, got, 1, s.at)
	require.Equal(s, rest, regexp.MustCompile(`=[^;]+\.[^;]+\.[^;]+;`).ReplaceAllString(got[0], "=*;"), s.at)
}

// seeHeader: header X-Session-Retention=persistent !X-Auth-Token Retry-After
func (s *scenario) seeHeader(rest string) {
	for _, word := range words(rest) {
		name, want, valued := strings.Cut(word, "=")
		if absent, ok := strings.CutPrefix(name, "!"); ok {
			require.Empty(s, s.last.Response.Header.Values(absent), "%s: %s", s.at, absent)
			continue
		}
		got := s.last.Response.Header.Get(name)
		require.NotEmpty(s, got, "%s: %s", s.at, name)
		if valued {
			require.Equal(s, want, got, "%s: %s", s.at, name)
		}
	}
}

// seeMail: mail login kim@shop.example subject="…" ; mail none. Each mail must be named; its code is $code, the one before $old.
func (s *scenario) seeMail(rest string) {
	sent := s.mails()[s.mailsSeen:]
	if rest == "none" {
		require.Empty(s, sent, "%s: mails", s.at)
		return
	}
	list := words(rest)
	template, address := list[0], list[1]
	if len(sent) == 0 {
		s.fail("no mail was sent")
	}
	require.Equal(s, template, sent[0].Data["template"], "%s: template", s.at)
	require.Equal(s, address, sent[0].Data["to"], "%s: address", s.at)
	s.mailsSeen++
	_, values := s.pairs(list[2:])
	if values["undelivered"] == "true" {
		return
	}
	got := s.shop.MailTo(s, address)
	if contains := values["contains"]; contains != "" {
		require.Contains(s, got.Subject+"\n"+got.Text, contains, s.at)
	}
	s.vars["old"] = s.vars["code"]
	if !carriesCode(template) {
		require.False(s, got.HasCode(), "%s: the mail carries no code:\n%s", s.at, got.Text)
		s.vars["code"] = "000000"
		return
	}
	s.vars["code"] = got.Code(s)
	s.vars["wrong"] = testenv.Another(s.vars["code"])
	require.Contains(s, got.Subject, s.vars["code"], "%s: the subject shows the code", s.at)
}

// carriesCode says whether the mail of a template has a code to enter.
func carriesCode(template string) bool {
	return template == "login" || template == "recovery" || template == "email_verification"
}

// seeAudit: audit login_failure login_method=password error=… . Other members are looked up in the details.
func (s *scenario) seeAudit(rest string) {
	s.strict["audit"] = true
	list := words(rest)
	if list[0] == "none" {
		return // see end
	}
	names, values := s.pairs(list[1:])
	deadline := time.Now().Add(patience)
	for {
		all := s.shop.Audit(s)
		s.records = append(s.records, all[s.recordsSeen:]...)
		s.recordsSeen = len(all)
		for i, r := range s.records {
			if r.Type == list[0] && s.fits(r, names, values) {
				s.records = slices.Delete(s.records, i, i+1)
				return
			}
		}
		if time.Now().After(deadline) {
			s.fail("no such audit record: %s\nthere are: %+v", rest, s.records)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func (s *scenario) fits(r testenv.AuditRecord, names []string, values map[string]string) bool {
	for _, name := range names {
		got := ""
		switch name {
		case "error":
			got, _, _ = strings.Cut(r.Error, ":")
		case "actor":
			want := s.people[values[name]]
			if want == nil || want.ID != r.Actor {
				return false
			}
			continue
		default:
			if v, ok := r.Details[name]; ok {
				got = fmt.Sprint(v)
			}
		}
		if got != values[name] {
			return false
		}
	}
	return true
}

// seeEvents: event session.create.flow, user.login. Exactly these since the last time, in this order. Mails have a verb of their own.
func (s *scenario) seeEvents(rest string) {
	s.strict["event"] = true
	var got []string
	for _, e := range s.events()[s.heard:] {
		got = append(got, e.Name)
	}
	s.heard += len(got)
	if rest == "none" {
		require.Empty(s, got, s.at)
		return
	}
	require.Equal(s, strings.ReplaceAll(rest, " ", ""), strings.Join(got, ","), "%s: events", s.at)
}

func (s *scenario) events() []testenv.Event {
	return s.filter(func(name string) bool { return name != "email.send" })
}

func (s *scenario) mails() []testenv.Event {
	return s.filter(func(name string) bool { return name == "email.send" })
}

func (s *scenario) filter(keep func(string) bool) []testenv.Event {
	return slices.DeleteFunc(s.shop.Events(s), func(e testenv.Event) bool { return !keep(e.Name) })
}

// seeRows: rows users=1 flows=0
func (s *scenario) seeRows(rest string) {
	names, values := s.pairs(words(rest))
	for _, name := range names {
		require.Equal(s, values[name], fmt.Sprint(s.shop.Count(s, name)), "%s: %s", s.at, name)
	}
}

// seeSession: session valid. The session that was opened is accepted.
func (s *scenario) seeSession(string) {
	require.True(s, s.flow.OpenSession(s).Valid(s), s.at)
}

// end checks that nothing happened that the scenario does not tell.
func (s *scenario) end() {
	require.Empty(s, s.mails()[s.mailsSeen:], "%s: mails that it does not name", s.at)
	if s.strict["event"] {
		require.Empty(s, s.events()[s.heard:], "%s: events that it does not name", s.at)
	}
	require.Eventually(s, func() bool { return s.shop.AuditSettled(s) }, patience, 5*time.Millisecond)
	all := s.shop.Audit(s) // which looks at every record's shape
	if s.strict["audit"] {
		s.records = append(s.records, all[s.recordsSeen:]...)
		require.Empty(s, s.records, "%s: audit records that it does not name", s.at)
	}
}

// sightings are the types of events and audit records that the conversations brought about. Those that the flows can bring about must all
// be among them, and each is looked at: who it names, what it tells.
type sightings struct {
	mu     sync.Mutex
	played int
	seen   map[string]bool
}

func (s *sightings) add(of *scenario) {
	events, records := of.shop.Events(of), of.shop.Audit(of)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	s.played++
	for _, e := range events {
		s.seen[e.Name] = true
	}
	for _, r := range records {
		s.seen[r.Type] = true
	}
}

func (s *sightings) requireAll(t *testing.T) {
	t.Helper()
	var missing []string
	for _, kind := range append(testenv.FlowRecords(), testenv.FlowEvents()...) {
		if !s.seen[kind] {
			missing = append(missing, kind)
		}
	}
	require.Empty(t, missing, "no conversation brings these about")
}
