package hosted

import (
	"html/template"
	"slices"

	"golang.org/x/text/language"

	"github.com/latchkeep/latchkeep/tenants/config"
)

// words are what the page says beside the elements.
type words struct {
	Name                                               string // of the language, in itself
	SignIn, Account, SignOut, Terms, Privacy, Language string
	NoScript                                           string
}

var texts = map[string]words{
	"en":    {"English", "Sign in", "Your account", "Sign out", "Terms", "Privacy", "Language", "Signing in needs JavaScript."},
	"de":    {"Deutsch", "Anmelden", "Ihr Konto", "Abmelden", "Nutzungsbedingungen", "Datenschutz", "Sprache", "Die Anmeldung braucht JavaScript."},
	"fr":    {"Français", "Se connecter", "Votre compte", "Se déconnecter", "Conditions", "Confidentialité", "Langue", "La connexion nécessite JavaScript."},
	"it":    {"Italiano", "Accedi", "Il tuo account", "Esci", "Condizioni", "Privacy", "Lingua", "Per accedere serve JavaScript."},
	"nl":    {"Nederlands", "Inloggen", "Uw account", "Uitloggen", "Voorwaarden", "Privacy", "Taal", "Inloggen vereist JavaScript."},
	"pt-BR": {"Português (Brasil)", "Entrar", "Sua conta", "Sair", "Termos", "Privacidade", "Idioma", "Para entrar é preciso JavaScript."},
	"zh":    {"简体中文", "登录", "您的账户", "退出", "条款", "隐私", "语言", "登录需要 JavaScript。"},
	"bn":    {"বাংলা", "সাইন ইন", "আপনার অ্যাকাউন্ট", "সাইন আউট", "শর্তাবলী", "গোপনীয়তা", "ভাষা", "সাইন ইন করতে JavaScript প্রয়োজন।"},
}

// offered are the languages of a tenant's page.
func offered(configured []string) []string {
	if len(configured) == 0 {
		return config.PageLanguages()
	}
	return configured
}

// maxAccept bounds what is read of a browser's languages.
const maxAccept = 512

// choose picks a language that is offered: the one asked for, else what fits the browser best, else the first.
func choose(configured []string, asked, accept string) string {
	codes := offered(configured)
	if slices.Contains(codes, asked) {
		return asked
	}
	if len(accept) > maxAccept {
		return codes[0]
	}
	tags := make([]language.Tag, len(codes))
	for i, code := range codes {
		tags[i] = language.Make(code)
	}
	wanted, _, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		return codes[0]
	}
	_, at, _ := language.NewMatcher(tags).Match(wanted...)
	return codes[at]
}

func of(c config.Colors) colors {
	//nolint:gosec // checked with the configuration: # and six digits
	return colors{template.CSS(c.Background), template.CSS(c.Text), template.CSS(c.Brand), template.CSS(c.BrandText)}
}
