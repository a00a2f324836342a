package main_test

import (
	"encoding/json"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"github.com/latchkeep/latchkeep/internal/authenticator"
	"github.com/latchkeep/latchkeep/internal/smtpsink"
	"github.com/latchkeep/latchkeep/pkg/totp"
)

// sights are the pages that were read of an installation, by their names, as JSON.
type sights struct{ pages map[string]string }

// at is what a page has at a path, "null" where there is nothing.
func (s sights) at(page, path string) string {
	if found := gjson.Get(s.pages[page], path); found.Exists() {
		return found.Raw
	}
	return "null"
}

func (s sights) add(t *testing.T, page string, v any) {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	s.pages[page] = string(raw)
}

// A visit is one look at an installation.
type visit struct {
	*installation
	sights
	server *server
	admin  *browser
	public *browser
}

// kim is who visits. The address of hers is that of the machine, or the one that a proxy says.
const (
	kimsAddress = "kim@shop.example"
	kimsName    = "kim_k"
	kimsIP      = "203.0.113.9"
)

// look starts the installation and does what clients do: sign up, sign in, look at the profile, and try too often.
func (i *installation) look(t *testing.T) sights {
	t.Helper()
	raw, err := json.Marshal(i.file)
	require.NoError(t, err)
	i.write(t, "config/config.yaml", string(raw)) // which is YAML, too
	v := &visit{installation: i, sights: sights{map[string]string{}}, server: i.start(t, "serve", "all")}
	v.reach(t)
	v.corsOf(t)
	signedUp := v.signUp(t)
	v.logIn(t, signedUp)
	if signedUp {
		v.profile(t)
		v.auditOf(t)
	}
	v.webhooksOf(t)
	v.server.stop(t)
	return v.sights
}

// reach finds the servers, and makes the tenant where there are many.
func (v *visit) reach(t *testing.T) {
	t.Helper()
	hosts := map[string]string{}
	address := map[string]string{}
	for _, name := range []string{"public", "admin", "console"} {
		address[name] = v.server.address(t, name)
		host, _, err := net.SplitHostPort(address[name])
		require.NoError(t, err)
		hosts[name] = host
	}
	v.add(t, "listening", hosts)
	id, path := singleID, ""
	if len(v.tenant) > 0 {
		operator := strings.TrimSpace(v.must(t, "operator", "token"))
		id = uuid.NewString()
		made := browse(address["console"], "http://console.example").as(operator).send(t, http.MethodPost, "/tenants",
			map[string]any{"id": id, "config": v.tenant})
		require.Equal(t, http.StatusCreated, made.status, "%s", made.body)
		path = "/" + id
	}
	v.public = browse(address["public"], "http://login.example"+path)
	v.public.header.Set("X-Real-IP", kimsIP)
	v.admin = browse(address["admin"], "http://admin.example"+path).as(strings.TrimSpace(v.must(t, "tenant", "api-key", id)))
}

// keep keeps the body of a state under its name, the first time that it is reached.
func (v *visit) keep(s state) state {
	if _, before := v.pages[s.Name]; !before {
		v.pages[s.Name] = string(s.reply.body)
	}
	return s
}

// begin starts a flow in a browser that can do everything.
func (v *visit) begin(t *testing.T, b *browser, flow string) state {
	t.Helper()
	return v.keep(b.do(t, b.read(t, b.send(t, http.MethodPost, "/"+flow, nil)), "register_client_capabilities", "webauthn_available", true))
}

func (v *visit) corsOf(t *testing.T) {
	t.Helper()
	b := v.public.fresh()
	b.header = b.header.Clone()
	b.header.Set("Origin", "https://app.shop.example")
	allowed := b.get(t, "/me").header
	exposed := strings.Contains(allowed.Get("Access-Control-Expose-Headers"), "X-Auth-Token")
	b.header.Set("Origin", "http://localhost:8888") // which may by itself
	exposed = exposed || strings.Contains(b.get(t, "/me").header.Get("Access-Control-Expose-Headers"), "X-Auth-Token")
	v.add(t, "cors", map[string]any{"app": allowed.Get("Access-Control-Allow-Origin"), "exposes_token": exposed})
}

