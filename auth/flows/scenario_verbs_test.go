package flows_test

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
	"github.com/latchkeep/latchkeep/tenants"
)

// verbs are what a line of a scenario may begin with.
func verbs() map[string]func(s *scenario, rest string) {
	return map[string]func(s *scenario, rest string){
		// what is there before
		"config":    (*scenario).setConfig,
		"change":    (*scenario).changeConfig,
		"status":    func(s *scenario, status string) { s.shop.SetStatus(s, tenants.Status(status)) },
		"user":      (*scenario).addUser,
		"has":       (*scenario).give,
		"signed-in": (*scenario).signIn,
		"device":    (*scenario).takeDevice,
		"app":       (*scenario).takeApp,
		"providers": (*scenario).setProviders,
		"idp":       (*scenario).addIdentityProvider,
		// what the person does
		"browser":  func(s *scenario, name string) { s.use(name) },
		"language": func(s *scenario, tag string) { s.client.Header.Set("X-Language", tag) },
		"POST":     (*scenario).start,
		"do":       func(s *scenario, rest string) { s.act(rest, true) },
		"force":    func(s *scenario, rest string) { s.act(rest, false) },
		"at":       (*scenario).elsewhere,
		"back":     func(s *scenario, rest string) { s.act("back "+rest, true) },
		"leave":    (*scenario).leave,
		"return":   (*scenario).comeBack,
		"asserted": (*scenario).asserted,
		"repeat":   (*scenario).repeat,
		"replay":   (*scenario).replay,
		// what happens meanwhile
		"expire":      (*scenario).expire,
		"delete":      (*scenario).deleteUser,
		"note":        (*scenario).note,
		"trust":       (*scenario).trust,
		"note-cookie": (*scenario).keepCookie,
		"set-cookie":  (*scenario).editCookie,
		// what is seen
		"offers":     (*scenario).seeOffers,
		"input":      (*scenario).seeInput,
		"inputs":     (*scenario).seeInputs,
		"payload":    (*scenario).seePayload,
		"claims":     func(s *scenario, rest string) { s.seeMembers("claims", rest) },
		"choices":    (*scenario).seeChoices,
		"sessions":   func(s *scenario, rest string) { s.seeMembers("sessions", rest) },
		"token":      (*scenario).seeToken,
		"account":    func(s *scenario, rest string) { s.seeMembers("user", rest) },
		"cookie":     (*scenario).seeCookie,
		"cookies":    (*scenario).seeCookies,
		"attributes": (*scenario).seeAttributes,
		"refuses":    (*scenario).refuses,
		"header":     (*scenario).seeHeader,
		"mail":       (*scenario).seeMail,
		"audit":      (*scenario).seeAudit,
		"event":      (*scenario).seeEvents,
		"rows":       (*scenario).seeRows,
		"session":    (*scenario).seeSession,
	}
}

// setConfig: config password.enabled=true email.optional=false
func (s *scenario) setConfig(rest string) {
	if s.shop != nil {
		s.fail("config comes first; change it with: change")
	}
	names, values := s.pairs(words(rest))
	for _, name := range names {
		set(s.config, name, literal(values[name]))
	}
}

// changeConfig: change password.enabled=false
func (s *scenario) changeConfig(rest string) {
	patch := map[string]any{}
	names, values := s.pairs(words(rest))
	for _, name := range names {
		set(patch, name, literal(values[name]))
	}
	raw, err := json.Marshal(patch)
	require.NoError(s, err)
	s.shop.Configure(s, string(raw))
}

// addUser: user kim@shop.example password="correct horse" username=kim unverified passkey security-key totp
func (s *scenario) addUser(rest string) {
	list := words(rest)
	n := testenv.NewPerson{}
	name := list[0]
	if strings.Contains(name, "@") {
		n.Email = name
	} else {
		n.Username = name
	}
	_, values := s.pairs(list[1:])
	n.Password, n.Hash = values["password"], values["hash"]
	n.Unverified = values["unverified"] == "true"
	if values["username"] != "" {
		n.Username = values["username"]
	}
	n.Factors = testenv.Factors{
		Passkey: values["passkey"] == "true", SecurityKey: values["security-key"] == "true", App: values["totp"] == "true",
	}
	s.people[name] = s.shop.Person(s, n)
	s.carry(s.people[name])
}

