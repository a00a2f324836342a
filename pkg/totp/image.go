package totp

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/boombuler/barcode/qr"
)

const (
	// imageSize is the width and height of a QR code in pixels.
	imageSize = 200
	// quietZone is how many modules around a QR code must be light for cameras to find it (ISO/IEC 18004).
	quietZone = 4
	// maxURI is the number of bytes up to which each module is two pixels wide at least: version 17 holds 504 at level M.
	maxURI = 500
)

var errTooLong = errors.New("totp: the secret is too long for a QR code")

// URI is what an app reads from the QR code: the "Key URI Format" of Google Authenticator. An issuer or account may be any text; an
// empty one is left out.
func URI(issuer, account, secret string) string {
	var b strings.Builder
	b.WriteString("otpauth://totp/")
	b.WriteString(escape(issuer))
	if issuer != "" && account != "" {
		b.WriteByte(':')
	}
	b.WriteString(escape(account))
	b.WriteString("?algorithm=SHA1&digits=" + strconv.Itoa(digits))
	if issuer != "" {
		b.WriteString("&issuer=" + escape(issuer))
	}
	b.WriteString("&period=" + strconv.Itoa(period) + "&secret=" + escape(secret))
	return b.String()
}

// escape writes every reserved character in percent notation, as either part of a URI understands it. A plus sign would be a space to some apps.
func escape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(strings.ToValidUTF8(s, "\uFFFD")), "+", "%20")
}

// Image is a QR code that authenticator apps read, 200 pixels wide and high, as a data URI with a PNG. Names that are too long for it are
// cut: they are there for people to tell their codes apart, and do not change the codes. Errors: a secret too long for a QR code.
func Image(issuer, account, secret string) (string, error) {
	issuer, account = fit(issuer, account, secret)
	code, err := qr.Encode(URI(issuer, account, secret), qr.M, qr.Auto)
	if err != nil {
		return "", errTooLong // the library's error quotes the secret
	}
	picture, err := draw(code)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return "", fmt.Errorf("totp: write PNG: %w", err)
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

// fit cuts names until their URI is short enough, the longer one first.
func fit(issuer, account, secret string) (string, string) {
	issuer, account = head(issuer), head(account)
	for len(URI(issuer, account, secret)) > maxURI && issuer+account != "" {
		if len(escape(issuer)) >= len(escape(account)) {
			issuer = withoutLast(issuer)
		} else {
			account = withoutLast(account)
		}
	}
	return issuer, account
}

// head is as much of a name as could fit at all, so that cutting one of any length takes little time.
func head(s string) string {
	if len(s) <= maxURI {
		return s
	}
	end := maxURI
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

func withoutLast(s string) string {
	_, size := utf8.DecodeLastRuneInString(s)
	return s[:len(s)-size]
}

// draw paints a QR code in the middle of the picture, in modules as large as leave the quiet zone light. Its two colours make the PNG a
// tenth as long as one with shades of grey: the picture travels in each answer of a state.
func draw(code image.Image) (image.Image, error) {
	modules := code.Bounds().Dx()
	size := imageSize / (modules + 2*quietZone)
	if size == 0 {
		return nil, errTooLong
	}
	picture := image.NewPaletted(image.Rect(0, 0, imageSize, imageSize), color.Palette{color.White, color.Black})
	start := (imageSize - modules*size) / 2
	for y := range modules * size {
		for x := range modules * size {
			if r, _, _, _ := code.At(x/size, y/size).RGBA(); r == 0 {
				picture.SetColorIndex(start+x, start+y, 1)
			}
		}
	}
	return picture, nil
}
