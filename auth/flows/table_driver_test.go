package flows_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testenv"
)

// A driver takes one case of a table through a flow.
type driver struct {
	*testing.T
	*tableCase

	env   *testenv.Env
	shops map[string]*testenv.Tenant // of the table, by their configuration

	shop    *testenv.Tenant
	client  *testenv.Client
	kim     *testenv.Person
	address string // kim's, or one that nobody has
	name    string // likewise
}

// prepare makes the tenant that the case is given, and a browser. testdata/tables/README.md lists the settings.
func (d *driver) prepare() {
	d.Helper()
	config := map[string]any{}
	for name, value := range d.given {
		switch {
		case !strings.Contains(name, "."), strings.HasPrefix(name, "browser."), strings.HasPrefix(name, "has."):
		case value == "yes", value == "no":
			set(config, name, value == "yes")
		case value == "off": // instead of how urgently something is asked for
			kind, _, _ := strings.Cut(name, ".")
			set(config, kind+".enabled", false)
		default:
			set(config, name, literal(value))
		}
	}
	raw, err := json.Marshal(config)
	require.NoError(d, err)
	if d.shops[string(raw)] == nil {
		d.shops[string(raw)] = d.env.Tenant(d, fmt.Sprintf("%s-%d", d.table.name, len(d.shops)), string(raw))
	}
	d.shop = d.shops[string(raw)]
	d.client = d.shop.Client()
	d.client.Can = testenv.Capabilities{
		WebAuthn: d.is("browser.webauthn"), Platform: d.is("browser.platform"), Conditional: d.is("browser.conditional"),
	}
	d.address, d.name = fmt.Sprintf("kim%d@shop.example", d.number), fmt.Sprintf("kim%d", d.number)
}

// is reports whether something is "yes".
func (d *driver) is(name string) bool { return d.given[name] == "yes" }

// person makes her.
func (d *driver) person() *testenv.Person {
	d.Helper()
	n := testenv.NewPerson{Factors: testenv.Factors{
		Passkey: d.is("has.passkey"), SecurityKey: d.is("has.security-key"), App: d.is("has.app"),
	}}
	if d.given["has.address"] != "no" {
		n.Email = d.address
	}
	if d.is("has.username") {
		n.Username = d.name
	}
	if d.is("has.password") {
		n.Password = testenv.Password
	}
	d.kim = d.shop.Person(d, n)
	d.kim.Password = testenv.Password // should she be asked for one
	if d.is("trusted") {
		d.kim.TrustDevice(d, d.client)
	}
	return d.kim
}

// do runs an action that is offered and must not be refused.
func (d *driver) do(f *testenv.Flow, action string, inputs ...testenv.Inputs) {
	d.Helper()
	if _, ok := f.State.Actions[action]; !ok {
		d.Fatalf("%s:\n\t%s does not offer %s, but %v", d, f.State.Name, action, f.State.Offers())
	}
	got := f.Do(d, action, inputs...)
	if got.Status != 200 && got.Name != "error" {
		d.Fatalf("%s:\n\t%s is refused: %d %s", d, action, got.Status, got.Response.Body)
	}
}

// seen is the state that was reached, with the error that it shows.
func (d *driver) seen(s testenv.State) string {
	if code := s.Refusal(); code != "" {
		return s.Name + " " + code
	}
	return s.Name
}

// offers are the actions of a state, in alphabetical order.
func offers(s testenv.State) string {
	if len(s.Actions) == 0 {
		return "-"
	}
	return strings.Join(s.Offers(), " ")
}

// mailed is the template of the mail that was just sent to the address.
func (d *driver) mailed() string { return d.shop.MailTo(d, d.address).Subject }

// label names a row in the output of tests.
func (r *row) label() string { return fmt.Sprintf("line %d", r.line) }
