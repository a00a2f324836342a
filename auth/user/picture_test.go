package user_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/latchkeep/latchkeep/auth/user"
)

func TestIsPicture_TakesWhatBrowsersCanShowAndNothingThatHarms(t *testing.T) {
	longest := "https://pics.example/"
	longest += strings.Repeat("a", user.MaxPicture-len(longest))
	for _, good := range []string{"https://pics.example/1.png", "http://pics.example/2?x=1#y", "https://[2001:db8::1]/é.png", longest} {
		assert.True(t, user.IsPicture(good), good)
	}
	for _, bad := range []string{
		"", "/1.png", "pics.example/1.png", "//pics.example/1.png", "https://", "https:///1.png", "javascript:alert(1)", "data:image/png;base64,AA==",
		"ftp://pics.example/1.png", "https://me:secret@pics.example/1.png", "https://[fe80::1%25eth0]/1.png", "https://[::%25%80]/1.png",
		"https://pics.example/\x00", "https://pics.example/\u0085", "https://pics.example/\xff", longest + "a",
	} {
		assert.False(t, user.IsPicture(bad), bad)
	}
}