// signUp registers kim with all that she is asked for. It is false where nobody can.
func (v *visit) signUp(t *testing.T) bool {
	t.Helper()
	b := v.public
	s := v.begin(t, b, "registration")
	for step := 0; s.Name != "success"; step++ {
		require.Less(t, step, 12, "registration does not end: %s", s.reply.body)
		switch s.Name {
		case "registration_init":
			register, may := s.Actions["register_login_identifier"]
			if !may {
				return false
			}
			inputs := []any{"email", kimsAddress}
			if _, asked := register.Inputs["username"]; asked {
				inputs = append(inputs, "username", kimsName)
			}
			s = b.do(t, s, "register_login_identifier", inputs...)
		case "passcode_confirmation":
			s = b.do(t, s, "verify_passcode", "code", v.codeOf(t))
		case "password_creation":
			s = b.do(t, s, "register_password", "new_password", password)
		case "onboarding_create_passkey":
			s = b.do(t, s, "webauthn_generate_creation_options")
		case "onboarding_verify_passkey_attestation":
			s = v.attest(t, s)
		case "mfa_method_chooser":
			if _, may := s.Actions["skip"]; !may {
				s = b.do(t, s, "continue_to_otp_secret_creation")
				continue
			}
			s = b.do(t, s, "skip")
		case "mfa_otp_secret_creation":
			s = b.do(t, s, "otp_code_verify", "otp_code", appCode(t, gjson.GetBytes(s.reply.body, "payload.otp_secret").String()))
		default:
			t.Fatalf("unexpected state %s", s.reply.body)
		}
		v.keep(s)
	}
	v.session(t, s)
	return true
}

func appCode(t *testing.T, secret string) string {
	t.Helper()
	code, err := totp.Code(secret, time.Now())
	require.NoError(t, err)
	return code
}

// attest makes a passkey on a page of www.shop.example, or, where that is refused, on the page that may by itself.
func (v *visit) attest(t *testing.T, s state) state {
	t.Helper()
	options := json.RawMessage(gjson.GetBytes(s.reply.body, "payload.creation_options").Raw)
	var next reply
	foreign := authenticator.New("https://www.shop.example").At("https://www.shop.example")
	if gjson.GetBytes(options, "publicKey.rp.id").String() == "shop.example" {
		next = v.public.act(t, s, "webauthn_verify_attestation_response", "public_key", foreign.Create(t, options))
	}
	v.add(t, "passkey", map[string]any{"from_www": next.status == http.StatusOK})
	if next.status == http.StatusOK {
		return v.public.read(t, next)
	}
	return v.public.do(t, s, "webauthn_verify_attestation_response", "public_key", authenticator.New("http://localhost:8888").Create(t, options))
}

// codeOf reads the mail and takes the code out of it.
func (v *visit) codeOf(t *testing.T) string {
	t.Helper()
	mail, err := v.sink.Wait(t.Context(), kimsAddress)
	require.NoError(t, err)
	code, alphabet := regexp.MustCompile(`\b\d{6}\b`).FindString(mail.Text), "numeric"
	if code == "" {
		code, alphabet = regexp.MustCompile(`(?m)^[A-Za-z0-9]{6}\r?$`).FindString(mail.Text), "alphanumeric"
		code = strings.TrimSpace(code)
	}
	require.NotEmpty(t, code, mail.Text)
	v.add(t, "mail", map[string]any{
		"from": mail.From, "from_name": fromName(mail), "code_alphabet": alphabet, "about_service": strings.Contains(mail.Subject+mail.Text, "Corner Shop"),
	})
	return code
}

func fromName(m smtpsink.Message) string {
	list, err := m.Header.AddressList("From")
	if err != nil || len(list) == 0 {
		return ""
	}
	return list[0].Name
}

