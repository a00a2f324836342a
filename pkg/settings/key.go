package settings

import (
	"slices"
	"strings"
)

// Prefix starts every environment variable of our own.
const Prefix = "LATCHKEEP_"

// A Kind says how the text of a value is read.
type Kind string

// The kinds of values.
const (
	Bool     Kind = "bool"
	Int      Kind = "int"
	Uint     Kind = "uint"
	Text     Kind = "string"
	Duration Kind = "duration" // 90s, 1h30m
	List     Kind = "[]string"
	Hooks    Kind = "hooks" // {"callback":"…","events":["…"]} objects separated by ";"
)

// A Key is one setting: its names in file, environment and flags, and what it means.
type Key struct {
	Path    string // canonical, dotted
	Kind    Kind
	Default any         // typed as Kind says; nil: the zero value
	Shown   string      // the default as documented, where it is not simply Default
	Hanko   []HankoName // accepted besides our own names, the winning one first
	Legacy  []string    // paths of old, mapped with a warning
	Flag    string      // without dashes; every key can also be given as --set path=value
	Secret  bool        // never printed
	Unused  bool        // accepted so that a file can be kept, without effect
	Meaning string
	Since   string // version that introduced the key
}

// A HankoName is a key of a Hanko config.yaml and its environment variable.
type HankoName struct {
	Path string
	Env  string
}

// EnvName is the environment variable of a canonical path.
func EnvName(path string) string {
	return Prefix + upper(path)
}

func upper(path string) string {
	return strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

// paths are all names in the file, the winning one first.
func (k Key) paths() []string {
	names := make([]string, 0, 1+len(k.Hanko))
	for _, h := range k.Hanko {
		names = append(names, h.Path)
	}
	if !slices.Contains(names, k.Path) {
		names = append([]string{k.Path}, names...)
	}
	return names
}

// ownEnv are the LATCHKEEP_ names, the winning one first.
func (k Key) ownEnv() []string {
	names := k.paths()
	for i, path := range names {
		names[i] = EnvName(path)
	}
	return names
}

// hankoEnv are the unprefixed names, the winning one first: the documented name, then the path in upper case.
func (k Key) hankoEnv() []string {
	var names []string
	for _, h := range k.Hanko {
		for _, name := range []string{h.Env, upper(h.Path)} {
			if name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Env are all environment variables of the key, the winning one first, without the …_FILE forms of our own.
func (k Key) Env() []string {
	return append(k.ownEnv(), k.hankoEnv()...)
}
