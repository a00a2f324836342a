package settings

import (
	_ "embed"
	"fmt"
	"strings"
	"time"
)

// A Description is one row of the reference of settings.
type Description struct {
	Path     string
	Env      []string // the winning name first; every LATCHKEEP_ name also works with _FILE
	Flag     string   // empty when only --set sets it
	Hanko    []string // other paths in the file
	Kind     Kind
	Required bool // refuses to start without it, outside dev mode
	Default  string
	Meaning  string
	Since    string
	Secret   bool
}

// Describe lists every process setting, in the order of the documentation.
func Describe() []Description {
	list := []Description{}
	for _, key := range Keys() {
		d := Description{
			Path: key.Path, Env: key.Env(), Flag: key.Flag, Kind: key.Kind, Meaning: key.Meaning, Since: key.Since, Secret: key.Secret,
			Default:  key.shown(),
			Required: key.Path == "secrets.keys" || key.Path == "database.url",
		}
		for _, path := range key.paths() {
			if path != key.Path {
				d.Hanko = append(d.Hanko, path)
			}
		}
		list = append(list, d)
	}
	return list
}

// shown is the default as the documentation writes it.
func (k Key) shown() string {
	switch v := k.Default.(type) {
	case nil:
		return k.Shown
	case time.Duration:
		return "`" + shortDuration(v) + "`"
	default:
		if k.Shown != "" {
			return k.Shown
		}
		return fmt.Sprintf("`%v`", v)
	}
}

// shortDuration writes 1h instead of 1h0m0s.
func shortDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

//go:embed reference.md
var preamble string

// Markdown is the reference of settings as a page: docs/configuration.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString(preamble)
	b.WriteString("\n## Settings of the process\n\nEvery `LATCHKEEP_` name also exists with `_FILE` at its end.\n")
	section := ""
	for _, d := range Describe() {
		if top, _, _ := strings.Cut(d.Path, "."); top != section {
			section = top
			fmt.Fprintf(&b, "\n### `%s`\n\n| Key | Type | Default | Environment | Meaning |\n|---|---|---|---|---|\n", section)
		}
		key := "`" + d.Path + "`"
		for _, path := range d.Hanko {
			key += "<br>also `" + path + "`"
		}
		if d.Flag != "" {
			key += "<br>`--" + d.Flag + "`"
		}
		meaning := d.Meaning
		if d.Required {
			meaning += ". **Required**"
		}
		if d.Secret {
			meaning += ". Never printed"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | `%s` | %s |\n", key, d.Kind, d.Default, strings.Join(d.Env, "`<br>`"), meaning)
	}
	b.WriteString("\n## Settings of the tenant, in single-tenant mode\n\n" +
		"What they mean is described with the configuration of tenants. `LATCHKEEP_` and the path in upper case works for each of them, and wins.\n\n" +
		"| Key | Type | Environment |\n|---|---|---|\n")
	for _, key := range TenantKeys() {
		fmt.Fprintf(&b, "| `%s` | %s | `%s` |\n", key.Path, key.Kind, strings.Join(key.envNames()[1:], "`<br>`"))
	}
	b.WriteString("\n## Environment variables of removed keys\n\n" +
		"They are mapped with a warning where the replacement is set nowhere.\n\n| Environment | Sets |\n|---|---|\n")
	for _, key := range Keys() {
		for _, path := range key.Legacy {
			fmt.Fprintf(&b, "| `%s` | `%s` |\n", upper(path), key.Path)
		}
	}
	for _, old := range legacyTenantEnvs() {
		fmt.Fprintf(&b, "| `%s` | `%s` |\n", upper(old.Path), strings.Join(old.Now, "`, `"))
	}
	return b.String()
}
