package devicetrust

import (
	"slices"
	"strings"

	"github.com/google/uuid"
)

const (
	// maxCookie is the length up to which an incoming cookie is read, in bytes; browsers keep half of it.
	maxCookie = 8 << 10
	// maxSent is how many bytes of name and value browsers keep of a cookie (RFC 6265bis §5.6). They ignore one that is longer.
	maxSent = 4096
	// maxToken is the length of the longest token, in bytes; an earlier system's may be as long.
	maxToken = 128
	// defaultUsers is how many people one device is trusted for where the tenant does not say.
	defaultUsers = 20

	betweenEntries = "|"
	insideEntry    = ":"
)

// An entry of the cookie is one person's token.
type entry struct {
	user  uuid.UUID
	token string
}

func (e entry) String() string { return e.user.String() + insideEntry + e.token }

// parse reads the entries of a cookie, newest first. What is malformed, and every later entry of a person, is dropped; so is a cookie that
// is too long.
func parse(cookie string) []entry {
	if len(cookie) > maxCookie {
		return nil
	}
	var entries []entry
	for part := range strings.SplitSeq(cookie, betweenEntries) {
		id, token, ok := strings.Cut(part, insideEntry)
		if !ok || len(id) != len(uuid.Nil.String()) || !isToken(token) {
			continue
		}
		user, err := uuid.Parse(id)
		if err != nil || user == uuid.Nil || slices.ContainsFunc(entries, func(e entry) bool { return e.user == user }) {
			continue
		}
		entries = append(entries, entry{user, token})
	}
	return entries
}

// tokenFor is a person's token in a cookie, or empty. A cookie without separators is a token of whom only the database knows: that is how
// an earlier version of the protocol wrote it.
func tokenFor(cookie string, user uuid.UUID) string {
	if !strings.ContainsAny(cookie, betweenEntries+insideEntry) && isToken(cookie) {
		return cookie
	}
	for _, e := range parse(cookie) {
		if e.user == user {
			return e.token
		}
	}
	return ""
}

// isToken reports whether a text could be a token: base64url, of a length that is possible.
func isToken(s string) bool {
	if s == "" || len(s) > maxToken {
		return false
	}
	for _, b := range []byte(s) {
		switch {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', b == '-', b == '_', b == '=':
		default:
			return false
		}
	}
	return true
}

// prepend puts a person's new entry in place of her old one, before those of the others.
func prepend(newest entry, others []entry) []entry {
	all := []entry{newest}
	for _, e := range others {
		if e.user != newest.user {
			all = append(all, e)
		}
	}
	return all
}

// format writes the first entries: at most as many as the tenant allows, and as fit into a cookie whose name has so many bytes.
func format(entries []entry, users, name int) string {
	if users <= 0 {
		users = defaultUsers
	}
	var b strings.Builder
	for i, e := range entries[:min(users, len(entries))] {
		text := e.String()
		if i > 0 {
			text = betweenEntries + text
		}
		if i > 0 && name+b.Len()+len(text) > maxSent {
			break
		}
		b.WriteString(text)
	}
	return b.String()
}
