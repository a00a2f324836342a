package web

import (
	"errors"
	"net/http"

	"github.com/latchkeep/latchkeep/api/middleware"
	"github.com/latchkeep/latchkeep/auth/session"
	"github.com/latchkeep/latchkeep/tenants"
)

// auth serves the public API of the operators' tenant, which the sign-in page speaks with, at the console's own origin.
func (s *Server) auth(w http.ResponseWriter, r *http.Request) {
	t, err := s.o.Registry.ByID(r.Context(), tenants.SystemID)
	if err != nil {
		s.fail(&visit{w: w, r: r, s: s}, err)
		return
	}
	const prefix = tenants.ConsoleAuthPath
	middleware.Enter(r, t, prefix)
	s.o.SignIn.ServeHTTP(w, middleware.Strip(r, prefix, r.URL.Path[len(prefix):]))
}

// signIn shows the sign-in form, or goes on where somebody is signed in.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) {
	to := within(r.URL.Query().Get("to"))
	v := &visit{w: w, r: r, s: s}
	switch _, err := s.signedIn(r); {
	case err == nil:
		http.Redirect(w, r, to, http.StatusSeeOther)
	case errors.Is(err, tenants.ErrBadToken):
		joined, err := s.o.Operators.Joined(r.Context())
		if err == nil {
			w.Header().Set("Content-Security-Policy", policy(elementStyles))
			err = v.render(http.StatusOK, plain("Sign in", signInPage(to, joined)))
		}
		if err != nil {
			s.fail(v, err)
		}
	default:
		s.fail(v, err)
	}
}

// invitation shows whom a link is for. It uses nothing up: programs that look at mails open links, too.
func (s *Server) invitation(w http.ResponseWriter, r *http.Request) {
	v := &visit{w: w, r: r, s: s}
	token := r.URL.Query().Get("token")
	invited, err := s.o.Operators.Invited(r.Context(), token)
	if err == nil {
		err = v.render(http.StatusOK, plain("Join", joinPage(invited, token)))
	}
	if err != nil {
		s.fail(v, err)
	}
}

// join uses a link up. Whoever has it is signed in, and goes to where she can add a passkey.
func (s *Server) join(w http.ResponseWriter, r *http.Request) {
	v := &visit{w: w, r: r, s: s}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	t, err := s.o.Registry.ByID(r.Context(), tenants.SystemID)
	if err != nil {
		s.fail(v, err)
		return
	}
	issued, err := s.o.Operators.Join(r.Context(), middleware.From(r.Context()).Client, v.form("token"))
	if err != nil {
		s.fail(v, err)
		return
	}
	http.SetCookie(w, session.Cookie(t, issued.Token, issued.Lifetime, issued.Retention))
	_ = v.done("/account", "Welcome. Add a passkey now: this link does not work again.")
}

// signOut ends the session.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) {
	v := &visit{w: w, r: r, s: s}
	t, err := s.o.Registry.ByID(r.Context(), tenants.SystemID)
	if err != nil {
		s.fail(v, err)
		return
	}
	c := middleware.From(r.Context()).Client
	c.Tokens = middleware.SessionCookies(r, t)
	if err := s.o.Operators.SignOut(r.Context(), c); err != nil && !errors.Is(err, session.ErrInvalid) {
		s.fail(v, err)
		return
	}
	http.SetCookie(w, session.DeleteCookie(t))
	_ = v.redirect("/sign-in")
}

// account is where an operator keeps what she signs in with.
func (s *Server) account(v *visit) error {
	v.Section = "account"
	v.w.Header().Set("Content-Security-Policy", policy(elementStyles))
	return v.show("Your account", accountPage(v))
}

// elementStyles is what the elements of the sign-in form need: they bring their styles along.
const elementStyles = " 'unsafe-inline'"
