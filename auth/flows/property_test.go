package flows_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

// walksVariable says which walks to take on SQLite, instead of the usual ones: a seed ("17"), some ("100-199"), or as many as fit into a time
// ("10m", from a seed that the clock chooses).
const walksVariable = "LATCHKEEP_TEST_WALKS"

// How many walks there are, unless told, and how long each is. On SQLite together they must have come everywhere; as long as they have not,
// there are more of them.
const (
	usualWalks = 24
	mostWalks  = 72
	fewWalks   = 4
	stepsEach  = 300
)

// TestProperty_OnlyProofOpensAnAccount lets an attacker do what she likes with all flows of two tenants at once: whatever she enters, replays,
// mixes up or does twice, she gets sessions of her own accounts only, and only after proving in that very conversation what the tenant
// demands; no address is verified whose code did not come back; nobody else's account changes; and no state is reached that the flows do not
// announce. property_walk_test.go is what she does, property_proofs_test.go what counts as a proof.
//
// A walk that fails prints what was said; LATCHKEEP_TEST_WALKS=SEED takes it again.
func TestProperty_OnlyProofOpensAnAccount(t *testing.T) {
	t.Parallel()

	for _, name := range testdb.Dialects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name != dialect.SQLite || underRace {
				for seed := range uint64(fewWalks) {
					takeWalk(t, name, seed, newCoverage())
				}
				return
			}
			seen := newCoverage()
			if !asked(t, func(seed uint64) bool { return takeWalk(t, name, seed, seen) }) {
				everywhere(t, seen, func(seed uint64) bool { return takeWalk(t, name, seed, seen) })
			}
			t.Log(seen)
			t.Log("not taken:", seen.missing(announced(t), nil))
		})
	}
}

// everywhere takes the usual walks, and more of them until they came everywhere.
func everywhere(t *testing.T, seen *coverage, take func(seed uint64) bool) {
	t.Helper()
	tables := announced(t)
	var missing []string
	for seed := uint64(0); seed < mostWalks && (seed < usualWalks || len(missing) > 0); seed++ {
		if !take(seed) {
			return
		}
		missing = append(seen.missing(tables, rare()), seen.unmarked(landmarks())...)
		if seed+1 == usualWalks && len(missing) > 0 {
			t.Logf("after %d walks nobody got to %v", usualWalks, missing)
		}
	}
	require.Empty(t, missing, "nobody got there in %d walks", mostWalks)
}

// announced are the flows as their definitions announce them.
func announced(t *testing.T) charts {
	t.Helper()
	return readTables(testenv.OnSQLite(t, testenv.Quiet()).App.Flows.Describe())
}

// takeWalk takes a walk in a program of its own. One in three is held up by rate limits.
func takeWalk(t *testing.T, dialect string, seed uint64, seen *coverage) bool {
	t.Helper()
	return t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
		options := []testenv.Option{testenv.Quiet(), testenv.WithThirdParties()}
		if seed%3 != 0 {
			options = append(options, testenv.With("rate_limiter.enabled", "false"))
		} else { // walks are short, so these are low
			options = append(options, testenv.With("rate_limiter.password_limits.tokens", "2"), testenv.With("rate_limiter.otp_limits.tokens", "2"))
		}
		newWalk(t, testenv.New(t, dialect, options...), seed, seen).run(stepsEach)
	})
}

// asked calls take with the seeds that the variable asks for, until one fails, and reports whether it does.
func asked(t *testing.T, take func(seed uint64) bool) bool {
	t.Helper()
	text := os.Getenv(walksVariable)
	if text == "" {
		return false
	}
	if lasts, err := time.ParseDuration(text); err == nil && lasts > 0 {
		start := time.Now()
		for seed := uint64(start.UnixMilli()); time.Since(start) < lasts && take(seed); seed++ {
			continue
		}
		return true
	}
	first, last, ranged := strings.Cut(text, "-")
	if !ranged {
		last = first
	}
	from, err := strconv.ParseUint(first, 10, 63)
	require.NoError(t, err, walksVariable)
	to, err := strconv.ParseUint(last, 10, 63)
	require.NoError(t, err, walksVariable)
	for seed := from; seed <= to && take(seed); seed++ {
		continue
	}
	return true
}

// rare are actions that it takes long walks to come to: a person must lack just this and have just that. Those that go back are offered only
// behind something that she skipped.
func rare() []string {
	return []string{
		"login/credential_onboarding_chooser/back",
		"login/credential_onboarding_chooser/continue_to_passkey_registration",
		"login/credential_onboarding_chooser/continue_to_password_registration",
		"login/credential_onboarding_chooser/skip",
		"registration/credential_onboarding_chooser/back",
		"login/device_trust/back",
		"login/mfa_method_chooser/back",
		"login/mfa_otp_secret_creation/back",
		"login/onboarding_create_passkey/back",
		"login/password_creation/back",
		"registration/mfa_method_chooser/back",
		// Somebody with a second factor has to come through the registration, at a tenant that asks for it after third parties.
		"registration/login_otp/otp_code_validate",
		"registration/login_otp/continue_to_login_security_key",
		"registration/login_passkey/back",
		"registration/login_passkey/webauthn_verify_assertion_response",
		"registration/login_security_key/continue_to_login_otp",
		"registration/login_security_key/webauthn_generate_request_options",
		"registration/onboarding_email/email_address_set",
		"registration/onboarding_email/skip",
		"registration/onboarding_username/skip",
		"registration/onboarding_username/username_create",
	}
}

// landmarks are what all walks together must have come across.
func landmarks() []string {
	return []string{
		"success of registration by otp", "success of registration by otp+pwd", "success of registration by pwd", "success of login by otp",
		"success of login by pwd", "success of login by passkey", "second factor: totp", "second factor: security_key",
		"trusted device", "forged trust", "recovery code",
		"code for login in login", "code for recovery in login", "code for email_verification in login",
		"code for email_verification in registration", "code for email_verification in profile",
		"app set up in login", "app set up in registration", "app set up in profile",
		"passkey made in login", "passkey made in registration", "passkey made in profile",
		"security_key made in login", "security_key made in registration", "security_key made in profile",
		"429 in passcode_confirmation", "429 in login_password", "429 in login_otp", "passcode_max_attempts_reached", "passkey_invalid", "twins",
		"success of login by ext:google", "success of registration by ext:google", "success of token_exchange by ext:google", "account added through google", "refused by a provider",
		"profile without session", "refused: at another tenant", "refused: a profile flow with another's session",
	}
}
