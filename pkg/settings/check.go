package settings

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/knadh/koanf/v2"

	"github.com/latchkeep/latchkeep/pkg/secret"
)

// A checker finishes and checks merged settings.
type checker struct {
	s    *Settings
	tree *koanf.Koanf
	r    *report
	o    LoadOptions
}

// isSet reports whether the operator gave the key, readable or not.
func (c *checker) isSet(path string) bool {
	o, ok := c.s.origins[path]
	return ok && o.Layer != Default
}

func (c *checker) problem(path, reason, fix string) {
	at := c.s.Origin(path)
	c.r.problem(path, at, reason, fix)
}

func (c *checker) warn(path, format string, args ...any) {
	c.r.warn(c.s.Origin(path), format, args...)
}

func (c *checker) all() {
	c.listeners()
	c.clientIP()
	c.baseURLs()
	c.database()
	c.redis()
	c.limits()
	c.locker()
	c.secrets()
	c.audit()
	c.tenants()
	c.quotas()
	c.mails()
	c.log()
	c.traces()
	c.mail()
	c.tls()
	c.s.Egress.AllowCIDRs = c.prefixes("egress.allow_cidrs", true)
}

// mode decides between many tenants and one. Where the operator does not say, a file that configures a tenant at top level
// is a Hanko file of one tenant.
func (c *checker) mode(doc document) {
	if c.isSet("multi_tenancy.enabled") || c.o.Dev {
		return
	}
	if written, ok := doc.holdsTenant(); ok {
		c.s.MultiTenancy.Enabled = false
		c.r.inform(doc.origin(written), "configures a tenant, so this process serves one tenant at /; set multi_tenancy.enabled to choose yourself")
	}
}

func (c *checker) listeners() {
	seen := map[string]string{}
	for _, l := range []struct {
		path    string
		address *string
	}{
		{"server.public.address", &c.s.Server.Public.Address},
		{"server.admin.address", &c.s.Server.Admin.Address},
		{"server.console.address", &c.s.Server.Console.Address},
		{"server.ops.address", &c.s.Server.Ops.Address},
	} {
		*l.address = strings.TrimSpace(*l.address)
		if *l.address == "" {
			c.problem(l.path, "must not be empty", "give an address such as :8000 or 127.0.0.1:8000")
			continue
		}
		_, port, err := net.SplitHostPort(*l.address)
		if err != nil {
			c.problem(l.path, "is not a listen address", "give an address such as :8000 or 127.0.0.1:8000")
			continue
		}
		if n, err := strconv.ParseUint(port, 10, 16); port == "" || err != nil && strings.ContainsAny(port, "0123456789") {
			c.problem(l.path, "has no valid port", "ports are 1 to 65535")
			continue
		} else if err == nil && n == 0 {
			continue // the system chooses
		}
		if other, taken := seen[*l.address]; taken {
			c.problem(l.path, fmt.Sprintf("is %s, like %s", *l.address, other), "give each listener its own port")
		}
		seen[*l.address] = c.s.Origin(l.path).Name
	}
	if c.s.Server.DrainDelay < 0 {
		c.problem("server.drain_delay", "must not be negative", "0s closes at once")
	}
}

func (c *checker) clientIP() {
	ip := &c.s.Server.IP
	switch ip.Extractor {
	case "", "direct":
		ip.Extractor = "direct"
		ip.TrustedProxies = c.prefixes("server.ip.trusted_proxies", false)
		return
	case "x_forwarded_for", "x_real_ip":
	default:
		c.problem("server.ip.extractor", fmt.Sprintf("%q is unknown", ip.Extractor), "use direct, x_forwarded_for or x_real_ip")
		return
	}
	if len(c.tree.Strings("server.ip.trusted_proxies")) == 0 {
		if !c.failed("server.ip.trusted_proxies") {
			c.problem("server.ip.trusted_proxies", "is needed with the extractor "+ip.Extractor,
				"list the networks of your proxies, such as 10.0.0.0/8; private ranges are not trusted by themselves")
		}
		return
	}
	ip.TrustedProxies = c.prefixes("server.ip.trusted_proxies", true)
	for _, prefix := range ip.TrustedProxies {
		if prefix.Bits() == 0 {
			c.warn("server.ip.trusted_proxies", "%v trusts everybody: any client can forge its address", prefix)
		}
	}
}

