package flows

import (
	"github.com/google/uuid"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/recoverycode"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/pkg/flow"
	"github.com/latchkeep/latchkeep/pkg/totp"
)

// mfaOTPSecretCreation shows the secret of a new authenticator app, and asks for a code that proves that it was taken over. Each visit has a
// secret of its own; errors show it again. leave stores it; a registration does that with the account. Spec: flow-login-registration §6.9,
// flow-profile §8.3.
func (f *Flows) mfaOTPSecretCreation(leave func(*turn) error) state {
	return state{
		Enter: f.showOTPSecret,
		Actions: []action{
			{
				Name:        "otp_code_verify",
				Description: "Enter a code of the authenticator app.",
				Offered:     func(t *turn) bool { return t.Env.config().MFA.TOTP.Enabled },
				Inputs:      flow.Inputs[Data, *Env](flow.String("otp_code").Required().Trim()),
				Run:         f.verifyOTPSecret,
			},
			back,
		},
		Leave: leave,
	}
}

func (f *Flows) showOTPSecret(t *turn) error {
	if t.Entering() {
		t.Data.TOTPSecret = totp.NewSecret()
	}
	account, err := f.accountName(t)
	if err != nil {
		return err
	}
	image, err := totp.Image(t.Env.config().Service.Name, account, t.Data.TOTPSecret)
	if err != nil {
		return err
	}
	t.Set("otp_secret", t.Data.TOTPSecret)
	t.Set("otp_image_source", image)
	return nil
}

// accountName is what an authenticator app shows: her primary address, else her username.
func (f *Flows) accountName(t *turn) (string, error) {
	address, name := t.Data.Email, t.Data.Username
	if !t.Data.unborn() {
		u, err := f.user(t)
		if err != nil {
			return "", err
		}
		address = u.PrimaryAddress()
		if u.Username != nil {
			name = u.Username.Name
		}
	}
	if address != "" {
		return address, nil
	}
	return name, nil
}

func (f *Flows) verifyOTPSecret(t *turn) (flow.Outcome, error) {
	step, ok := totp.Match(t.Data.TOTPSecret, t.Input("otp_code"), t.Now())
	if !ok {
		return flow.Reject("otp_code", flow.PasscodeInvalid), nil
	}
	t.Data.TOTPStep = step
	t.Data.HasTOTP = true
	f.makeRecoveryCodes(t)
	return next(), nil
}

// makeRecoveryCodes shows codes for when the app is lost, in this answer and never again, to clients of which the tenant says that they show
// them.
func (f *Flows) makeRecoveryCodes(t *turn) {
	if !t.Env.config().MFA.RecoveryCodes.Enabled {
		return
	}
	codes, hashes := f.recovery.New(t.Env.Tenant, t.Data.UserID)
	t.Data.RecoveryHashes = hashes
	t.Set("recovery_codes", codes)
}

// storeTOTP gives a person who exists the authenticator app, and the recovery codes, that she set up.
func (f *Flows) storeTOTP(t *turn) error {
	d := t.Data
	if d.TOTPStep == 0 {
		return nil
	}
	u, err := f.user(t)
	if err != nil {
		return err
	}
	endEarlierTrust(t, u)
	id := f.saveTOTP(t, u)
	f.audit(t, event.OTPCreated, d.actor(), map[string]any{"otp_secret": id.String()}, "")
	return nil
}

// saveTOTP queues the app and its recovery codes for a person, and forgets them. It returns the app's id.
func (f *Flows) saveTOTP(t *turn, u *user.User) uuid.UUID {
	d := t.Data
	id := uuid.Must(uuid.NewV7())
	t.Env.Work.Do(f.totp.Save(t.Env.Tenant, id, u.ID, d.TOTPSecret, d.TOTPStep))
	if len(d.RecoveryHashes) > 0 {
		t.Env.Work.Do(recoverycode.Replace(u.ID, d.RecoveryHashes))
	}
	u.TOTP = &user.Secret{ID: id, CreatedAt: t.Now(), UpdatedAt: t.Now()}
	d.TOTPSecret, d.TOTPStep, d.RecoveryHashes = "", 0, nil
	return id
}
