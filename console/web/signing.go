package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/latchkeep/latchkeep/tenants"
)

// keysPath is the page of the keys of the visit's tenant.
func (v *visit) keysPath() string { return "/t/" + v.Tenant.ID.String() + "/keys" }

func (s *Server) rotateKey(v *visit) error {
	form := keysForm{ActivateAt: v.form("activate_at")}
	at := local(form.ActivateAt)
	if form.ActivateAt != "" && at.IsZero() {
		form.Wrong = fieldErrors{"activate_at": "is no time"}
		return s.showKeys(v, http.StatusUnprocessableEntity, form)
	}
	key, err := s.o.Tenants.RotateKeyAt(v.ctx(), v.Who.Actor, v.Tenant.ID, at)
	if err != nil {
		wrong, err := fields(err)
		if err != nil {
			return err
		}
		form.Wrong = fieldErrors{"activate_at": cmp.Or(wrong["activate_at"], wrong[""])}
		return s.showKeys(v, http.StatusUnprocessableEntity, form)
	}
	return v.done(v.keysPath(), "A new key is published. It signs from "+moment(*key.ActivatedAt)+" on; the one before verifies until nothing it signed is valid any more.")
}

// scheduleKeys says how often keys rotate by themselves.
func (s *Server) scheduleKeys(v *visit) error {
	form := keysForm{RotateEvery: v.form("rotate_every")}
	patch, err := json.Marshal(map[string]any{"signing": map[string]any{"rotate_every": form.RotateEvery}})
	if err != nil {
		return err
	}
	if _, err = s.o.Tenants.PatchConfig(v.ctx(), v.Tenant.ID, patch, tenants.How{By: v.Who.Actor, Strict: true}); err != nil {
		wrong, err := fields(err)
		if err != nil {
			return err
		}
		form.Wrong = fieldErrors{"rotate_every": cmp.Or(wrong["signing.rotate_every"], wrong[""])}
		return s.showKeys(v, http.StatusUnprocessableEntity, form)
	}
	return v.done(v.keysPath(), "Saved. The worker looks once an hour whether a key is due.")
}

// keyRevocation is what the page shows that asks whether a key is to be taken out.
type keyRevocation struct {
	Key      tenants.SigningKey
	Sessions string
	// Heir says what signs then.
	Heir  string
	Wrong fieldErrors
}

// signingKey is the key of the visit's tenant with a kid. Error: errNoPage.
func (s *Server) signingKey(v *visit, kid string) (tenants.SigningKey, []tenants.SigningKey, error) {
	keys, err := s.o.Tenants.SigningKeys(v.ctx(), v.Tenant.ID)
	if err != nil {
		return tenants.SigningKey{}, nil, err
	}
	i := slices.IndexFunc(keys, func(k tenants.SigningKey) bool { return k.ID == kid && k.State != tenants.KeyGone })
	if i < 0 {
		return tenants.SigningKey{}, nil, errNoPage
	}
	return keys[i], keys, nil
}

func (s *Server) askRevokeKey(v *visit) error {
	return s.showRevocation(v, http.StatusOK, v.query("kid"), nil)
}

func (s *Server) showRevocation(v *visit, status int, kid string, wrong fieldErrors) error {
	v.Section = "keys"
	key, keys, err := s.signingKey(v, kid)
	if err != nil {
		return err
	}
	n, err := s.o.Tenants.SessionsOf(v.ctx(), v.Tenant.ID, key)
	if err != nil {
		return err
	}
	return v.showAs(status, "Revoke a key", revokeKeyPage(v, keyRevocation{Key: key, Sessions: sessionsText(n), Heir: heirText(key, keys), Wrong: wrong}))
}

func (s *Server) revokeKey(v *visit) error {
	kid := v.form("kid")
	if _, _, err := s.signingKey(v, kid); err != nil {
		return err
	}
	if v.form("confirm") != v.Tenant.Slug {
		return s.showRevocation(v, http.StatusUnprocessableEntity, kid, fieldErrors{"confirm": "must be the slug of the tenant"})
	}
	if err := s.o.Tenants.RevokeKey(v.ctx(), v.Who.Actor, v.Tenant.ID, kid); err != nil {
		return err
	}
	return v.done(v.keysPath(), "The key is gone. What it signed is valid no more.")
}

// sessionsText is how many sessions end, in words.
func sessionsText(n int) string {
	switch {
	case n == 0:
		return "No session ends."
	case n == 1:
		return "One session ends: that person signs in anew."
	case n > tenants.MostCounted:
		return fmt.Sprintf("More than %d sessions end: those people sign in anew.", tenants.MostCounted)
	default:
		return fmt.Sprintf("%d sessions end: those people sign in anew.", n)
	}
}

// heirText is what signs when a key is gone.
func heirText(key tenants.SigningKey, keys []tenants.SigningKey) string {
	if key.State != tenants.KeyActive {
		return "It does not sign now, so nothing takes its place."
	}
	for _, k := range keys {
		if k.ID != key.ID && (k.State == tenants.KeyActive || k.State == tenants.KeyPublished) {
			return "It is the one that signs: the key " + k.ID + " takes its place at once."
		}
	}
	return "It is the one that signs: a new key takes its place at once."
}

// rotation is what the page says of keys that rotate by themselves.
func (s *Server) rotation(v *visit, form *keysForm) {
	every := v.Tenant.Config.Signing.RotateEvery.Std()
	if form.RotateEvery == "" && form.Wrong["rotate_every"] == "" {
		form.RotateEvery = every.String()
	}
	form.Next = tenants.NextRotation(form.Signing, every)
}

// untilText is when a key stopped signing, or will not before.
func untilText(k tenants.SigningKey) string {
	if k.RetiredAt == nil {
		return "–"
	}
	return moment(*k.RetiredAt)
}
