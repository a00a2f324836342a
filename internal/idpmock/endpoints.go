package idpmock

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// authorize sends the browser back at once: Kim is signed in and always agrees.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	switch {
	case q.Get("client_id") != p.ClientID || q.Get("redirect_uri") != p.RedirectURI:
		http.Error(w, "no such client", http.StatusBadRequest) // who asked is not known: no redirect
		return
	case p.FormPost && q.Get("response_mode") != "form_post":
		http.Error(w, "response_mode must be form_post when name or email scope is requested.", http.StatusBadRequest)
		return
	}
	answer := url.Values{"state": {q.Get("state")}}
	switch {
	case q.Get("response_type") != "code":
		answer.Set("error", "unsupported_response_type")
	case q.Get("code_challenge") != "" && q.Get("code_challenge_method") != "S256":
		answer.Set("error", "invalid_request")
	default:
		answer.Set("code", p.Code(q))
	}
	if p.NamesItself {
		answer.Set("iss", p.Issuer)
	}
	if p.FormPost {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = page.Execute(w, struct {
			Action string
			Fields url.Values
		}{p.RedirectURI, answer})
		return
	}
	w.Header().Set("Location", p.RedirectURI+"?"+answer.Encode())
	w.WriteHeader(http.StatusFound)
}

var page = template.Must(template.New("").Parse(`<!doctype html><body onload="document.forms[0].submit()">
<form method="post" action="{{.Action}}">{{range $name, $values := .Fields}}{{range $values}}<input type="hidden" name="{{$name}}" value="{{.}}">
{{end}}{{end}}</form>`))

// Code makes a code as after a request with these parameters.
func (p *Provider) Code(q url.Values) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := "code-" + rand.Text()
	p.codes[text] = &code{
		clientID: q.Get("client_id"), redirectURI: q.Get("redirect_uri"), challenge: q.Get("code_challenge"), nonce: q.Get("nonce"), scope: q.Get("scope"),
	}
	return text
}

// token redeems a code (RFC 6749 §4.1.3, RFC 7636 §4.6), once.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	fail := func(status int, err string) {
		writeJSON(w, status, map[string]any{"error": err, "error_description": "about " + r.PostForm.Get("code") + " and " + p.Secret})
	}
	form := r.PostForm
	if r.Method != http.MethodPost || form.Get("grant_type") != "authorization_code" {
		fail(http.StatusBadRequest, "unsupported_grant_type")
		return
	}
	if !p.client(r) {
		w.Header().Set("WWW-Authenticate", "Basic")
		fail(http.StatusUnauthorized, "invalid_client")
		return
	}
	p.mu.Lock()
	c := p.codes[form.Get("code")]
	good := c != nil && !c.used && c.clientID == p.ClientID && c.redirectURI == form.Get("redirect_uri")
	if good {
		c.used = true
	}
	p.mu.Unlock()
	verifier, given := form["code_verifier"]
	switch {
	case !good:
		fail(http.StatusBadRequest, "invalid_grant")
		return
	case p.NoVerifier && given:
		fail(http.StatusBadRequest, "invalid_request")
		return
	case !p.NoVerifier && (c.challenge != "") != given, given && challengeOf(verifier[0]) != c.challenge:
		fail(http.StatusBadRequest, "invalid_grant")
		return
	}
	access := "token-" + rand.Text()
	p.mu.Lock()
	p.tokens[access] = c
	p.mu.Unlock()
	answer := map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 3600, "scope": c.scope}
	if p.WithIDToken {
		answer["id_token"] = p.idToken(c, access)
	}
	if p.FormTokens && !strings.Contains(r.Header.Get("Accept"), "json") {
		w.Header().Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		_, _ = w.Write([]byte(url.Values{"access_token": {access}, "scope": {c.scope}, "token_type": {"bearer"}}.Encode()))
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

// client checks who asks (RFC 6749 §2.3.1), and that she does not say it twice.
func (p *Provider) client(r *http.Request) bool {
	id, secret, basic := r.BasicAuth()
	if basic {
		id, _ = url.QueryUnescape(id)
		secret, _ = url.QueryUnescape(secret)
	}
	posted := r.PostForm.Has("client_secret")
	switch {
	case basic == posted, basic && p.Auth == "post", posted && p.Auth == "basic":
		return false
	case posted:
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	if p.CheckSecret != nil {
		return id == p.ClientID && p.CheckSecret(secret)
	}
	return id == p.ClientID && secret == p.Secret
}

// bearer finds what an access token was given for.
func (p *Provider) bearer(w http.ResponseWriter, r *http.Request) (token string, ok bool) {
	token, ok = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	p.mu.Lock()
	_, known := p.tokens[token]
	p.mu.Unlock()
	if r.Method != http.MethodGet || !ok || !known || r.URL.Query().Has("access_token") {
		w.WriteHeader(http.StatusUnauthorized)
		return "", false
	}
	return token, true
}

func (p *Provider) userInfo(w http.ResponseWriter, r *http.Request) {
	token, ok := p.bearer(w, r)
	if !ok {
		return
	}
	told := maps.Clone(p.UserInfo)
	if p.Proof {
		proof := hmac.New(sha256.New, []byte(p.Secret))
		proof.Write([]byte(token))
		if r.URL.Query().Get("appsecret_proof") != hex.EncodeToString(proof.Sum(nil)) {
			writeJSON(w, http.StatusBadRequest, map[string]any{"error": map[string]any{"message": "Invalid appsecret_proof provided in the API argument"}})
			return
		}
		fields := strings.Split(r.URL.Query().Get("fields"), ",") // only what is asked for is told
		maps.DeleteFunc(told, func(name string, _ any) bool { return !has(strings.Join(fields, " "), name) })
	}
	writeJSON(w, http.StatusOK, told)
}

func (p *Provider) emails(w http.ResponseWriter, r *http.Request) {
	if _, ok := p.bearer(w, r); ok {
		writeJSON(w, http.StatusOK, p.Emails)
	}
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	keys := append([]any{p.Key.Public(p.AlgLess)}, p.Published...)
	p.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{"keys": keys})
}

// Rotate makes another key the one that signs.
func (p *Provider) Rotate(k Key) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Key = k
}

func (p *Provider) discovery(w http.ResponseWriter, _ *http.Request) {
	document := map[string]any{
		"issuer": p.Issuer, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
		"userinfo_endpoint": p.URL + "/userinfo", "jwks_uri": p.URL + "/keys", "response_types_supported": []string{"code"},
		"id_token_signing_alg_values_supported": []string{"RS256", "ES256"}, "subject_types_supported": []string{"public"},
	}
	if p.NamesItself {
		document["authorization_response_iss_parameter_supported"] = true
	}
	if p.Discovery != nil {
		p.Discovery(document)
	}
	writeJSON(w, http.StatusOK, document)
}

// idToken is signed for the client of a code.
func (p *Provider) idToken(c *code, access string) string {
	claims := map[string]any{
		"iss": p.Issuer, "aud": c.clientID, "iat": time.Now().Unix(), "exp": time.Now().Add(10 * time.Minute).Unix(), "at_hash": halfHash(access),
	}
	if c.nonce != "" {
		claims["nonce"] = c.nonce
	}
	maps.Copy(claims, p.Claims)
	if p.Change != nil {
		p.Change(claims)
	}
	if p.SignWith != nil {
		return p.SignWith(claims)
	}
	p.mu.Lock()
	key := p.Key
	p.mu.Unlock()
	return key.Sign(claims)
}
