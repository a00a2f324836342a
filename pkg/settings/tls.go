package settings

import (
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// TLS is how the public server gets certificates by itself.
type TLS struct {
	Mode        string `koanf:"mode"`         // off or auto
	HTTPAddress string `koanf:"http_address"` // where challenges are answered without TLS
	ACME        ACME   `koanf:"acme"`
}

// Auto reports whether the public server speaks TLS.
func (t TLS) Auto() bool { return t.Mode == "auto" }

// ACME is the certificate authority.
type ACME struct {
	Directory string `koanf:"directory"`
	Email     string `koanf:"email"`
	EAB       EAB    `koanf:"eab"`
	TrustedCA string `koanf:"trusted_ca"` // file
}

// EAB binds the account to one that the authority knows (RFC 8555, 7.3.4).
type EAB struct {
	KeyID  string `koanf:"key_id"`
	MACKey Secret `koanf:"mac_key"`
}

// letsEncrypt is the directory of Let's Encrypt.
const letsEncrypt = "https://acme-v02.api.letsencrypt.org/directory"

func tlsKeys() []Key {
	return []Key{
		{Path: "tls.mode", Kind: Text, Default: "off",
			Meaning: "`off`: a proxy speaks TLS. `auto`: the public server does, with certificates that it gets by itself for the hosts of tenants (`tls.md`)"},
		{Path: "tls.http_address", Kind: Text, Default: ":80",
			Meaning: "with `tls.mode: auto`: listen address that answers challenges of the certificate authority, and sends browsers to https"},
		{Path: "tls.acme.directory", Kind: Text, Default: letsEncrypt, Meaning: "directory of the certificate authority (ACME)"},
		{Path: "tls.acme.email", Kind: Text, Meaning: "whom the authority may write to"},
		{Path: "tls.acme.eab.key_id", Kind: Text, Meaning: "id of the key that binds the account to one at the authority, where it wants that"},
		{Path: "tls.acme.eab.mac_key", Kind: Text, Secret: true, Meaning: "the key itself, in base64url"},
		{Path: "tls.acme.trusted_ca", Kind: Text, Meaning: "PEM file with authorities that the directory's own certificate may be from; empty: those of the system"},
	}
}

func (c *checker) tls() {
	t := c.s.TLS
	if t.Mode != "off" && t.Mode != "auto" {
		c.problem("tls.mode", "must be off or auto", "take off behind a proxy")
	}
	if !t.Auto() {
		return
	}
	for path, address := range map[string]string{"tls.http_address": t.HTTPAddress, "server.public.address": c.s.Server.Public.Address} {
		_, port, err := net.SplitHostPort(strings.TrimSpace(address))
		if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n == 0 {
			c.problem(path, "must be a listen address with a port in digits when tls.mode is auto", "give an address such as :80 or :443")
		}
	}
	if u, err := url.Parse(t.ACME.Directory); err != nil || u.Scheme != "https" || u.Host == "" {
		c.problem("tls.acme.directory", "must be an https URL", "take "+letsEncrypt)
	}
	if (t.ACME.EAB.KeyID == "") != (t.ACME.EAB.MACKey == "") {
		c.problem("tls.acme.eab.key_id", "and tls.acme.eab.mac_key belong together", "give both or none")
	}
	if public := c.s.Public.BaseURL; public.Scheme != "https" || public.IsIP() {
		c.problem("public.base_url", "must begin with https and have a name when tls.mode is auto", "give such as https://login.example.com")
	}
	if t.ACME.TrustedCA != "" {
		if _, err := os.Stat(t.ACME.TrustedCA); err != nil {
			c.problem("tls.acme.trusted_ca", "cannot be read", "name a PEM file")
		}
	}
}
