package config

import (
	"bytes"
	"encoding/base64"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/latchkeep/latchkeep/pkg/safehttp"
)

// HostedPage is the sign-in page that a tenant serves by itself. It is a setting of Latchkeep's own.
type HostedPage struct {
	Enabled    bool     `json:"enabled" doc:"Serve a sign-in page at /sign-in and the account of who is signed in at /profile."`
	Title      string   `json:"title" doc:"Name at the top of the page. Empty: service.name."`
	Logo       string   `json:"logo" doc:"Picture at the top: an https:// URL, or a data: URL of a PNG, JPEG, WebP or SVG picture of at most 64 KiB. Empty: the title alone."`
	Light      Colors   `json:"light" doc:"Colours by day, each as #rrggbb."`
	Dark       Colors   `json:"dark" doc:"Colours where people prefer dark pages, each as #rrggbb."`
	Languages  []string `json:"languages" enum:"en,de,fr,it,nl,pt-BR,zh,bn" doc:"Languages of the page, the first of them where a person's is not among them. Empty: all, and English."`
	TermsURL   string   `json:"terms_url" doc:"Link to the terms of use. Empty: none."`
	PrivacyURL string   `json:"privacy_url" doc:"Link to the privacy statement. Empty: none."`
}

// Colors are those of a page.
type Colors struct {
	Background string `json:"background" doc:"Behind everything."`
	Text       string `json:"text" doc:"Of texts."`
	Brand      string `json:"brand" doc:"Of buttons and links."`
	BrandText  string `json:"brand_text" doc:"On buttons."`
}

// PageLanguages are those that the hosted page has, in the order in which they are offered.
func PageLanguages() []string { return []string{"en", "de", "fr", "it", "nl", "pt-BR", "zh", "bn"} }

func defaultHostedPage() HostedPage {
	return HostedPage{
		Light:     Colors{Background: "#ffffff", Text: "#1b1d24", Brand: "#3457d5", BrandText: "#ffffff"},
		Dark:      Colors{Background: "#14161c", Text: "#eceef4", Brand: "#9db2ff", BrandText: "#10131c"},
		Languages: []string{},
	}
}

const (
	maxLogo  = 64 << 10 // bytes of the picture
	maxTitle = 100      // bytes
)

var colorPattern = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

func (p *Problems) hostedPage(h HostedPage) {
	const path = "hosted_page"
	if len(h.Title) > maxTitle || strings.ContainsFunc(h.Title, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		p.add(path+".title", "must have at most %d bytes, and none that cannot be seen", maxTitle)
	}
	p.logo(path+".logo", h.Logo)
	for _, of := range []struct {
		name   string
		colors Colors
	}{{"light", h.Light}, {"dark", h.Dark}} {
		for _, c := range of.colors.named() {
			if !colorPattern.MatchString(c.value) {
				p.add(join(path, of.name)+"."+c.name, "must be a colour such as #3457d5")
			}
		}
	}
	for i, code := range h.Languages {
		if slices.Contains(h.Languages[:i], code) {
			p.add(index(path+".languages", i), "is in the list already")
		}
	}
	for _, link := range []struct{ name, url string }{{"terms_url", h.TermsURL}, {"privacy_url", h.PrivacyURL}} {
		if link.url != "" {
			p.webURL(join(path, link.name), link.url)
		}
	}
}

func (c Colors) named() []struct{ name, value string } {
	return []struct{ name, value string }{{"background", c.Background}, {"text", c.Text}, {"brand", c.Brand}, {"brand_text", c.BrandText}}
}

// logo checks a picture: its address, or what it is made of.
func (p *Problems) logo(path, logo string) {
	const reason = "must be an https:// URL, or a data: URL of a PNG, JPEG, WebP or SVG picture in base64"
	switch {
	case logo == "":
	case strings.HasPrefix(logo, "https://"):
		u, ok := safehttp.WebURL(logo)
		if !ok || u.User != nil || strings.ContainsAny(u.Host, ";, '\"") || len(logo) > 2048 {
			p.add(path, reason)
		}
	case strings.HasPrefix(logo, "data:"):
		kind, text, ok := strings.Cut(strings.TrimPrefix(logo, "data:"), ";base64,")
		if len(text) > base64.StdEncoding.EncodedLen(maxLogo) {
			p.add(path, "must not be larger than %d KiB", maxLogo>>10)
			return
		}
		content, err := base64.StdEncoding.DecodeString(text)
		if !ok || err != nil || !isPicture(kind, content) {
			p.add(path, reason)
		}
	default:
		p.add(path, reason)
	}
}

// isPicture reports whether a picture is of the kind that it is said to be of.
func isPicture(kind string, content []byte) bool {
	switch kind {
	case "image/png":
		return bytes.HasPrefix(content, []byte("\x89PNG\r\n\x1a\n"))
	case "image/jpeg":
		return bytes.HasPrefix(content, []byte("\xff\xd8\xff"))
	case "image/webp":
		return len(content) > 12 && bytes.HasPrefix(content, []byte("RIFF")) && string(content[8:12]) == "WEBP"
	case "image/svg+xml": // shown as a picture, which runs no script
		return bytes.Contains(content, []byte("<svg"))
	}
	return false
}

// readable is the contrast that texts need (WCAG 2.2, 1.4.3).
const readable = 4.5

// hostedPageWarnings warns of colours that many people cannot read.
func (c *Config) hostedPageWarnings() (p Problems) {
	if !c.HostedPage.Enabled {
		return nil
	}
	for _, of := range []struct {
		name   string
		colors Colors
	}{{"light", c.HostedPage.Light}, {"dark", c.HostedPage.Dark}} {
		for _, pair := range []struct{ name, front, back, on string }{
			{"text", of.colors.Text, of.colors.Background, "background"}, {"brand", of.colors.Brand, of.colors.Background, "background"},
			{"brand_text", of.colors.BrandText, of.colors.Brand, "brand"},
		} {
			if got := contrast(pair.front, pair.back); got < readable {
				p.add("hosted_page."+of.name+"."+pair.name, "has a contrast of %.1f to %s: many people cannot read below %.1f", got, pair.on, readable)
			}
		}
	}
	return p
}

// contrast of two colours (WCAG 2.2, contrast ratio).
func contrast(a, b string) float64 {
	bright, dark := luminance(a), luminance(b)
	if bright < dark {
		bright, dark = dark, bright
	}
	return (bright + 0.05) / (dark + 0.05)
}

// luminance of a colour, relative (WCAG 2.2).
func luminance(color string) float64 {
	if !colorPattern.MatchString(color) {
		return 0
	}
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, _ := strconv.ParseUint(color[1+2*i:3+2*i], 16, 8) // the pattern has digits only
		v := float64(n) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}
