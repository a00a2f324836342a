package flows_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/authenticator"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// What people have beside their passwords. A conversation has one device and one app in hand; it may take others.

// device: device of kim@shop.example ; device new ; device platform ; device without-pin ; device clone
func (s *scenario) takeDevice(rest string) {
	switch what, name, _ := strings.Cut(rest, " "); what {
	case "of":
		s.device = s.person(name).Device
	case "new":
		s.device = s.shop.Device(s)
	case "platform":
		s.device = s.shop.Device(s, authenticator.Synced())
	case "without-pin":
		s.device = s.shop.Device(s, authenticator.WithoutPIN())
	case "clone":
		s.device = s.device.Clone()
	default:
		s.fail("there is no device %s", rest)
	}
}

// app: app of kim@shop.example
func (s *scenario) takeApp(rest string) { s.app = s.person(strings.TrimPrefix(rest, "of ")).App }

// carry takes what a person who was just made has, where nothing is in hand.
func (s *scenario) carry(p *testenv.Person) {
	if s.device == nil {
		s.device = p.Device
	}
	if s.app == nil {
		s.app = p.App
	}
}

// notice remembers what the last answer shows for devices and apps: a client may use it later, also when it is not shown any more.
func (s *scenario) notice() {
	for _, member := range []string{"request_options", "creation_options"} {
		if raw, ok := s.last.Payload[member]; ok {
			s.options[member] = raw
		}
	}
	raw, ok := s.last.Payload["otp_secret"]
	if !ok {
		return
	}
	var secret string
	require.NoError(s, json.Unmarshal(raw, &secret))
	if s.app == nil || s.app.Secret != secret {
		s.app = &testenv.App{Secret: secret}
	}
}

// proof is $passkey, what a device answers to the last request options; $new, what it answers to the last creation options; $totp,
// $totp-used, $totp-wrong, what an app shows.
func (s *scenario) proof(name string) (string, bool) {
	if strings.HasPrefix(name, "totp") && s.app == nil {
		s.fail("there is no app")
	}
	switch name {
	case "passkey":
		return s.answerOptions("request_options", (*authenticator.Authenticator).TryGet), true
	case "new":
		return s.answerOptions("creation_options", (*authenticator.Authenticator).TryCreate), true
	case "totp":
		return s.app.Code(s), true
	case "totp-used":
		return s.app.Last, true
	case "totp-wrong":
		return s.app.Wrong(s), true
	}
	return "", false
}

type answering func(*authenticator.Authenticator, json.RawMessage, ...authenticator.Lie) (json.RawMessage, error)

func (s *scenario) answerOptions(member string, answer answering) string {
	options, ok := s.options[member]
	if !ok {
		s.fail("no answer had %s", member)
	}
	if s.device == nil {
		s.device = s.shop.Device(s)
	}
	raw, err := answer(s.device, options, s.lies...)
	if err != nil {
		s.fail("%v\n%s", err, options)
	}
	return string(raw)
}

// refuses: refuses new ; refuses passkey. The device does not answer: it holds an excluded credential, or none that is allowed.
func (s *scenario) refuses(rest string) {
	device := s.device
	if device == nil {
		device = s.shop.Device(s)
	}
	var err error
	if rest == "new" {
		_, err = device.TryCreate(s.options["creation_options"])
	} else {
		_, err = device.TryGet(s.options["request_options"])
	}
	require.Error(s, err, "%s: the device answers", s.at)
}

// hostile: … hostile origin=https://evil.example no-uv. How a proof on this line differs from an honest one.
func (s *scenario) hostile(list []string) []authenticator.Lie {
	var lies []authenticator.Lie
	for _, word := range list {
		name, value, _ := strings.Cut(word, "=")
		lies = append(lies, s.lie(name, value))
	}
	return lies
}

func (s *scenario) lie(name, value string) authenticator.Lie {
	switch name {
	case "origin":
		return authenticator.FromOrigin(value)
	case "rp":
		return authenticator.ForRPID(value)
	case "challenge":
		return authenticator.Challenged(value)
	case "type":
		return authenticator.Typed(value)
	case "cross-origin":
		return authenticator.CrossOrigin()
	case "no-up":
		return authenticator.Unattended()
	case "no-uv":
		return authenticator.Unverified()
	case "bad-signature":
		return authenticator.BadSignature()
	case "bad-data":
		return authenticator.BadAuthenticatorData()
	case "counter":
		n, err := strconv.ParseUint(value, 10, 32)
		require.NoError(s, err, s.at)
		return authenticator.Counting(uint32(n))
	case "user-handle":
		if value == "none" {
			return authenticator.ByHandle(nil)
		}
		id := s.person(value).ID
		return authenticator.ByHandle(id[:])
	case "same-id": // a new credential with the id of the oldest on the device
		return authenticator.Named(s.device.Credentials()[0].ID)
	case "credential": // the first passkey, or security key, on the device, allowed or not
		i := slices.IndexFunc(s.device.Credentials(), func(c authenticator.Credential) bool { return c.Discoverable == (value == "passkey") })
		require.GreaterOrEqual(s, i, 0, "%s: the device has no %s", s.at, value)
		return authenticator.With(s.device.Credentials()[i].ID)
	}
	s.fail("there is no lie %s", name)
	return authenticator.Lie{}
}

