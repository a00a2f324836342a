package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Markdown is the reference of all settings of a tenant, docs/configuration-tenant.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString(introduction)
	c := reflect.ValueOf(Default())
	for i := range c.NumField() {
		f := c.Type().Field(i)
		fmt.Fprintf(&b, "\n### `%s`\n\n%s\n\n| Key | Type | Default | Meaning |\n|---|---|---|---|\n", nameOf(f), f.Tag.Get("doc"))
		rows(&b, nameOf(f), c.Field(i))
	}
	b.WriteString("\n### Events of `webhooks.hooks[].events`\n\n")
	for _, event := range WebhookEvents() {
		fmt.Fprintf(&b, "- `%s`\n", event)
	}
	b.WriteString(derived)
	b.WriteString("\n## Keys of old\n\nIn a file these are read where the key of today is absent, each with a warning. " +
		"Without a key of today they have no effect.\n\n| Key of old | Key of today |\n|---|---|\n")
	for _, key := range legacyKeys() {
		now := "–"
		if len(key.now) > 0 {
			now = "`" + strings.Join(key.now, "`, `") + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", key.old, now)
	}
	b.WriteString("\n`session.server_side.enabled` counts only when it is true, and `session.server_side.limit` only with it.\n")
	return b.String()
}

// rows writes one line per setting below an object.
func rows(b *strings.Builder, path string, object reflect.Value) {
	for i := range object.NumField() {
		f := object.Type().Field(i)
		rowsOf(b, join(path, nameOf(f)), object.Field(i), f.Tag)
	}
}

func rowsOf(b *strings.Builder, path string, v reflect.Value, tag reflect.StructTag) {
	switch {
	case v.Type() == reflect.TypeFor[Providers]():
		rows(b, path+".<provider>", reflect.ValueOf(Provider{AllowLinking: true}))
		apple := reflect.ValueOf(Apple{})
		for i := reflect.TypeFor[Provider]().NumField(); i < apple.NumField(); i++ { // which has more
			f := apple.Type().Field(i)
			rowsOf(b, path+".apple."+nameOf(f), apple.Field(i), f.Tag)
		}
	case v.Kind() == reflect.Struct:
		rows(b, path, v)
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
		rows(b, path+"[]", empty(v.Type().Elem()))
	case v.Kind() == reflect.Map && v.Type().Elem().Kind() == reflect.Struct:
		rows(b, path+".<name>", empty(v.Type().Elem()))
	default:
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", path, typeOf(v, tag), defaultOf(v), strings.ReplaceAll(tag.Get("doc"), "|", `\|`))
	}
}

// typeOf names the type of a setting with its words and bounds.
func typeOf(v reflect.Value, tag reflect.StructTag) string {
	text := map[reflect.Kind]string{reflect.Bool: "boolean", reflect.Int: "number", reflect.String: "text", reflect.Map: "object"}[v.Kind()]
	switch {
	case v.Type() == durationType:
		text = "duration"
	case v.Kind() == reflect.Slice:
		text = "list of texts"
	}
	if words := enumOf(tag); words != nil {
		text = "`" + strings.Join(words, "`, `") + "`"
	}
	if unit := tag.Get("unit"); unit != "" {
		text += " of " + unit
	}
	least, most := tag.Get("min"), tag.Get("max")
	switch {
	case least != "" && most != "":
		text += ", " + least + "–" + most
	case least != "":
		text += ", at least " + least
	}
	if tag.Get("secret") != "" {
		text += ", secret"
	}
	return text
}

func defaultOf(v reflect.Value) string {
	if text, isText := v.Interface().(string); isText && text == "" || v.Kind() == reflect.Slice && v.Len() == 0 || v.Kind() == reflect.Map {
		return "empty"
	}
	value := plain(v)
	if text, ok := value.(string); ok {
		return "`" + text + "`"
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return "`" + string(raw) + "`"
}

const introduction = `# Configuration of a tenant

<!-- Generated from tenants/config: go test ./tenants/config -run TestMarkdown -update -->

Everything that a single tenant can set. With many tenants it is changed through the console, its API and the command line; with one it stands
in the configuration file beside the settings of the process ([configuration.md](configuration.md)), or in the environment.

Only what differs from the defaults is stored, so a default that improves reaches every tenant that did not choose otherwise.

## How it is read

- What is absent or ` + "`null`" + ` keeps its default. A list or a map replaces the whole default; ` + "`[]`" + ` is an empty list. A value where a list is
  expected is a list of one; commas do not separate.
- Keys are found in upper or lower case. Unknown keys are ignored on the compatible API and in files, and are errors on the console's API.
- Numbers and booleans become texts where a text is expected. Texts become numbers (` + "`\"12\"`, `\"0x10\"`" + `) and booleans
  (` + "`1 t T TRUE true True 0 f F FALSE false False`" + `; ` + "`\"yes\"`" + ` is an error).
- Durations are texts such as ` + "`90s`, `30m`, `1h30m`" + `; a bare number counts nanoseconds.
- Every problem is reported at once, with its path and the reason.

## Secrets

Settings marked *secret* are sealed where they are stored and shown as ` + "`" + Placeholder + "`" + `. Writing that text back keeps the secret.
Whoever may change the configuration decides where a secret is sent, so give that right only to people you would give the secret to.

## Settings

Where it says ` + "`<provider>`" + `, put ` + "`apple`, `discord`, `github`, `google`, `linkedin`, `microsoft` or `facebook`" + `.
`

const derived = `
## Defaults that follow from the address

A tenant made in the console, through its API or by the command line takes these from its public URL. One made through the compatible
` + "`/tenants`" + ` API, one brought over from Hanko's database, and the tenant of single-tenant mode have what the tables say.

| Key | Default |
|---|---|
| ` + "`cors.allow_origins`, `webauthn.relying_party.origins`" + ` | the origin of the URL |
| ` + "`webauthn.relying_party.id`" + ` | its host; with an IP address ` + "`localhost`" + `, because browsers make no credentials for IP addresses |
| ` + "`third_party.redirect_url`" + ` | the URL followed by ` + "`/thirdparty/callback`" + ` |
| ` + "`saml.endpoint_url`" + ` | the URL |
| ` + "`email_delivery.from_address`" + ` | ` + "`noreply@`" + ` and the host, where that can have mail |
| ` + "`signing.algorithm`" + ` | ` + "`ES256`" + ` |
`
