package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/latchkeep/latchkeep/tenants"
)

// keysForm is what the page of the keys shows.
type keysForm struct {
	Signing []tenants.SigningKey
	API     []tenants.APIKey
	Name    string
	Scopes  string
	Wrong   fieldErrors
	// ActivateAt and RotateEvery are those of the forms, Next is when a key rotates by itself.
	ActivateAt, RotateEvery string
	Next                    *time.Time
	// Made is an API key that was made just now, to be shown once.
	Made string
}

func (s *Server) keys(v *visit) error { return s.showKeys(v, http.StatusOK, keysForm{}) }

func (s *Server) showKeys(v *visit, status int, form keysForm) (err error) {
	v.Section = "keys"
	if form.Signing, err = s.o.Tenants.SigningKeys(v.ctx(), v.Tenant.ID); err != nil {
		return err
	}
	s.rotation(v, &form)
	if form.API, err = s.o.APIKeys.List(v.ctx(), v.Tenant.ID); err != nil {
		return err
	}
	return v.showAs(status, "Keys", keysPage(v, form))
}

func (s *Server) createAPIKey(v *visit) error {
	form := keysForm{Name: v.form("name"), Scopes: v.form("scopes")}
	_, plain, err := s.o.APIKeys.Create(v.ctx(), v.Who.Actor, v.Who, v.Tenant.ID, tenants.NewToken{
		Name: form.Name, Scopes: strings.FieldsFunc(form.Scopes, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' }),
	})
	if err != nil {
		wrong, err := fields(err)
		if err != nil {
			return err
		}
		form.Wrong = fieldErrors{"name": wrong["name"], "": wrong[""]}
		for path, why := range wrong {
			if strings.HasPrefix(path, "scopes") {
				form.Wrong["scopes"] = why
			}
		}
		return s.showKeys(v, http.StatusUnprocessableEntity, form)
	}
	return s.showKeys(v, http.StatusOK, keysForm{Made: plain})
}

func (s *Server) revokeAPIKey(v *visit) error {
	id, err := v.id("key")
	if err != nil {
		return err
	}
	if err := s.o.APIKeys.Revoke(v.ctx(), v.Who.Actor, v.Tenant.ID, id); err != nil {
		return err
	}
	return v.done("/t/"+v.Tenant.ID.String()+"/keys", "The key is good for nothing any more.")
}

// tokenState is how a key or token is.
func tokenState(t tenants.Token, now time.Time) (badge, text string) {
	switch {
	case t.RevokedAt != nil:
		return "badge bad", "revoked"
	case t.ExpiresAt != nil && !now.Before(*t.ExpiresAt):
		return "badge warn", "expired"
	default:
		return "badge good", "works"
	}
}
