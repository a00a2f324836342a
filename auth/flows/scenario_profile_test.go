package flows_test

import (
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// signIn: signed-in as kim@shop.example [ago=2h]. The browser has a session of hers.
func (s *scenario) signIn(rest string) {
	list := words(strings.TrimPrefix(rest, "as "))
	_, values := s.pairs(list[1:])
	ago := time.Duration(0)
	if values["ago"] != "" {
		var err error
		ago, err = time.ParseDuration(values["ago"])
		require.NoError(s, err, s.at)
	}
	s.token = s.person(list[0]).SignedIn(s, s.client, ago).Token
}

// give: has kim@shop.example email=kim2@shop.example unverified ; … passkey=NAME ; … key=NAME ; … app ; … identity=google [at=ADDRESS] [pending]
func (s *scenario) give(rest string) {
	list := words(rest)
	p := s.person(list[0])
	_, values := s.pairs(list[1:])
	if address := values["email"]; address != "" {
		s.vars[address] = p.AddEmail(s, address, values["unverified"] == "").String()
	}
	if name := values["passkey"]; name != "" {
		p.AddCredential(s, name, false)
	}
	if name := values["key"]; name != "" {
		p.AddCredential(s, name, true)
	}
	if values["app"] != "" {
		p.AddApp(s)
	}
	if provider := values["identity"]; provider != "" {
		id := uuid.Nil
		if address := values["at"]; address != "" {
			id = uuid.MustParse(s.known(address))
		}
		p.AddIdentity(s, provider, id, values["pending"] != "")
	}
}

// note: note theirs=user.emails.0.id. A member of the last payload is $theirs from now on, in every browser.
func (s *scenario) note(rest string) {
	name, path, _ := strings.Cut(rest, "=")
	s.vars[name] = s.known(path)
}

// seeChoices: choices email_delete email_id kim2@shop.example … ; - for no restriction. Exactly these, in this order, by name.
func (s *scenario) seeChoices(rest string) {
	list := words(rest)
	in, ok := s.last.Actions[list[0]].Inputs[list[1]]
	if !ok {
		s.fail("%s has no input %s", list[0], list[1])
	}
	want, got := []string{}, []string{}
	for _, word := range list[2:] {
		if strings.HasPrefix(word, "$") {
			word = s.known(word[1:])
		}
		if word != "-" {
			want = append(want, word)
		}
	}
	for _, c := range in.Allowed {
		got = append(got, c.Name)
	}
	require.Equal(s, want, got, "%s: choices of %s", s.at, list[1])
}

// seeToken: token accepted ; token refused. Whether the session that the browser was given still counts.
func (s *scenario) seeToken(want string) {
	require.Equal(s, want == "accepted", s.shop.Accepts(s, s.token), "%s: the browser's session", s.at)
}