// start: POST /login -> preflight
func (s *scenario) start(rest string) {
	path, want, _ := strings.Cut(rest, "->")
	s.flow = s.client.Flow(s, strings.TrimPrefix(strings.TrimSpace(path), "/"))
	s.last = s.flow.State
	s.sent = nil
	s.expect(want)
}

// act: do ACTION NAME=VALUE… -> STATE [STATUS] [CODE] [INPUT:CODE]…
func (s *scenario) act(rest string, offered bool) {
	what, want, found := strings.Cut(rest, "->")
	if !found {
		s.fail("what comes of it? write -> STATE")
	}
	list := words(what)
	action := list[0]
	s.lies = nil
	if i := slices.Index(list, "hostile"); i >= 0 {
		s.lies, list = s.hostile(list[i+1:]), list[:i]
	}
	inputs := s.inputs(action, list[1:])
	before := *s.flow
	href := before.Href(action)
	s.sent = func() testenv.State { return before.Post(s, href, before.State.CSRFToken, inputs) }
	if !offered {
		s.last = s.sent()
	} else {
		if _, ok := s.flow.State.Actions[action]; !ok {
			s.fail("%s does not offer %s, but %v", s.flow.State.Name, action, s.flow.State.Offers())
		}
		s.last = s.flow.Do(s, action, inputs)
	}
	s.expect(want)
}

// inputs turns words into what the client would send: booleans where the action asks for them, else texts; name:=value is JSON.
func (s *scenario) inputs(action string, list []string) testenv.Inputs {
	names, values := s.pairs(list)
	inputs := testenv.Inputs{}
	for _, name := range names {
		value := values[name]
		if raw, ok := strings.CutSuffix(name, ":"); ok {
			inputs[raw] = literal(value)
			continue
		}
		name = inputName(name)
		switch s.flow.State.Actions[action].Inputs[name].Type {
		case "boolean":
			inputs[name] = value == "true"
		case "json":
			inputs[name] = literal(value)
		default:
			inputs[name] = value
		}
	}
	return inputs
}

// expect: STATE [STATUS] [CODE] [INPUT:CODE]…
func (s *scenario) expect(want string) {
	list := words(want)
	status, code, atInputs := 200, "", map[string]string{}
	for _, word := range list[1:] {
		if n, err := strconv.Atoi(word); err == nil {
			status = n
		} else if input, c, found := strings.Cut(word, ":"); found {
			atInputs[input] = c
		} else {
			code = word
		}
	}
	got := s.last
	s.notice()
	if got.Name != list[0] || got.Status != status || got.Refusal() != code {
		s.fail("want %s, got %s %d %s\n%s", strings.TrimSpace(want), got.Name, got.Status, got.Refusal(), got.Response.Body)
	}
	require.Equal(s, atInputs, got.InputErrors(), "%s: errors at inputs", s.at)
}

// repeat: repeat 3 do …
func (s *scenario) repeat(rest string) {
	times, line, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(times)
	require.NoError(s, err, s.at)
	verb, rest, _ := strings.Cut(line, " ")
	for range n {
		verbs()[verb](s, rest)
	}
}

// replay: replay -> error 403 operation_not_permitted_error. Sends the last request again.
func (s *scenario) replay(rest string) {
	s.last = s.sent()
	s.expect(strings.TrimPrefix(rest, "->"))
}

// expire: expire passcodes ; expire ceremony ; expire trust. Lets time pass for them.
func (s *scenario) expire(what string) {
	switch what {
	case "passcodes":
		s.shop.ExpirePasscodes(s, time.Now())
	case "ceremony":
		s.expireCeremony()
	case "trust":
		s.expireTrust()
	default:
		s.fail("cannot expire %s", what)
	}
}

// deleteUser: delete kim@shop.example
func (s *scenario) deleteUser(name string) {
	require.NoError(s, s.shop.Change(s, func(ctx context.Context, tx *store.Tx) error {
		return tx.User.DeleteOneID(s.people[name].ID).Exec(ctx)
	}))
}