// failed reports whether a key was given but could not be read, which has been reported.
func (c *checker) failed(path string) bool {
	for _, p := range c.r.problems {
		if p.Path == path {
			return true
		}
	}
	return false
}

// prefixes reads a list of networks; strict makes a bad entry a problem instead of a notice.
func (c *checker) prefixes(path string, strict bool) []netip.Prefix {
	var list []netip.Prefix
	for _, text := range c.tree.Strings(path) {
		prefix, err := netip.ParsePrefix(strings.TrimSpace(text))
		switch {
		case err == nil:
			list = append(list, prefix.Masked())
		case strict:
			fix := "write networks such as 10.0.0.0/8"
			if addr, err := netip.ParseAddr(strings.TrimSpace(text)); err == nil && addr.Zone() == "" {
				fix = fmt.Sprintf("write %v for one address", netip.PrefixFrom(addr, addr.BitLen()))
			}
			c.problem(path, fmt.Sprintf("%s is not a network in CIDR form", quote(text)), fix)
		default:
			c.warn(path, "%s is not a network in CIDR form and is ignored", quote(text))
		}
	}
	return list
}

func (c *checker) baseURLs() {
	for _, b := range []struct {
		path    string
		url     *BaseURL
		address string
	}{
		{"public.base_url", &c.s.Public.BaseURL, c.s.Server.Public.Address},
		{"admin.base_url", &c.s.Admin.BaseURL, c.s.Server.Admin.Address},
		{"console.base_url", &c.s.Console.BaseURL, c.s.Server.Console.Address},
	} {
		text := strings.TrimSpace(c.tree.String(b.path))
		if text == "" {
			*b.url = localBaseURL(b.address)
			continue
		}
		parsed, err := ParseBaseURL(text)
		if err != nil {
			c.problem(b.path, err.Error(), "give scheme and host only, such as https://example.com")
			continue
		}
		*b.url = parsed
		if parsed.Scheme == "http" && !parsed.IsLoopback() {
			c.warn(b.path, "is not https: browsers refuse passkeys and secure cookies there")
		}
	}
	switch public := c.s.Public.BaseURL; {
	case !c.s.MultiTenancy.Enabled || c.o.Dev:
	case !c.isSet("public.base_url"):
		c.r.warn(Origin{Name: "public.base_url"}, "is not set: the addresses of tenants are made from %v", public)
	case public.IsIP():
		c.warn("public.base_url", "is an address, which has no names below it: tenants are reached by path only")
	}
}

func (c *checker) limits() {
	rl := &c.s.RateLimiter
	all := []*Limit{&rl.Passcode, &rl.OTP, &rl.Password, &rl.Token, &rl.AccountPasscode, &rl.AccountPassword, &rl.AccountOTP, &rl.ThirdParty}
	for _, limit := range all {
		limit.Tokens = max(limit.Tokens, 1)
		if limit.Interval <= 0 {
			limit.Interval = time.Second
		}
	}
	if rl.Store == "" {
		rl.Store = "in_memory"
		if c.s.Redis.URL != "" {
			rl.Store = "redis"
		}
	}
	if rl.Enabled {
		c.store("rate_limiter", rl.Store)
	}
}

// store checks a choice between memory and Redis.
func (c *checker) store(block, store string) {
	switch {
	case store == "in_memory":
	case store != "redis":
		c.problem(block+".store", fmt.Sprintf("%s is unknown", quote(store)), "use in_memory or redis")
	case c.s.Redis.URL == "" && !c.failed("redis.url") && !c.failed(block+".redis_config.address"):
		c.problem(block+".store", "is redis, but the address of Redis is missing", "set redis.url")
	}
}

func (c *checker) locker() {
	given := ""
	for _, key := range c.s.keys {
		if strings.HasPrefix(key.Path, "flow_locker.") && c.isSet(key.Path) && given == "" {
			given = key.Path
		}
	}
	if given == "" {
		return
	}
	c.warn(given, "is accepted and ignored: flows are guarded by their version, not by a lock")
	if c.tree.Bool("flow_locker.enabled") {
		c.store("flow_locker", c.tree.String("flow_locker.store"))
	}
}

