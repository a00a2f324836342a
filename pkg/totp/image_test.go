package totp_test

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"net/url"
	"strings"
	"testing"

	"github.com/boombuler/barcode/qr"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/totp"
)

const aSecret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

func TestURI_IsTheOneAppsKnow(t *testing.T) {
	t.Parallel()
	require.Equal(t,
		"otpauth://totp/Shop:kim%40shop.example?algorithm=SHA1&digits=6&issuer=Shop&period=30&secret="+aSecret,
		totp.URI("Shop", "kim@shop.example", aSecret))
}

func TestURI_KeepsAnyName(t *testing.T) {
	t.Parallel()
	for _, names := range [][2]string{
		{"Shop", "kim@shop.example"},
		{"Kim & Søn’s <Shop>", "kim+new@shop.example"},
		{"a:b/c?d#e=f&g%41", "x:y/z?q#r=s&t%41"},
		{"店 100%", "金@例え.jp"},
	} {
		raw := totp.URI(names[0], names[1], aSecret)
		u, err := url.Parse(raw)
		require.NoError(t, err)
		require.Equal(t, "otpauth", u.Scheme)
		require.Equal(t, "totp", u.Host)
		require.Equal(t, url.Values{
			"algorithm": {"SHA1"}, "digits": {"6"}, "issuer": {names[0]}, "period": {"30"}, "secret": {aSecret},
		}, u.Query())
		// The label has one literal colon, however many the names have.
		parts := strings.Split(strings.TrimPrefix(u.EscapedPath(), "/"), ":")
		require.Len(t, parts, 2, raw)
		for i, part := range parts {
			name, err := url.PathUnescape(part)
			require.NoError(t, err)
			require.Equal(t, names[i], name)
		}
		require.NotContains(t, raw, "+")
	}
}

func TestURI_LeavesOutWhatIsMissing(t *testing.T) {
	t.Parallel()
	require.Equal(t, "otpauth://totp/kim?algorithm=SHA1&digits=6&period=30&secret=A", totp.URI("", "kim", "A"))
	require.Equal(t, "otpauth://totp/Shop?algorithm=SHA1&digits=6&issuer=Shop&period=30&secret=A", totp.URI("Shop", "", "A"))
	require.NotContains(t, totp.URI("\xff", "\xfe", "A"), "%FF", "a name that is not UTF-8 is made so")
}

func TestImage_ShowsTheURI(t *testing.T) {
	t.Parallel()
	source, err := totp.Image("Shop", "kim@shop.example", aSecret)
	require.NoError(t, err)
	require.Less(t, len(source), 3000)
	requireShows(t, source, totp.URI("Shop", "kim@shop.example", aSecret))
}

func TestImage_CutsNamesThatAreTooLong(t *testing.T) {
	t.Parallel()
	for what, names := range map[string][2]string{
		"issuer":    {strings.Repeat("Shop ", 30_000), "kim@shop.example"},
		"account":   {"Shop", strings.Repeat("k", 300) + "@shop.example"},
		"both":      {strings.Repeat("店", 1000), strings.Repeat("金", 1000)},
		"no UTF-8":  {strings.Repeat("\xff", 1000), strings.Repeat("\x80", 1000)},
		"the limit": {strings.Repeat("x", 100), strings.Repeat("y", 210)},
	} {
		source, err := totp.Image(names[0], names[1], aSecret)
		require.NoError(t, err, what)
		module := moduleSize(t, decode(t, source))
		require.GreaterOrEqual(t, module, 2, "%s: pixels that a camera can tell apart", what)
	}
	// A name that fits stays whole beside one that does not, and no character is cut in two.
	want := ""
	for n := range 200 {
		if uri := totp.URI(strings.Repeat("店", n), "kim@shop.example", aSecret); len(uri) <= 500 {
			want = uri
		}
	}
	source, err := totp.Image(strings.Repeat("店", 200), "kim@shop.example", aSecret)
	require.NoError(t, err)
	requireShows(t, source, want)
}

func TestImage_RefusesASecretThatNoCodeHolds(t *testing.T) {
	t.Parallel()
	_, err := totp.Image("Shop", "kim", strings.Repeat("A", 5000))
	require.Error(t, err)
	require.NotContains(t, err.Error(), "AAAA")
}

func decode(t *testing.T, source string) image.Image {
	t.Helper()
	encoded, ok := strings.CutPrefix(source, "data:image/png;base64,")
	require.True(t, ok)
	raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
	require.NoError(t, err)
	picture, err := png.Decode(bytes.NewReader(raw))
	require.NoError(t, err)
	require.Equal(t, image.Rect(0, 0, 200, 200), picture.Bounds())
	return picture
}

func dark(picture image.Image, x, y int) bool {
	r, _, _, _ := picture.At(x, y).RGBA()
	return r < 0x8000
}

// finder is where the finder pattern at the top left begins.
func finder(t *testing.T, picture image.Image) int {
	t.Helper()
	for at := range 200 {
		if dark(picture, at, at) {
			return at
		}
	}
	require.Fail(t, "the picture is blank")
	return 0
}

// moduleSize measures a module of the code: the finder pattern is seven wide. The quiet zone around must be four.
func moduleSize(t *testing.T, picture image.Image) int {
	t.Helper()
	start := finder(t, picture)
	width := 0
	for dark(picture, start+width, start) {
		width++
	}
	require.Zero(t, width%7)
	size := width / 7
	require.GreaterOrEqual(t, start, 4*size, "there is light around the code")
	return size
}

func requireShows(t *testing.T, source, text string) {
	t.Helper()
	picture := decode(t, source)
	want, err := qr.Encode(text, qr.M, qr.Auto)
	require.NoError(t, err)
	start, size := finder(t, picture), moduleSize(t, picture)
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			require.Equal(t, dark(want, x, y), dark(picture, start+x*size+size/2, start+y*size+size/2), "module %d, %d", x, y)
		}
	}
}
