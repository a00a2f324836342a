//go:build e2e

package e2e

// words are what hanko-elements 2.7.0 writes on the page, in one language. They are its own texts, not ours: a page that shows something
// else has been told something that the client does not understand.
type words struct {
	language string

	// Headlines.
	signIn, signUp, passcode, chooser, password, newPassword string
	// What inputs ask for.
	email, username, identifier, passwordInput, newPasswordInput string
	// Buttons, links and boxes. The page's own "Sign out" is English.
	next, createAccount, byPassword, byCode, stay, forgotten, back, sendAgain string
	// Errors.
	invalid, wrongCode, tooManyCodes, unknown, unknownUsername, takenEmail, slower string
	// What the subject of the mail with a code to sign in says, in our own words.
	subject string
}

var english = words{
	language: "en",
	signIn:   "Sign in", signUp: "Create account", passcode: "Enter passcode", chooser: "Select login method",
	password: "Enter password", newPassword: "Set new password",
	email: "Email", username: "Username", identifier: "Email or username", passwordInput: "Password", newPasswordInput: "New password",
	next: "Continue", createAccount: "Create account", byPassword: "Password", byCode: "Passcode", stay: "Stay signed in",
	forgotten: "Forgot your password?", back: "Back", sendAgain: "Send new code",
	invalid:         "The entered value is invalid.",
	wrongCode:       "The passcode provided was not correct.",
	tooManyCodes:    "The passcode was entered incorrectly too many times. Please request a new code.",
	unknown:         "The email address is unknown.",
	unknownUsername: "The username is unknown.",
	takenEmail:      "The email is already taken.",
	slower:          "Too many requests have been made. Please wait to repeat the requested operation.",
	subject:         "is your code",
}

var german = words{
	language: "de",
	signIn:   "Anmelden", signUp: "Registrieren", passcode: "Passcode eingeben", chooser: "Wähle die Anmelde-Methode",
	password: "Passwort eingeben", newPassword: "Neues Passwort eingeben",
	email: "E-Mail", username: "Nutzername", identifier: "E-Mail oder Nutzername", passwordInput: "Passwort", newPasswordInput: "Neues Passwort",
	next: "Weiter", createAccount: "Registrieren", byPassword: "Passwort", byCode: "Passcode", stay: "Angemeldet bleiben",
	forgotten: "Passwort vergessen?", back: "Zurück", sendAgain: "Neuen Code senden",
	invalid:         "Der eingegebene Wert ist ungültig.",
	wrongCode:       "Der angegebene Passcode war nicht korrekt.",
	tooManyCodes:    "Der Passcode wurde zu oft falsch eingegeben. Bitte fordern Sie einen neuen Code an.",
	unknown:         "Die Email Adresse ist unbekannt.",
	unknownUsername: "Der Benutzername ist unbekannt.",
	takenEmail:      "Die E-Mail-Adresse ist bereits vergeben.",
	slower:          "Zu viele Anfragen wurden gestellt. Bitte warten Sie, um die angeforderte Operation zu wiederholen.",
	subject:         "Anmeldecode",
}
