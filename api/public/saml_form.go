package public

import (
	"html/template"
	"net/http"
	"net/url"

	"github.com/latchkeep/latchkeep/api/middleware"
)

// samlForm posts a request to an identity provider that takes no redirects. The script has no secret; a browser without it shows a button.
var samlForm = template.Must(template.New("form").Parse(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in</title>` +
	`<body><form method="post" action="{{.Action}}"><input type="hidden" name="SAMLRequest" value="{{.SAMLRequest}}">` +
	`<input type="hidden" name="RelayState" value="{{.RelayState}}"><button>Continue</button></form>` +
	`<script>` + samlFormScript + `</script>`))

const samlFormScript = `document.forms[0].submit()`

// samlFormScriptHash names the script in the policy of the page (Content Security Policy Level 3, §2.3.1): SHA-256 in base64.
const samlFormScriptHash = "sha256-ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE="

// samlRequest is the page that posts a request. What it posts is sealed into its address. Spec: saml §5.3.
func (s *Server) samlRequest(w http.ResponseWriter, r *http.Request) {
	form, ok := s.options.SAML.OpenForm(middleware.From(r.Context()).Tenant, r.URL.Query().Get("data"))
	to, err := url.Parse(form.Action)
	if !ok || err != nil {
		writeError(w, http.StatusNotFound)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src '"+samlFormScriptHash+"'; form-action "+to.Scheme+"://"+to.Host+
		"; base-uri 'none'; frame-ancestors 'none'")
	_ = samlForm.Execute(w, form) // the client is gone
}
