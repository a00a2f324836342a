package settings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// AddFlags gives a command the flags that Load reads: --config, one for each key that has a short one, and --set
// path=value for every key.
func AddFlags(flags *pflag.FlagSet) {
	flags.String("config", DefaultFile, "configuration file")
	for _, key := range Keys() {
		if key.Flag == "" {
			continue
		}
		usage := fmt.Sprintf("%s (%s)", strings.ReplaceAll(key.Meaning, "`", ""), key.Path)
		if key.Kind == Bool {
			flags.Bool(key.Flag, false, usage)
		} else {
			flags.String(key.Flag, "", usage)
		}
	}
	flags.StringArray("set", nil, "any setting, as path=value (may be repeated)")
}

// flagLayer reads the flags that were given. Flags of other commands are not ours.
func flagLayer(flags *pflag.FlagSet, keys []Key, r *report) map[string]value {
	values := map[string]value{}
	if flags == nil {
		return values
	}
	assign := func(key Key, name, text string) {
		at := Origin{Layer: Flag, Name: name}
		val, err := fromText(key.Kind, text)
		if err != nil {
			r.problem(key.Path, at, err.Error(), "")
		}
		values[key.Path] = value{val: val, origin: at}
	}
	if flags.Lookup("set") != nil {
		assignments, _ := flags.GetStringArray("set") // registered by AddFlags as what it is
		for _, assignment := range assignments {
			path, text, ok := strings.Cut(assignment, "=")
			i := slices.IndexFunc(keys, func(k Key) bool { return slices.Contains(k.paths(), strings.ToLower(path)) })
			switch {
			case !ok:
				r.problem("", Origin{Layer: Flag, Name: "--set"}, "must be path=value", "")
			case i < 0:
				fix := "see the list of settings"
				if near := suggestion(path, knownPaths(keys), nil); near != "" {
					fix = "did you mean " + near + "?"
				}
				r.problem("", Origin{Layer: Flag, Name: "--set " + path}, "is not a setting of the process", fix)
			default:
				assign(keys[i], "--set "+path, text)
			}
		}
	}
	for _, key := range keys {
		if key.Flag == "" {
			continue
		}
		if f := flags.Lookup(key.Flag); f != nil && f.Changed {
			assign(key, "--"+key.Flag, f.Value.String())
		}
	}
	return values
}
