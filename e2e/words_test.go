//go:build e2e

package e2e

import "strings"

// words are what hanko-elements 2.7.0 writes on the page, in one language. They are its own texts, not ours: a page that shows something
// else has been told something that the client does not understand.
type words struct {
	language string

	// Headlines.
	signIn, signUp, passcode, chooser, password, newPassword                       string
	passkey, secondFactor, setUpApp, setUpKey, appCode, keyLogin, trust, loginKind string
	newUsername, newEmail, failed, emails, renamePasskey, renameKey, deleteAccount string
	// What inputs ask for.
	email, username, identifier, passwordInput, newPasswordInput, newEmailInput, passkeyName, keyName string
	// Buttons, links and boxes. The page's own "Sign out" is English.
	next, createAccount, byPassword, byCode, stay, forgotten, back, sendAgain, skip            string
	byPasskey, viaPasskey, createPasskey, addKey, useKey, another, trustIt, app, key           string
	save, delete, yes, rename, revoke, verify, makePrimary, setUp, reallyDelete                string
	addEmail, changeUsername, setUsername, changePassword, setPassword, manageApp, thisSession string
	// What is written next to an address, or an authenticator app.
	primary, unverified, configured string
	// Errors.
	invalid, wrongCode, tooManyCodes, unknown, unknownUsername, takenEmail, slower            string
	takenUsername, invalidUsername, invalidPasskey, secondFactorOnly, cancelled, needsBuiltIn string
	// What the subject of the mail with a code to sign in says, in our own words.
	subject string
	// Providers.
	connect, continueWith string
}

// with is written on the button of a provider.
func (w words) with(provider string) string {
	return strings.ReplaceAll(w.continueWith, "{provider}", provider)
}

var english = words{
	connect: "Connect account", continueWith: "Continue with {provider}",
	language: "en",
	signIn:   "Sign in", signUp: "Create account", passcode: "Enter passcode", chooser: "Select login method",
	password: "Enter password", newPassword: "Set new password",
	passkey: "Create a passkey", secondFactor: "Set up MFA", setUpApp: "Set up authenticator app", setUpKey: "Add security key",
	appCode: "Authentication code", keyLogin: "Security key", trust: "Trust this browser?", loginKind: "Set up login method",
	newUsername: "Enter a new username", newEmail: "Enter a new email", failed: "An error has occurred",
	emails: "Emails", renamePasskey: "Rename passkey", renameKey: "Rename security key", deleteAccount: "Delete account",
	email: "Email", username: "Username", identifier: "Email or username", passwordInput: "Password", newPasswordInput: "New password",
	next: "Continue", createAccount: "Create account", byPassword: "Password", byCode: "Passcode", stay: "Stay signed in",
	newEmailInput: "New email address", passkeyName: "New passkey name", keyName: "New security key name",
	forgotten: "Forgot your password?", back: "Back", sendAgain: "Send new code", skip: "Skip",
	byPasskey: "Sign in with a passkey", viaPasskey: "Passkey", createPasskey: "Create a passkey",
	addKey: "Add a security key", useKey: "Use security key",
	another: "Use another method", trustIt: "Trust this browser", app: "Authenticator app", key: "Security key",
	save: "Save", delete: "Delete", yes: "yes", rename: "Rename", revoke: "Revoke", verify: "Verify", makePrimary: "Set as primary",
	setUp: "Set up", reallyDelete: "Yes, delete this account.",
	addEmail: "Add email", changeUsername: "Change username", setUsername: "Set username", changePassword: "Change password",
	setPassword: "Set password", manageApp: "Manage authenticator app", thisSession: "Current session",
	primary: "primary", unverified: "unverified", configured: "configured",
	invalid:         "The entered value is invalid.",
	wrongCode:       "The passcode provided was not correct.",
	tooManyCodes:    "The passcode was entered incorrectly too many times. Please request a new code.",
	unknown:         "The email address is unknown.",
	unknownUsername: "The username is unknown.",
	takenEmail:      "The email is already taken.",
	slower:          "Too many requests have been made. Please wait to repeat the requested operation.",
	takenUsername:   "The username is already taken.",
	invalidUsername: "The username must contain only letters, numbers, and underscores.",
	invalidPasskey:  "This passkey cannot be used anymore.",

	secondFactorOnly: "This credential can be used as a second factor security key only.",
	cancelled: "The request either timed out, was canceled or the device is already registered. " +
		"Please try again or try using another device.",
	needsBuiltIn: "Your account is configured to use platform authenticators, but your current device or browser does not support " +
		"this feature. Please try again with a compatible device or browser.",
	subject: "is your code",
}

