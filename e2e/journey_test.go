//go:build e2e

package e2e

import "testing"

func TestDev(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	journeys(t, devMode(t))
}

func needBrowser(t *testing.T) {
	t.Helper()
	if browser == nil {
		t.Skip("there is no Chromium: nothing is tested in a browser (package chromium)")
	}
}

func journeys(t *testing.T, d *deployment) {
	s := d.tenant(t, nil)
	t.Run("register", func(t *testing.T) {
		p := visit(t, s, "en")
		p.signedOut()
		p.at("Sign in")
		p.press("Create account")
		p.at("Create account")
		var html string
		p.ask(`document.querySelector("hanko-auth").shadowRoot.innerHTML`, &html)
		t.Log(html)
		p.fill("Email", "kim@shop.example")
		p.press("Continue")
		p.at("Enter passcode")
		p.enter(p.code("kim@shop.example"))
		p.ask(`document.querySelector("hanko-auth").shadowRoot.innerHTML`, &html)
		t.Log(html)
		p.at("Set new password")
		p.fill("New password", "correct horse")
		p.press("Continue")
		p.signedIn()
		t.Logf("%+v %s", p.session(), p.events())
		p.press("Sign out")
		p.signedOut()
		t.Logf("%+v %s", p.session(), p.events())
		p.fill("Email", "kim@shop.example")
		p.press("Continue")
		p.at("x")
	})
}