// session keeps what there is of a session that was opened: its cookie and the claims of its token.
func (v *visit) session(t *testing.T, s state) {
	t.Helper()
	same := map[http.SameSite]string{http.SameSiteLaxMode: "Lax", http.SameSiteStrictMode: "Strict", http.SameSiteNoneMode: "None"}
	for _, c := range (&http.Response{Header: s.reply.header}).Cookies() {
		if strings.Count(c.Value, ".") == 2 {
			v.add(t, "cookie", map[string]any{
				"name": c.Name, "domain": c.Domain, "secure": c.Secure, "http_only": c.HttpOnly, "same_site": same[c.SameSite], "max_age": c.MaxAge,
			})
		}
	}
	signed := token(t, s)
	_, claims := decodeToken(t, signed)
	claims["lifetime"] = claims["exp"].(float64) - claims["iat"].(float64)
	v.add(t, "claims", claims)
	v.add(t, "headers", map[string]any{"token": s.reply.header.Get("X-Auth-Token") != ""})
	v.public = v.public.as(signed)
}

// logIn looks at the ways to sign in, and how often each may be tried.
func (v *visit) logIn(t *testing.T, signedUp bool) {
	t.Helper()
	b := v.public.fresh()
	b.header = b.header.Clone()
	b.header.Del("Authorization")
	s := v.begin(t, b, "login")
	if _, may := s.Actions["webauthn_generate_request_options"]; may {
		v.keep(b.do(t, s, "webauthn_generate_request_options"))
		s = v.begin(t, b, "login")
	}
	if !signedUp {
		return
	}
	by := "email"
	if _, either := s.Actions["continue_with_login_identifier"].Inputs["identifier"]; either {
		by = "identifier"
	}
	chosen := v.keep(b.do(t, s, "continue_with_login_identifier", by, kimsAddress))
	passwords, passcodes := any(nil), any(nil)
	mails := 0
	if chosen.Name == "login_method_chooser" {
		code := b.act(t, chosen, "continue_to_passcode_confirmation")
		for ; mails < 9 && code.status == http.StatusOK; mails++ {
			code = b.act(t, v.keep(b.read(t, code)), "resend_passcode")
		}
		if code.status == http.StatusTooManyRequests {
			passcodes = mails + registered(v)
		}
		chosen = v.begin(t, b, "login")
		chosen = b.do(t, chosen, "continue_with_login_identifier", by, kimsAddress)
		chosen = v.keep(b.do(t, chosen, "continue_to_password_login"))
	}
	for n := range 9 {
		wrong := b.act(t, chosen, "password_login", "password", "not her password")
		if wrong.status == http.StatusTooManyRequests {
			passwords = n
			break
		}
		wrong.json(t, &chosen)
	}
	v.add(t, "limits", map[string]any{"passwords": passwords, "passcodes": passcodes})
}

// registered is how many mails the registration took from the limit.
func registered(v *visit) int {
	if _, mailed := v.pages["mail"]; mailed {
		return 1
	}
	return 0
}

// profile looks at kim's profile.
func (v *visit) profile(t *testing.T) {
	t.Helper()
	v.begin(t, v.public, "profile")
}

// auditOf looks where records went, and what they say.
func (v *visit) auditOf(t *testing.T) {
	t.Helper()
	look := newOnlooker(t, v.machine)
	require.Eventually(t, func() bool {
		n := look.numbers(t, rowsOf("outbox WHERE kind = 'audit'"), rowsOf("outbox WHERE kind = 'audit' AND state <> 'done'"))
		return n[0] > 0 && n[1] == 0
	}, patience, 10*time.Millisecond, "all records are written")
	audit := map[string]any{"stored": gjson.GetBytes(v.admin.get(t, "/audit_logs?type=user_created").body, "#").Int() == 1}
	for stream, text := range map[string]string{"stdout": v.server.stdout.text(), "stderr": v.server.stderr.text()} {
		for raw := range strings.Lines(text) {
			if l := gjson.Parse(raw); l.Get("audience").String() == "audit" && l.Get("type").String() == "user_created" {
				audit["stream"], audit["source_ip"], audit["username"] = stream, l.Get("source_ip").Value(), l.Get("details.username").Value()
			}
		}
	}
	v.add(t, "audit", audit)
}

// webhooksOf reads the hooks of the configuration.
func (v *visit) webhooksOf(t *testing.T) {
	t.Helper()
	body := v.admin.get(t, "/webhooks").body
	var events any
	if found := gjson.GetBytes(body, "config.0.events"); found.Exists() {
		events = found.Value()
	}
	v.add(t, "webhooks", map[string]any{"events": events})
}
