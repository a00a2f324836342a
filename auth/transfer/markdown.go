package transfer

import (
	"fmt"
	"strings"

	"github.com/tidwall/gjson"
)

// Markdown is a page about the file format for people, made from its schema.
func Markdown() string {
	var b strings.Builder
	root := gjson.ParseBytes(schema)
	fmt.Fprintf(&b, "# %s\n\n%s One JSON array of entries; members that are not known are ignored, `null` is the same as absent.\n",
		root.Get("title"), root.Get("description"))
	root.Get("$defs").ForEach(func(name, def gjson.Result) bool {
		if def.Get("properties").Exists() {
			describe(&b, name.String(), def)
		}
		return true
	})
	return b.String()
}

// describe writes a table of an object's members.
func describe(b *strings.Builder, name string, object gjson.Result) {
	fmt.Fprintf(b, "\n## %s\n\n%s.\n\n| Member | Type | Required | |\n|---|---|---|---|\n", name, object.Get("description"))
	required := map[string]bool{}
	for _, member := range object.Get("required").Array() {
		required[member.String()] = true
	}
	object.Get("properties").ForEach(func(member, s gjson.Result) bool {
		must := ""
		if required[member.String()] {
			must = "yes"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", member, kindOf(s), must, strings.ReplaceAll(s.Get("description").String(), "|", `\|`))
		return true
	})
}

// kindOf names what a member is: its type, or that of the objects in it.
func kindOf(s gjson.Result) string {
	if ref := s.Get("$ref").String(); ref != "" {
		name := ref[strings.LastIndex(ref, "/")+1:]
		return fmt.Sprintf("[%s](#%s)", name, strings.ToLower(name))
	}
	kind := ""
	for _, t := range append(s.Get("type").Array(), s.Get("anyOf").Array()...) {
		found := t.String()
		if t.IsObject() {
			found = kindOf(t)
		}
		if found != "" && found != "null" && found != "array" {
			kind = found
		}
	}
	if items := s.Get("items"); items.Exists() {
		kind = "list of " + kindOf(items)
	}
	if format := s.Get("format").String(); format == "date-time" {
		kind = "time"
	}
	return kind
}
