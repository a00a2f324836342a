package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Validate finds everything that keeps a configuration from working.
func (c *Config) Validate() Problems {
	var p Problems
	p.tags("", reflect.ValueOf(*c), "")
	p.cors(c.CORS)
	p.email(c.EmailDelivery)
	p.hostedPage(c.HostedPage)
	p.saml(c.SAML)
	p.secrets(c)
	if blank(c.Service.Name) {
		p.add("service.name", "must not be empty: mails and authenticator apps show it")
	}
	if host := c.Service.PrimaryDomain; host != "" && (!isDomain(host) || len(host) > 253) {
		p.add("service.primary_domain", "must be a host name such as login.shop.example, in lower case")
	}
	p.cookies(c)
	p.thirdParty(c.ThirdParty)
	if c.Username.MinLength > c.Username.MaxLength {
		p.add("username.min_length", "must not be above username.max_length (%d)", c.Username.MaxLength)
	}
	p.relyingParty(c.WebAuthn.RelyingParty)
	if every := c.Signing.RotateEvery; every != 0 && every.Std() < 24*time.Hour {
		p.add("signing.rotate_every", "must be 0 or at least 24h, not %s", every)
	}
	p.webhooks(c.Webhooks)
	return p
}

// ValidateSingle is Validate for the configuration of the only tenant, whose identity providers stand in the configuration itself.
func (c *Config) ValidateSingle() Problems {
	p := c.Validate()
	if c.SAML.Enabled && len(c.SAML.IdentityProviders) == 0 {
		p.add("saml.identity_providers", "must have an entry when saml.enabled is true")
	}
	return p
}

// tags checks what the tags of the tree say: enum, min, max, minlen.
func (p *Problems) tags(path string, v reflect.Value, tag reflect.StructTag) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			p.tags(join(path, nameOf(f)), v.Field(i), f.Tag)
		}
	case reflect.Slice:
		for i := range v.Len() {
			p.tags(index(path, i), v.Index(i), tag)
		}
	case reflect.Map:
		if v.Type().Elem().Kind() != reflect.Interface {
			for _, name := range namesIn(v, v) {
				p.tags(join(path, name), v.MapIndex(reflect.ValueOf(name)), "")
			}
		}
	case reflect.Int:
		p.bounds(path, v.Int(), tag)
	case reflect.String:
		p.text(path, v.String(), tag)
	default:
	}
}

func (p *Problems) bounds(path string, number int64, tag reflect.StructTag) {
	if least, err := strconv.ParseInt(tag.Get("min"), 10, 64); err == nil && number < least {
		p.add(path, "must be at least %d, not %d", least, number)
	}
	if most, err := strconv.ParseInt(tag.Get("max"), 10, 64); err == nil && number > most {
		p.add(path, "must be at most %d, not %d", most, number)
	}
}

func (p *Problems) text(path, text string, tag reflect.StructTag) {
	if words := enumOf(tag); words != nil && !slices.Contains(words, text) {
		p.add(path, "must be %s, not %s", alternatives(words), quote(text))
	}
	if least, err := strconv.Atoi(tag.Get("minlen")); err == nil && len(text) < least && text != Placeholder {
		p.add(path, "must have at least %d bytes", least)
	}
}

// enumOf lists the words a field may hold, nil when it may hold any text.
func enumOf(tag reflect.StructTag) []string {
	words := tag.Get("enum")
	if words == "" {
		return nil
	}
	return strings.Split(words, ",")
}

func (p *Problems) secrets(c *Config) {
	if c.Secrets.KeyManagement.Type == "aws_kms" {
		p.add("secrets.key_management.type", "aws_kms is not supported: use local, which keeps signing keys encrypted in the database")
	}
	_, _ = rewriteSecrets(*c, func(path, text string) (string, error) {
		if text == Placeholder {
			p.add(path, "is the placeholder, but no secret is stored at this place; give it in full")
		}
		return text, nil
	})
}

func (p *Problems) webhooks(w Webhooks) {
	if !w.Enabled {
		return
	}
	known := WebhookEvents()
	for i, hook := range w.Hooks {
		path := index("webhooks.hooks", i)
		if hook.Callback != "" {
			p.webURL(join(path, "callback"), hook.Callback)
		}
		for j, event := range hook.Events {
			if slices.Contains(known, event) {
				continue
			}
			reason := "is not an event"
			if meant := nearest(event, known); meant != "" {
				reason += "; did you mean " + meant + "?"
			}
			p.add(index(join(path, "events"), j), "%s %s", quote(event), reason)
		}
	}
}

// WebhookEvents lists what an entry of webhooks.hooks[].events may be.
func WebhookEvents() []string {
	return []string{
		"user", "user.login", "user.create", "user.update", "user.delete",
		"user.update.email", "user.update.email.create", "user.update.email.primary", "user.update.email.delete",
		"user.update.username", "user.update.username.create", "user.update.username.delete", "user.update.username.update",
		"user.update.password.update", "email.send",
		"session", "session.create", "session.create.flow", "session.create.admin",
		"session.delete", "session.delete.explicit", "session.delete.explicit.logout", "session.delete.explicit.revoke",
		"session.delete.admin", "session.delete.admin.revoke",
		"session.delete.passive", "session.delete.passive.expire", "session.delete.passive.limit",
		"tenant", "tenant.quota", "tenant.quota.warning", "tenant.quota.exceeded",
	}
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }

// alternatives reads "a, b or c".
func alternatives(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// quote shows a text that somebody gave, shortened.
func quote(text string) string {
	if len(text) > 60 {
		text = strings.ToValidUTF8(text[:60], "") + "…"
	}
	return fmt.Sprintf("%q", text)
}
