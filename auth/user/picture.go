package user

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/latchkeep/latchkeep/pkg/safehttp"
)

// MaxPicture is how many bytes the URL of a picture may have.
const MaxPicture = 2048

// IsPicture reports whether a text is the URL of a picture as accounts keep it: absolute, http or https, without credentials, of at most MaxPicture bytes, and
// of letters that can be stored and shown.
func IsPicture(text string) bool {
	u, ok := safehttp.WebURL(text)
	return ok && u.User == nil && len(text) <= MaxPicture && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}