var german = words{
	language: "de",
	signIn:   "Anmelden", signUp: "Registrieren", passcode: "Passcode eingeben", chooser: "Wähle die Anmelde-Methode",
	password: "Passwort eingeben", newPassword: "Neues Passwort eingeben",
	passkey: "Erstellen Sie einen Passkey", secondFactor: "MFA einrichten", setUpApp: "Authenticator-App einrichten",
	setUpKey: "Sicherheitsschlüssel hinzufügen", appCode: "Authentifizierungscode", keyLogin: "Sicherheitsschlüssel",
	trust: "Diesem Browser vertrauen?", loginKind: "Anmelde-Methode einrichten", newUsername: "Geben Sie einen neuen Benutzernamen ein",
	newEmail: "Geben Sie eine neue E-Mail-Adresse ein", failed: "Ein Fehler ist aufgetreten", emails: "E-Mails",
	renamePasskey: "Passkey umbenennen", renameKey: "Sicherheitsschlüssel umbenennen", deleteAccount: "Konto löschen",
	email: "E-Mail", username: "Nutzername", identifier: "E-Mail oder Nutzername", passwordInput: "Passwort", newPasswordInput: "Neues Passwort",
	next: "Weiter", createAccount: "Registrieren", byPassword: "Passwort", byCode: "Passcode", stay: "Angemeldet bleiben",
	newEmailInput: "Neue E-Mail-Adresse", passkeyName: "Neuer Passkey Name", keyName: "Neuer Sicherheitsschlüsselname",
	forgotten: "Passwort vergessen?", back: "Zurück", sendAgain: "Neuen Code senden", skip: "Überspringen",
	byPasskey: "Anmelden mit Passkey", createPasskey: "Erstellen Sie einen Passkey", addKey: "Sicherheitsschlüssel hinzufügen",
	useKey: "Sicherheitsschlüssel verwenden", another: "Eine andere Methode verwenden", trustIt: "Diesem Browser vertrauen",
	app: "Authentifizierungs-App", key: "Sicherheitsschlüssel",
	save: "Speichern", delete: "Löschen", yes: "ja", rename: "Umbenennen", revoke: "Beenden", verify: "Verifizieren",
	makePrimary: "Als primär festlegen", setUp: "Einrichten", reallyDelete: "Ja, dieses Konto löschen.",
	addEmail: "E-Mail-Adresse hinzufügen", changeUsername: "Benutzernamen ändern", setUsername: "Benutzernamen setzen",
	changePassword: "Passwort ändern", setPassword: "Passwort setzen", manageApp: "Authentifizierungs-App verwalten",
	thisSession: "Aktuelle Sitzung", primary: "primär", unverified: "unverifiziert", configured: "konfiguriert",
	invalid:         "Der eingegebene Wert ist ungültig.",
	wrongCode:       "Der angegebene Passcode war nicht korrekt.",
	tooManyCodes:    "Der Passcode wurde zu oft falsch eingegeben. Bitte fordern Sie einen neuen Code an.",
	unknown:         "Die Email Adresse ist unbekannt.",
	unknownUsername: "Der Benutzername ist unbekannt.",
	takenEmail:      "Die E-Mail-Adresse ist bereits vergeben.",
	slower:          "Zu viele Anfragen wurden gestellt. Bitte warten Sie, um die angeforderte Operation zu wiederholen.",
	takenUsername:   "Der Benutzername ist bereits vergeben.",
	invalidUsername: "Der Benutzername darf nur Buchstaben, Zahlen und Unterstriche enthalten.",
	invalidPasskey:  "Dieser Passkey kann nicht mehr verwendet werden.",

	secondFactorOnly: "Diese Anmeldeinformation kann nur als zweite Sicherheitsfaktor verwendet werden.",
	cancelled: "Die Anfrage wurde entweder abgebrochen, abgelaufen oder das Gerät ist bereits registriert. " +
		"Bitte versuchen Sie es erneut oder verwenden Sie ein anderes Gerät.",
	needsBuiltIn: "Ihr Konto ist so konfiguriert, dass es Plattform-Authentifikatoren verwendet, " +
		"jedoch unterstützt Ihr aktuelles Gerät oder Ihr Browser diese Funktion nicht. " +
		"Bitte versuchen Sie es mit einem kompatiblen Gerät oder Browser erneut.",
	subject: "Anmeldecode",
}
