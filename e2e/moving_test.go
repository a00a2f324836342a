//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMoving has a tenant move to another deployment: exported and imported through the consoles, and then the same passkey, the same password and the
// session that was open are good there.
func TestMoving(t *testing.T) {
	needBrowser(t)
	t.Parallel()
	const address, password, passphrase = "pia@shop.example", "correct horse", "a passphrase that is long enough"
	from, to := devMode(t), devMode(t)
	shop := from.tenant(t, nil)
	pia := visit(t, shop, english)
	device := pia.builtIn()
	pia.reopen()
	pia.begin(address, password)
	pia.skips(pia.words.secondFactor)
	pia.at(pia.words.passkey)
	pia.press(pia.words.createPasskey)
	who := pia.is(address, "otp", "pwd", "passkey").User
	require.Len(t, device.holds(1), 1)

	// Out of the one.
	a := joins(t, from)
	a.open("/t/" + shop.id + "/export")
	a.looksRound(t, "export")
	a.types("passphrase", "too short")
	a.sends("Export")
	a.shows("at least 16")
	a.types("passphrase", passphrase)
	var bundle string
	a.ask(`fetch(document.querySelector("form.sheet").action, {method: "POST", body: new URLSearchParams(new FormData(document.querySelector("form.sheet")))})
		.then((r) => r.blob()).then((b) => new Promise((done) => {
			const reader = new FileReader(); reader.onload = () => done(reader.result.split(",")[1]); reader.readAsDataURL(b);
		}))`, &bundle)
	require.NotEmpty(t, bundle)

	// Into the other, which has other secrets.
	b := joins(t, to)
	b.open("/tenants/import")
	b.looksRound(t, "import")
	b.types("passphrase", passphrase)
	b.ask(`(() => { const bytes = Uint8Array.from(atob(`+quoted(bundle)+`), (c) => c.charCodeAt(0)), files = new DataTransfer();
		files.items.add(new File([bytes], "shop.lktenant")); document.getElementById("bundle").files = files.files; return files.files.length; })()`, new(any))
	b.sends("Import")
	b.shows("The tenant was imported with 1 people.")

	there := site{page: strings.Replace(shop.page, port(from), port(to), 1), api: strings.Replace(shop.api, port(from), port(to), 1), mailbox: to.inbox}
	pia.site = there
	pia.goTo(there.page)
	require.Equal(t, who, pia.is(address, "otp", "pwd", "passkey").User, "cookies know no ports: her session moved, too")
	pia.signOut()
	pia.byPasskey()
	require.Equal(t, who, pia.is(address, "passkey").User)
	pia.signOut()
	pia.byPassword(address, password)
	require.Equal(t, who, pia.is(address, "pwd").User)
}

// joins is the operator who follows the link that dev mode announces.
func joins(t *testing.T, d *deployment) *operator {
	t.Helper()
	o := &operator{visit(t, site{page: d.console + "/console" + d.join, mailbox: d.inbox}, english), d.console}
	o.shows("Join as an operator")
	o.sends("Join")
	o.shows("Your account")
	return o
}

// port is that of the public server, with its colon.
func port(d *deployment) string { return d.home[strings.LastIndex(d.home, ":") : len(d.home)-1] }