// elsewhere: at /registration ACTION NAME=VALUE… -> … . Posts an action of the flow at another flow's path; the flow stays where it was.
func (s *scenario) elsewhere(rest string) {
	path, rest, _ := strings.Cut(rest, " ")
	here := s.flow.Name
	s.flow.Name = strings.TrimPrefix(path, "/")
	s.act(rest, false)
	s.flow.Name = here
}

// inputName is the whole name of an input that lines may shorten.
func inputName(name string) string {
	switch name {
	case "webauthn":
		return "webauthn_available"
	case "platform":
		return "webauthn_platform_authenticator_available"
	case "conditional":
		return "webauthn_conditional_mediation_available"
	case "assertion":
		return "assertion_response"
	}
	return name
}

// seePayloadPaths: payload request_options.publicKey.userVerification=preferred !request_options.publicKey.allowCredentials
func (s *scenario) seePayloadPaths(list []string) {
	for _, word := range list {
		member, path, _ := strings.Cut(strings.TrimPrefix(word, "!"), ".")
		if strings.HasPrefix(word, "!") {
			path = "!" + path
		}
		s.seeMembers(member, path)
	}
}

// seeCookies: cookies hanko hanko-device-token. The last answer sets exactly these; - for none.
func (s *scenario) seeCookies(rest string) {
	var got []string
	for _, c := range (&http.Response{Header: s.last.Response.Header}).Cookies() {
		got = append(got, c.Name)
	}
	slices.Sort(got)
	want := words(rest)
	if rest == "-" {
		want = nil
	}
	require.Equal(s, want, got, "%s: cookies", s.at)
}

// seeAttributes: attributes hanko-device-token Path=/; HttpOnly. All that the last answer says of a cookie but its value.
func (s *scenario) seeAttributes(rest string) {
	name, want, _ := strings.Cut(rest, " ")
	for _, header := range s.last.Response.Header.Values("Set-Cookie") {
		if value, ok := strings.CutPrefix(header, name+"="); ok {
			_, got, _ := strings.Cut(value, "; ")
			require.Equal(s, want, got, "%s: attributes of %s", s.at, name)
			return
		}
	}
	s.fail("no cookie %s is set", name)
}

// editCookie: cookie-jar hanko-device-token=VALUE ; … = a value that is kept under a name: $NAME. Without a value the cookie is gone.
func (s *scenario) editCookie(rest string) {
	name, value, _ := strings.Cut(rest, "=")
	switch {
	case value == "":
		delete(s.client.Cookies, name)
	case strings.HasPrefix(value, "$"):
		s.client.Cookies[name] = s.known(value[1:])
	default:
		s.client.Cookies[name] = value
	}
}

// keepCookie: note-cookie stolen=hanko-device-token. The browser's cookie is $stolen from now on.
func (s *scenario) keepCookie(rest string) {
	name, cookie, _ := strings.Cut(rest, "=")
	require.NotEmpty(s, s.client.Cookies[cookie], "%s: the browser has no cookie %s", s.at, cookie)
	s.vars[name] = s.client.Cookies[cookie]
}

// trust: trust kim@shop.example. The browser is one of hers that her second factor may be left out on.
func (s *scenario) trust(name string) { s.person(name).TrustDevice(s, s.client) }

// expireCeremony lets the time pass that the last options left for an answer.
func (s *scenario) expireCeremony() {
	for _, raw := range s.options {
		var o struct {
			PublicKey struct {
				Timeout int `json:"timeout"`
			} `json:"publicKey"`
		}
		require.NoError(s, json.Unmarshal(raw, &o))
		require.Less(s, o.PublicKey.Timeout, 500, "%s: that takes too long for a test: configure shorter timeouts", s.at)
		<-time.After(time.Duration(o.PublicKey.Timeout+2) * time.Millisecond)
	}
}

// expireTrust ends the trust of all devices.
func (s *scenario) expireTrust() {
	past := time.Now().UTC().Add(-time.Second).Truncate(time.Microsecond)
	require.NoError(s, s.shop.Change(s, func(ctx context.Context, tx *store.Tx) error {
		rows, err := tx.TrustedDevice.Query().All(ctx)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return fmt.Errorf("no device is trusted")
		}
		for _, d := range rows { // their end cannot be changed
			if err := tx.TrustedDevice.DeleteOneID(d.ID).Exec(ctx); err != nil {
				return err
			}
			err := tx.TrustedDevice.Create().SetID(d.ID).SetUserID(d.UserID).SetTokenHash(d.TokenHash).SetExpiresAt(past).Exec(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	}), s.at)
}
