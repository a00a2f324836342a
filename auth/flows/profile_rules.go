package flows

import (
	"slices"

	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/federation/oauth"
	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// A rule says when an action of profile_init is offered, and whether it needs a session that is young enough.
type rule struct {
	offered   func(own) bool
	sensitive bool
}

// profileRules is the table of flow-profile §6. Since an action is checked against it before it runs, and a change is refused where the
// person was changed meanwhile (see change), the rules hold for what is stored, too.
func profileRules() map[string]rule {
	return map[string]rule{
		"account_delete": {func(o own) bool { return o.Account.AllowDeletion }, true},

		"email_create": {func(o own) bool { return o.Email.Enabled && len(o.user.Emails) < o.Email.Limit }, true},
		// Clients read the inputs of this one without looking whether it is there.
		"email_delete":      {func(own) bool { return true }, true},
		"email_set_primary": {func(o own) bool { return o.Email.Enabled && o.hasEmail() && !o.onlyPrimary() }, true},
		"email_verify":      {func(o own) bool { return o.Email.Enabled && o.hasUnverified() }, false},

		"username_create": {func(o own) bool { return o.Username.Enabled && o.user.Username == nil }, true},
		"username_update": {func(o own) bool { return o.Username.Enabled && o.user.Username != nil }, true},
		"username_delete": {func(o own) bool {
			return o.Username.Enabled && o.Username.Optional && o.user.Username != nil && (o.hasEmail() || o.byPasskey())
		}, true},

		"password_create": {func(o own) bool { return o.Password.Enabled && o.user.Password == nil }, true},
		"password_update": {func(o own) bool { return o.Password.Enabled && o.user.Password != nil }, true},
		"password_delete": {func(o own) bool {
			return o.Password.Enabled && o.user.Password != nil && o.Password.Optional &&
				(o.Passkey.Enabled && o.credentials() >= 1 || o.byCode() || o.byThirdParty())
		}, true},

		"patch_metadata": {func(own) bool { return true }, false},

		"webauthn_credential_create": {func(o own) bool {
			return o.Passkey.Enabled && o.data.WebauthnAvailable && o.credentials() < o.Passkey.Limit
		}, true},
		"webauthn_credential_rename": {func(o own) bool { return o.Passkey.Enabled && o.credentials() >= 1 }, false},
		"webauthn_credential_delete": {func(o own) bool {
			return o.Passkey.Enabled && o.credentials() >= 1 && (o.credentials() >= 2 ||
				o.Passkey.Optional && (o.byPassword() && (o.byUsername() || o.byEmail()) || o.byThirdParty() || o.byCode()))
		}, true},
		"security_key_create": {func(o own) bool {
			return o.allowsKeys() && o.data.WebauthnAvailable && o.securityKeys() < o.MFA.SecurityKeys.Limit
		}, true},
		"security_key_delete": {func(o own) bool { return o.allowsKeys() && o.securityKeys() >= 1 && !o.lastKey() }, true},

		"continue_to_otp_secret_creation": {func(o own) bool { return o.MFA.TOTP.Enabled && o.user.TOTP == nil }, true},
		"otp_secret_delete":               {func(o own) bool { return o.user.TOTP != nil && !o.lastApp() }, true},
		"recovery_codes_create":           {func(o own) bool { return o.MFA.RecoveryCodes.Enabled && o.user.TOTP != nil }, true},

		"session_delete": {func(o own) bool { return o.Session.AllowRevocation && len(o.otherSessions()) >= 1 }, false},

		"connect_thirdparty_oauth_provider":    {func(o own) bool { return len(o.unconnected(o.providers)) >= 1 }, true},
		"disconnect_thirdparty_oauth_provider": {func(o own) bool { return len(o.connected()) >= 1 }, true},
	}
}

// ruled gives actions of profile_init their rules. They come back to profile_init, also after a detour.
func (f *Flows) ruled(actions ...action) []action {
	rules := profileRules()
	for i := range actions {
		a := &actions[i]
		r := rules[a.Name]
		a.Offered = func(t *turn) bool {
			o := ownOf(t)
			o.providers = f.providers(t)
			return r.offered(o)
		}
		if r.sensitive {
			a.Run = ifFresh(a.Run)
		}
		if a.Leads == nil {
			a.Leads = []stateName{stateProfileInit}
		}
	}
	return actions
}

// ifFresh runs an action only for somebody who signed in lately enough, where the tenant sets an age: a session that was left open must not
// be enough to take the account over. The code makes clients ask her to sign in again.
func ifFresh(run func(*turn) (flow.Outcome, error)) func(*turn) (flow.Outcome, error) {
	return func(t *turn) (flow.Outcome, error) {
		if age := t.Env.config().Session.ReauthenticationAge.Std(); age > 0 && t.Now().Sub(t.Env.session.Issued) > age {
			return flow.Fail(flow.Unauthorized), nil
		}
		return run(t)
	}
}

// own is what the rules look at: the tenant's settings, the person as she was loaded, her sessions, what her browser can do.
type own struct {
	*config.Config
	tenant   *tenants.Tenant
	user     *user.User
	sessions []session.View
	current  uuid.UUID
	data     *Data
	// providers are those that the tenant's people may choose from.
	providers []oauth.Listed
}

// ownOf is what the rules look at in a turn. Documents are made without a person: she has nothing.
func ownOf(t *turn) own {
	o := own{Config: t.Env.config(), tenant: t.Env.Tenant, user: t.Env.user, sessions: t.Env.sessions, data: t.Data}
	if o.user == nil {
		o.user = &user.User{}
	}
	if t.Env.session != nil {
		o.current = t.Env.session.SessionID
	}
	return o
}

func (o own) hasEmail() bool { return len(o.user.Emails) > 0 }

func (o own) onlyPrimary() bool { return len(o.user.Emails) == 1 && o.user.Emails[0].IsPrimary }

func (o own) hasUnverified() bool {
	return slices.ContainsFunc(o.user.Emails, func(e user.Email) bool { return !e.IsVerified })
}

// byPasskey and the like say how she can sign in, or be identified.
func (o own) byPasskey() bool { return o.Passkey.Enabled && o.user.HasPasskey() }

func (o own) byPassword() bool { return o.Password.Enabled && o.user.Password != nil }

func (o own) byUsername() bool { return o.Username.UseAsLoginIdentifier && o.user.Username != nil }

func (o own) byEmail() bool { return o.Email.UseAsLoginIdentifier && o.hasEmail() }

func (o own) byCode() bool {
	return mailLogin(o.Config) && (o.byEmail() || o.byUsername() && o.hasEmail())
}

func (o own) byThirdParty() bool { return o.byThirdPartyBut(uuid.Nil) }

// byThirdPartyBut leaves out the identities that are bound to an address.
func (o own) byThirdPartyBut(emailID uuid.UUID) bool {
	return slices.ContainsFunc(o.user.Identities, func(i user.Identity) bool {
		return (i.EmailID == nil || *i.EmailID != emailID) && i.Usable(o.tenant)
	})
}

// signsIn says whether she has any way to sign in.
func (o own) signsIn() bool {
	return o.byPasskey() || o.byThirdParty() || o.byCode() || o.byPassword() && (o.byUsername() || o.byEmail())
}

// stranded says whether a removal would take her last way to sign in. The table lets some pass: it counts security keys like passkeys, and
// any address as one to be found by, as clients expect.
func (o own) stranded(remove func(*user.User)) bool {
	if !o.signsIn() {
		return false // nothing is left to lose
	}
	after := *o.user
	remove(&after)
	o.user = &after
	return !o.signsIn()
}

// credentials counts passkeys and security keys.
func (o own) credentials() int { return len(o.user.Credentials) }

func (o own) securityKeys() int {
	n := 0
	for _, c := range o.user.Credentials {
		if c.MFAOnly {
			n++
		}
	}
	return n
}

// allowsKeys says whether the tenant has security keys as second factors.
func (o own) allowsKeys() bool { return o.MFA.Enabled && o.MFA.SecurityKeys.Enabled }

// lastKey says whether her one security key is the second factor that the tenant insists on; lastApp the same of the app.
func (o own) lastKey() bool {
	return o.MFA.Enabled && !o.MFA.Optional && o.user.TOTP == nil && o.securityKeys() == 1
}

func (o own) lastApp() bool { return o.MFA.Enabled && !o.MFA.Optional && o.securityKeys() == 0 }

// otherSessions are hers but for the one that the request came with, newest first.
func (o own) otherSessions() []session.View {
	return slices.DeleteFunc(slices.Clone(o.sessions), func(s session.View) bool { return s.ID == o.current })
}

// deletable says whether she can do without an address. Spec: flow-profile §6, "allowed_values".
func (o own) deletable(e user.Email) bool {
	if e.IsPrimary {
		return len(o.user.Emails) == 1 && o.Email.Optional && (o.byPasskey() || o.byPassword() && o.byUsername())
	}
	return o.byPasskey() || o.byPassword() || mailLogin(o.Config) || o.byThirdPartyBut(e.ID)
}

// change begins a change of the person: it is refused at commit unless she is still as the rules saw her.
func (f *Flows) change(t *turn) *user.User {
	t.Env.Work.Do(t.Env.user.Touch())
	return t.Env.user
}
