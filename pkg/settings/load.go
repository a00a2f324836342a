package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
)

// configEnv names the file where --config does not.
const configEnv = Prefix + "CONFIG"

// Skip leaves out checks that a command can do without.
type Skip int

// What can be left out.
const (
	SkipSecrets  Skip = 1 << iota // the command neither encrypts nor decrypts
	SkipDatabase                  // the command opens no database
	SkipRunRole                   // the command connects as the owner: database.migrate_url alone is enough
)

// LoadOptions are the inputs of Load. The zero value reads the default file only.
type LoadOptions struct {
	File  string         // file to read; --config wins, then this, then LATCHKEEP_CONFIG, then DefaultFile
	Env   []string       // as os.Environ gives it
	Flags *pflag.FlagSet // a command's flags, parsed; those of AddFlags are read
	Dev   bool           // the dev command: own defaults, and no secrets needed
	Skip  Skip

	// Defaults replace built-in ones, as text by canonical path. Every layer wins over them.
	Defaults map[string]string

	// TenantKeys are settings of a tenant besides those of TenantKeys that LATCHKEEP_ variables may set.
	TenantKeys []TenantKey

	// ReadFile reads the configuration file and the files that …_FILE variables name; os.ReadFile where nil.
	ReadFile func(name string) ([]byte, error)
}

// Load merges defaults, file, environment and flags and checks the result. The error is of type Problems and holds
// everything that is wrong; the notices are returned in any case.
func Load(o LoadOptions) (*Settings, Notices, error) {
	if o.ReadFile == nil {
		o.ReadFile = os.ReadFile
	}
	r := &report{}
	keys := Keys()
	tenant := append(TenantKeys(), o.TenantKeys...)
	env := newEnvironment(o.Env, o.ReadFile)

	name := o.file(env)
	doc, readable := readDocument(name, name != DefaultFile, o.ReadFile, r)
	doc.checkNames(keys, r)
	env.checkNames(keys, tenant, r)

	layers := []map[string]value{
		defaults(keys, o, r),
		doc.layer(keys, r),
		env.layer(keys, o.Dev, r),
		flagLayer(o.Flags, keys, r),
	}
	s := &Settings{File: doc.name, origins: map[string]Origin{}, keys: keys}
	s.Dev.Enabled = o.Dev
	tree := koanf.New(".")
	for _, layer := range layers {
		if err := merge(tree, layer); err != nil {
			return nil, r.notices, err
		}
		for path, v := range layer {
			s.origins[path] = v.origin
		}
	}
	err := tree.UnmarshalWithConf("", s, koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{TagName: "koanf"}})
	if err != nil {
		return nil, r.notices, fmt.Errorf("decode the settings: %w", err)
	}

	c := &checker{s: s, tree: tree, r: r, o: o}
	c.mode(doc)
	s.Tenant = tenantPart(doc, env, tenant, s.MultiTenancy.Enabled, r)
	if readable { // half the settings missing would only bury the reason
		c.all()
	}
	if len(r.problems) > 0 {
		return nil, r.notices, r.problems
	}
	return s, r.notices, nil
}

// file chooses the file to read.
func (o LoadOptions) file(env environment) string {
	if o.Flags != nil {
		if f := o.Flags.Lookup("config"); f != nil && f.Changed && f.Value.String() != "" {
			return f.Value.String()
		}
	}
	for _, name := range []string{o.File, env.vars[configEnv]} {
		if name != "" {
			return name
		}
	}
	return DefaultFile
}

// defaults is the weakest layer.
func defaults(keys []Key, o LoadOptions, r *report) map[string]value {
	values := map[string]value{}
	for _, key := range keys {
		at := Origin{Layer: Default, Name: key.Path}
		val := key.Default
		if o.Dev {
			switch key.Path {
			case "database.auto_migrate":
				val = true
			case "log.format":
				val = "text"
			}
		}
		if text, ok := o.Defaults[key.Path]; ok {
			parsed, err := fromText(key.Kind, text)
			if err != nil {
				r.problem(key.Path, at, err.Error(), "")
				continue
			}
			val = parsed
		}
		if val != nil {
			values[key.Path] = value{val: val, origin: at}
		}
	}
	return values
}

// merge lays one layer over the tree; values that could not be read leave what is below them.
func merge(tree *koanf.Koanf, layer map[string]value) error {
	flat := map[string]any{}
	for _, path := range slices.Sorted(maps.Keys(layer)) {
		if layer[path].val != nil {
			flat[path] = layer[path].val
		}
	}
	if err := tree.Load(confmap.Provider(flat, "."), nil); err != nil {
		return fmt.Errorf("merge the settings: %w", err)
	}
	return nil
}

// withoutPath drops the path from an error of the file system: the message names it already.
func withoutPath(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
