// Package elements has the web components that people sign in with, @teamhanko/hanko-elements, as files for browsers: see README.md.
package elements

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"net/http"
)

//go:embed hanko-elements.js hanko-elements-i18n.js
var files embed.FS

// The names of the files: the components, and their texts in all languages.
const (
	Script = "hanko-elements.js"
	Texts  = "hanko-elements-i18n.js"
)

// Handler serves the files by their names.
func Handler() http.Handler { return http.FileServerFS(files) }

// Version changes when a file does: put it into the file's address, and browsers may keep it.
func Version(name string) string {
	content, err := files.ReadFile(name)
	if err != nil {
		panic("elements: " + err.Error())
	}
	sum := sha256.Sum256(content)
	return base64.RawURLEncoding.EncodeToString(sum[:6])
}
