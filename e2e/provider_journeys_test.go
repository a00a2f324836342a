//go:build e2e

package e2e

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/samlpeer"
)

const viaWork = "ext:custom_work"

func signUpAtProvider(t *testing.T, d *deployment, _ site) {
	kim := providerUser("kim", "kim@work.example", true)
	p := visit(t, d.withProvider(t, kim), english)
	p.begins(p.words.signIn)
	p.press(p.words.with("Work"))
	p.atWork(kim)
	who := p.is(kim.Email, viaWork).User
	p.reload()
	require.Equal(t, who, p.is(kim.Email, viaWork).User)
	p.signOut()

	p.begins(p.words.signIn)
	p.press(p.words.createAccount)
	p.begins(p.words.signUp)
	p.press(p.words.with("Work"))
	p.atWork(kim)
	require.Equal(t, who, p.is(kim.Email, viaWork).User, "it is known by now")
}

// The provider vouches for one address and not for the other: only the first finds the account that has it.
func linkWithProvider(t *testing.T, d *deployment, _ site) {
	const password = "correct horse"
	kim, lou := providerUser("kim", "kim@work.example", true), providerUser("lou", "lou@work.example", false)
	shop := d.withProvider(t, kim, lou)
	p := visit(t, shop, english)
	p.register(kim.Email, password)
	who := p.session().User
	p.signOut()
	p.begins(p.words.signIn)
	p.press(p.words.with("Work"))
	p.atWork(kim)
	require.Equal(t, who, p.is(kim.Email, viaWork).User)

	p = visit(t, shop, english)
	p.register(lou.Email, password)
	p.signOut()
	p.begins(p.words.signIn)
	p.press(p.words.with("Work"))
	p.atWork(lou)
	p.returnsWith("unverified_email")
	p.signedOut()
	require.False(t, p.session().Valid)
}

func connectProvider(t *testing.T, d *deployment, _ site) {
	const address, password = "kim@home.example", "correct horse"
	kim := providerUser("kim", "kim@work.example", true)
	p := visit(t, d.withProvider(t, kim), english)
	p.register(address, password)
	who := p.session().User
	p.profile()
	p.unfold(p.words.connect)
	p.press("Work")
	p.atWork(kim)
	p.profile()
	p.lists("Work")
	require.Equal(t, who, p.session().User)
	p.signOut()

	p.begins(p.words.signIn)
	p.press(p.words.with("Work"))
	p.atWork(kim)
	require.Equal(t, who, p.is(address, viaWork).User)

	p.profile()
	p.unfold("Work")
	p.confirms(p.words.delete)
	p.unfold(p.words.connect) // which is offered again
	require.Equal(t, who, p.session().User)
}

// Whoever has an address of the company signs in there, by typing the address or from the company's portal.
func signInBySAML(t *testing.T, d *deployment, _ site) {
	kim := samlpeer.Emailed("kim-at-work", "kim@company.example")
	shop := d.tenant(t, nil)
	company := d.company(t, shop, "company.example", kim)
	p := visit(t, shop, english)
	p.begins(p.words.signIn)
	p.fill(p.words.email, "Kim@company.example")
	p.press(p.words.next)
	p.signsInThere("user", kim.NameID, kim.Password)
	via := "ext:" + company.EntityID()
	who := p.is("kim@company.example", via).User
	p.signOut()

	p.begins(p.words.signIn)
	p.press(p.words.createAccount)
	p.begins(p.words.signUp)
	p.fill(p.words.email, "kim@company.example")
	p.press(p.words.next)
	require.Equal(t, who, p.is("kim@company.example", via).User, "the company knows her still")
	p.signOut()

	p.do(navigate(company.URL + "/initiate?" + url.Values{"sp": {shop.api}, "relay": {""}}.Encode()))
	require.Equal(t, who, p.is("kim@company.example", via).User)
	p.profile()
	p.lists("Work")
}

// Who had an account before her company came keeps it, and can leave the company out again.
func linkBySAML(t *testing.T, d *deployment, _ site) {
	lou := samlpeer.Emailed("lou-at-work", "lou@company.example")
	shop := d.tenant(t, nil)
	p := visit(t, shop, english)
	p.register("lou@company.example", "correct horse")
	who := p.session().User
	p.signOut()

	company := d.company(t, shop, "company.example", lou)
	p.begins(p.words.signIn)
	p.fill(p.words.email, "lou@company.example")
	p.press(p.words.next)
	p.signsInThere("user", lou.NameID, lou.Password)
	require.Equal(t, who, p.is("lou@company.example", "ext:"+company.EntityID()).User)
	p.profile()
	p.unfold("Work")
	p.confirms(p.words.delete)
	p.sees(p.words.addEmail)
	require.Equal(t, who, p.session().User)
}