func (c *checker) secrets() {
	const path = "secrets.keys"
	if c.o.Skip&SkipSecrets != 0 || c.failed(path) || c.o.Dev && len(c.s.Secrets.Keys) == 0 {
		return
	}
	keys := c.s.Secrets.Reveal()
	ring, err := secret.NewKeyring(keys)
	if err != nil {
		reason := strings.TrimPrefix(err.Error(), "secrets: ")
		c.problem(path, reason, "")
		return
	}
	for _, warning := range ring.Warnings() {
		c.warn(path, "%s", strings.TrimPrefix(warning, "secrets: "))
	}
}

func (c *checker) audit() {
	switch out := &c.s.AuditLog.ConsoleOutput.Output; *out {
	case "stdout", "stderr":
	default:
		c.warn("audit_log.console_output.output", "is neither stdout nor stderr, stdout is used")
		*out = "stdout"
	}
	retention, err := time.ParseDuration(c.tree.String("audit_log.retention"))
	if err != nil || retention <= 0 {
		c.problem("audit_log.retention", "must be a positive duration", "for thirty days write 720h")
		return
	}
	c.s.AuditLog.Retention = retention
}

func (c *checker) tenants() {
	grace, err := time.ParseDuration(c.tree.String("tenants.grace"))
	if err != nil || grace < 0 {
		c.problem("tenants.grace", "must be a duration, and not negative", "for thirty days write 720h")
		return
	}
	c.s.Tenants.Grace = grace
	if c.s.Tenants.MaxImport < 1<<20 {
		c.problem("tenants.max_import", "must be at least 1048576 bytes", "for a gigabyte write 1073741824")
	}
}

func (c *checker) mails() {
	retention, err := time.ParseDuration(c.tree.String("mails.retention"))
	if err != nil || retention <= 0 {
		c.problem("mails.retention", "must be a duration, and more than nothing", "for a week write 168h")
		return
	}
	c.s.Mails.Retention = retention
}

func (c *checker) log() {
	level := strings.ToLower(c.tree.String("log.level"))
	switch level {
	case "debug", "info", "warn", "error":
		_ = c.s.Log.Level.UnmarshalText([]byte(level)) // one of its own names
	default:
		c.problem("log.level", fmt.Sprintf("%s is unknown", quote(level)), "use debug, info, warn or error")
	}
	if c.s.Debug && !c.isSet("log.level") {
		c.s.Log.Level = slog.LevelDebug
	}
	if f := c.s.Log.Format; f != "json" && f != "text" {
		c.problem("log.format", fmt.Sprintf("%s is unknown", quote(f)), "use json or text")
	}
}

func (c *checker) traces() {
	if text := c.tree.String("traces.endpoint"); text != "" {
		endpoint, err := url.Parse(text)
		if err != nil || endpoint.Scheme != "http" && endpoint.Scheme != "https" || endpoint.Host == "" {
			c.problem("traces.endpoint", "must be an http or https URL", "for a collector beside this program write http://localhost:4318")
			return
		}
		c.s.Traces.Endpoint = endpoint
	}
	ratio, err := strconv.ParseFloat(c.tree.String("traces.ratio"), 64)
	if err != nil || !(ratio >= 0 && ratio <= 1) {
		c.problem("traces.ratio", "must be a number from 0 to 1", "to trace one request of a hundred write 0.01")
		return
	}
	c.s.Traces.Ratio = ratio
}

func (c *checker) mail() {
	mail := c.s.DefaultEmailDelivery
	if !mail.Enabled {
		return
	}
	if strings.TrimSpace(mail.SMTP.Host) == "" {
		c.problem("default_email_delivery.smtp.host", "is missing, though default_email_delivery is enabled", "name the mail host")
	}
	if n, err := strconv.ParseUint(strings.TrimSpace(mail.SMTP.Port), 10, 16); err != nil || n == 0 {
		c.problem("default_email_delivery.smtp.port", "must be a port", "usual ones are 465 and 587")
	}
	if mail.SMTP.TLS != "opportunistic" && mail.SMTP.TLS != "required" && mail.SMTP.TLS != "implicit" {
		c.problem("default_email_delivery.smtp.tls", "must be opportunistic, required or implicit, not "+quote(mail.SMTP.TLS), "")
	}
	if !strings.Contains(mail.FromAddress, "@") {
		c.problem("default_email_delivery.from_address", "must be a mail address", "name the sender of mails")
	}
}

// quote repeats a value that is not a secret, bounded and without control characters.
func quote(text string) string {
	if len(text) > 60 {
		text = text[:60] + "…"
	}
	return strconv.Quote(text)
}
