//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/oidcpeer"
)

// TestConsole is the day of an operator: she joins by the link that dev mode announces, makes a passkey, and runs a tenant while people use it.
func TestConsole(t *testing.T) {
	needBrowser(t)
	t.Parallel()
	d := devMode(t)
	o := &operator{visit(t, site{page: d.console + "/console" + d.join, mailbox: d.inbox}, english), d.console}

	// The first operator, by link.
	o.shows("Join as an operator")
	o.looksRound(t, "join")
	mac := o.builtIn()
	o.sends("Join")
	o.shows("Your account")
	o.shows("Owner everywhere")
	o.until("the profile", shown, func(raw json.RawMessage) bool { return string(raw) >= "1" })
	o.unfold(o.words.createPasskey)
	o.makes(o.words.createPasskey)
	require.Len(t, mac.holds(1), 1)
	o.looksRound(t, "account")
	o.open(d.join)
	o.shows("This link is not good any more")

	// Out, and in again with the passkey.
	o.open("/tenants")
	o.ask(`document.querySelector(".sign-out").requestSubmit(), 0`, new(any))
	o.shows("Sign in to the console")
	o.looksRound(t, "sign-in")
	o.open("/operators")
	o.shows("Sign in to the console")
	o.byPasskey()
	o.shows("Invite an operator")
	require.Equal(t, "/console/operators", o.where(), "she is where she wanted to go")
	o.looksRound(t, "operators")

	// A tenant from a template: its people come from a company, so where identity providers are added is the first thing to look at.
	o.open("/tenants/new")
	o.types("slug", "acme")
	o.shows("Companies, single sign-on")
	o.types("template-3", "true")
	o.sends("Create")
	o.shows("It serves already")
	o.open(strings.TrimPrefix(o.where(), "/console") + "/saml")
	o.shows("Add a provider")
	o.looksRound(t, "saml-providers")

	// A tenant.
	o.open("/tenants/new")
	o.looksRound(t, "new-tenant")
	o.types("slug", "Not a slug")
	o.sends("Create")
	o.shows("Must")
	o.types("slug", "shop")
	o.types("name", "Shop")
	o.shows("Consumers, passkeys first")
	o.sends("Create")
	o.shows("It serves already")
	tenant := strings.TrimPrefix(o.where(), "/console/t/")
	at := func(path string) string { return "/t/" + tenant + path }
	o.looksRound(t, "tenant")
	o.open("/tenants")
	o.shows("Shop")
	o.looksRound(t, "tenants")

	// Settings: what a change means is said before it is made, and it can be taken back.
	o.open(at("/settings/sign-in"))
	o.looksRound(t, "settings")
	o.types("account.allow_signup", "false")
	o.sends("Review the change")
	o.shows("Nobody new can register")
	o.looksRound(t, "review")
	o.sends("Save")
	o.shows("Saved as version 2")
	o.open(at("/settings/history"))
	o.shows("account.allow_signup")
	o.looksRound(t, "history")
	o.sends("Go back to this")
	o.shows("Review the change")
	o.sends("Save")
	o.shows("Version 1 is in effect again")
	for _, group := range []string{"security", "mail", "sessions", "providers", "addresses", "webhooks", "json"} {
		o.open(at("/settings/" + group))
		o.looksRound(t, "settings-"+group)
	}

	// Whom the mails are from, and a provider whose people may sign in.
	shop := site{page: tenantPage(d, "shop"), api: strings.TrimSuffix(tenantPage(d, "shop"), "/"), mailbox: d.inbox}
	lou := providerUser("lou", "lou@work.example", true)
	callback := shop.api + "/thirdparty/callback"
	provider := oidcpeer.Start(t, []oidcpeer.Client{{ID: "shop", Secret: "secret of the shop", RedirectURIs: []string{callback}}}, lou)
	home, pattern := shop.pages(t)
	o.open(at("/settings/mail"))
	o.types("email_delivery.from_address", "hello@shop.example")
	o.sends("Review the change")
	o.sends("Save")
	o.open(at("/settings/providers"))
	o.types("third_party.error_redirect_url", home)
	o.types("third_party.allowed_redirect_urls", pattern)
	o.types("third_party.custom_providers", `{"work":{"enabled":true,"display_name":"Work","client_id":"shop","secret":"secret of the shop","scopes":["openid","email"],
		"use_discovery":true,"issuer":"`+provider.Issuer+`","allow_linking":true}}`)
	o.sends("Review the change")
	o.shows("Work")
	require.NotContains(t, o.text(), "secret of the shop")
	o.sends("Save")

	// A webhook and a person, who signs up in another window while the log is followed.
	receiver := receive(t)
	o.open(at("/settings/webhooks"))
	o.types("webhooks.enabled", "true")
	o.types("webhooks.hooks", `[{"callback":"`+receiver.URL+`","events":["user"]}]`)
	o.sends("Review the change")
	o.sends("Save")
	o.open(at("/audit"))
	o.shows("tenant_config_changed")
	o.ask(`document.querySelector("[data-tail]").click(), 0`, new(any))
	o.shows("New records appear")
	kim := visit(t, shop, english)
	kim.register("kim@shop.example", "correct horse battery")
	require.True(t, strings.Contains(string(fetch(t, d.console+"/dev/inbox/messages?to=kim@shop.example")), `"from":"hello@shop.example"`))
	o.shows("user_created")
	o.looksRound(t, "audit")
	o.open(at("/people"))
	o.shows("kim@shop.example")
	o.looksRound(t, "people")
	o.do(navigate(o.base + link(t, o, "kim@shop.example")))
	o.shows("Password")
	o.looksRound(t, "person")
	o.open(at("/webhooks"))
	o.shows("user.create")
	o.looksRound(t, "webhooks")
	o.do(navigate(o.base + link(t, o, "user.create")))
	o.shows("webhook-id")
	o.shows("kim@shop.example")
	o.looksRound(t, "delivery")

	// Somebody else comes through the provider.
	atWork := visit(t, shop, english)
	atWork.begins(atWork.words.signIn)
	atWork.press(atWork.words.with("Work"))
	atWork.atWork(lou)
	atWork.is(lou.Email, viaWork)
	atWork.do(navigate("about:blank")) // the client asks now and then, and throws while the tenant is suspended
	o.open(at("/people"))
	o.shows("lou@work.example")

	// Keys rotate while kim's session is asked about all the time: it is always good.
	kim.ask(`window.answers = {good: 0, bad: 0}, (async () => {
		for (;;) {
			let good = false;
			try { good = (await hanko.validateSession()).is_valid; } catch { }
			good ? answers.good++ : answers.bad++;
			await new Promise((next) => setTimeout(next, 50));
		}
	})(), 0`, new(any))
	kim.until("an answer", "answers.good > 0", isTrue)
	o.open(at("/keys"))
	o.sends("Rotate")
	o.shows("A new key is published")
	o.looksRound(t, "keys")
	var sofar int
	kim.ask("answers.good", &sofar)
	kim.until("more answers, and good ones alone", fmt.Sprintf("answers.good > %d && answers.bad === 0", sofar+10), isTrue)
	kim.reload()
	kim.signedIn()
	var kid string
	o.ask(`document.querySelector("a[href*='/keys/revoke?']").getAttribute("href")`, &kid)
	o.do(navigate(o.base + kid))
	o.shows("What follows")
	o.looksRound(t, "key-revoke")
	o.open(at("/mail"))
	o.looksRound(t, "mail")
	o.open(at("/mails"))
	o.shows("shop.example")
	o.looksRound(t, "mails")
	o.open(at("/dead-letters"))
	o.looksRound(t, "dead-letters")
	o.open(at("/domains"))
	o.types("host", "login.shop.example")
	o.sends("Add")
	o.shows("_latchkeep-challenge.login.shop.example")
	o.types("rp_id", "shop.example")
	o.types("origins", "https://shop.example")
	o.sends("Foretell")
	o.shows("It breaks")
	o.looksRound(t, "domains")
	o.open(at("/usage"))
	o.shows("Monthly active people")
	o.looksRound(t, "usage")
	o.open(at("/saml"))
	o.shows("SAML is switched off")
	o.looksRound(t, "saml")
	o.open(at("/jobs"))
	o.shows("There is none")
	o.looksRound(t, "jobs")
	o.open("/master-keys")
	o.shows("encrypts")
	o.looksRound(t, "master-keys")

	// Suspended, and back.
	kim.do(navigate("about:blank")) // as lou is, and for the same reason
	o.open(at(""))
	o.types("reason", "unpaid")
	o.becomes("status-2")
	o.shows("suspended")
	require.Equal(t, http.StatusForbidden, statusOf(t, d.home+tenant+"/sessions/validate"))
	o.becomes("status-0")
	o.shows("The tenant works again")
	kim.goTo(shop.page)
	kim.signedIn()

	// Blocked: out at once.
	o.open(at("/people"))
	o.do(navigate(o.base + link(t, o, "kim@shop.example")))
	o.sends("Block")
	o.shows("blocked")
	kim.reload()
	kim.signedOut()

	// The console's own log knows all of it.
	o.finds("/t/00000000-0000-0000-0000-000000000002/audit", "tenant_suspended") // a copy, which a worker makes
	o.shows("operator_joined")

	// Gone.
	o.open(at(""))
	o.types("confirm", "shop")
	o.sends("Delete the tenant")
	o.shows("Shop was deleted")
	require.Equal(t, http.StatusNotFound, statusOf(t, d.home+tenant+"/.well-known/jwks.json"))

	// And back.
	o.open("/tenants/deleted")
	o.shows("shop")
	o.looksRound(t, "deleted")
	o.sends("Restore")
	o.shows("The tenant is back")
	require.Equal(t, http.StatusOK, statusOf(t, d.home+tenant+"/.well-known/jwks.json"))

	// Gone for good, with a receipt.
	o.open(at(""))
	o.types("confirm", "shop")
	o.sends("Delete the tenant")
	o.open("/tenants/deleted")
	o.ask(`document.querySelector("details").open = true, 0`, new(any))
	o.types("confirm-"+tenant, "shop")
	o.sends("Erase for good")
	o.open("/receipts")
	o.shows("Receipts")
	o.looksRound(t, "receipts")
}

// link is where a link of the page leads.
func link(t *testing.T, o *operator, text string) string {
	t.Helper()
	var href string
	o.ask(`[...document.querySelectorAll("main a")].find((a) => a.innerText.trim() === `+quoted(text)+`).getAttribute("href")`, &href)
	return href
}

// becomes chooses an option of a form, by its id, and sends the form.
func (o *operator) becomes(option string) {
	o.t.Helper()
	o.ask(`window.left = true, document.getElementById(`+quoted(option)+`).checked = true, document.getElementById(`+quoted(option)+`).form.requestSubmit(), 0`, new(any))
	o.until("the next page", `!window.left && document.readyState === "complete"`, isTrue)
}

func quoted(text string) string {
	encoded, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

func statusOf(t *testing.T, address string) int {
	t.Helper()
	a, err := http.Get(address) //nolint:noctx // a look
	require.NoError(t, err)
	defer a.Body.Close()
	return a.StatusCode
}

// tenantPage is the page of a tenant of dev mode.
func tenantPage(d *deployment, slug string) string {
	return strings.Replace(d.demo, "demo.", slug+".", 1)
}

// receive takes webhooks.
func receive(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	t.Cleanup(server.Close)
	return server
}
