package federation

import (
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// facts are what the meaning of an account depends on. They were read outside of any transaction; what is done about them fails where they
// are no longer so.
type facts struct {
	config  *config.Config
	account Account
	// direct and connecting are of the state: no flow asked, or somebody who is signed in did.
	direct     bool
	connecting uuid.UUID
	// identity is the stored one of the same provider and subject, address the one with the account's address.
	identity identity
	address  address
	// person is who owns the identity, or else wants to connect it, or else owns the address; nil where nobody does.
	person *user.User
}

// identity is a stored identity; the zero identity is none. Without an owner it waits for a confirmation that may never come.
type identity struct {
	id, owner  uuid.UUID
	emailID    uuid.UUID
	samlDomain string
}

// address is a stored address; the zero address is none.
type address struct {
	id, owner uuid.UUID
	verified  bool
}

// A meaning is what an account turned out to mean.
type meaning int

const (
	signIn meaning = iota
	link
	connect
	signUp
)

// A drift is what becomes of the addresses of a person whose account at the provider has another address than before.
type drift int

const (
	steady  drift = iota // nothing
	repoint              // the identity goes with another address of hers
	claim                // an address that nobody owned becomes hers
	add                  // a new address becomes hers
)

// decide says what an account means, or why it is refused: the tables of third-party §8. The first line that fits wins.
//
// An address that the provider has not verified never opens an existing account, and neither does a verified one open an account whose owner
// did not prove to own it: somebody else may have made that account, and would keep a way in.
func decide(f facts) (meaning, drift, *Error) {
	connects, sameAddress := f.connecting != uuid.Nil, f.address.owner != uuid.Nil
	switch a, c := f.account, f.config; {
	case f.direct && c.Email.RequireVerification && !a.Claims.EmailVerified:
		return 0, 0, Refuse(UnverifiedEmail, unverified, nil)

	case f.identity.owner != uuid.Nil && f.identity.samlDomain != a.SAMLDomain && f.identity.samlDomain != "":
		return 0, 0, Refuse(InvalidRequest, "the account came from another identity provider before", nil)
	case f.identity.owner != uuid.Nil && connects && f.identity.owner != f.connecting:
		return 0, 0, Refuse(InvalidRequest, "the account is another user's", nil)
	case f.identity.owner != uuid.Nil:
		how, refused := drifts(f)
		return signIn, how, refused

	case connects && f.person == nil:
		return 0, 0, Refuse(InvalidRequest, "the user was deleted", nil)
	case connects && !a.AllowLinking:
		return 0, 0, Refuse(UserConflict, "accounts of this provider cannot be added", nil)
	case connects:
		return connect, steady, nil

	case sameAddress && !a.AllowLinking:
		return 0, 0, Refuse(UserConflict, "there is a user with this e-mail address", nil)
	case sameAddress && !a.Claims.EmailVerified:
		return 0, 0, Refuse(UnverifiedEmail, unverified, nil)
	case sameAddress && !f.address.verified:
		return 0, 0, Refuse(UserConflict, "there is a user who has yet to verify this e-mail address", nil)
	case sameAddress:
		return link, steady, nil

	case !c.Account.AllowSignup:
		return 0, 0, Refuse(SignupDisabled, "there is no user with this account", nil)
	case a.Claims.Email != "" && !user.IsAddress(a.Claims.Email):
		return 0, 0, Refuse(ServerError, "", errNoAddress)
	default:
		return signUp, steady, nil
	}
}

// staysAsItIs refuses what a read-only tenant does not allow: only who has the account already is signed in by it.
func staysAsItIs(does meaning) *Error {
	switch does {
	case signIn:
		return nil
	case signUp:
		return Refuse(SignupDisabled, "nobody can sign up just now", nil)
	default:
		return Refuse(UserConflict, "the account cannot be added just now", nil)
	}
}

const unverified = "the provider has not verified the e-mail address"

// moved reports whether the account has another address than the one that its identity goes with.
func (f facts) moved() bool {
	if f.account.Claims.Email == "" {
		return false
	}
	known := f.person.EmailByID(f.identity.emailID)
	return known == nil || known.Address != f.account.Claims.Email
}

// drifts is the table of third-party §8.1.
func drifts(f facts) (drift, *Error) {
	switch {
	case !f.moved():
		return steady, nil
	case f.address.owner == f.identity.owner:
		return repoint, nil
	case f.address.owner != uuid.Nil:
		return 0, Refuse(MultipleAccounts, "the e-mail address is another user's", nil)
	case f.address.id != uuid.Nil:
		return claim, nil
	case len(f.person.Emails) >= f.config.Email.Limit:
		return 0, Refuse(EmailMaxNum, "the user has as many e-mail addresses as are allowed", nil)
	case !user.IsAddress(f.account.Claims.Email):
		return 0, Refuse(ServerError, "", errNoAddress)
	default:
		return add, nil
	}
}
