package settings

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// fileSuffix names a variable whose value is the path of a file that holds the value.
const fileSuffix = "_FILE"

// An environment is the process environment, read once.
type environment struct {
	vars map[string]string
	read func(string) ([]byte, error)
}

func newEnvironment(environ []string, read func(string) ([]byte, error)) environment {
	vars := make(map[string]string, len(environ))
	for _, one := range environ {
		if name, val, ok := strings.Cut(one, "="); ok && name != "" {
			vars[name] = val
		}
	}
	return environment{vars: vars, read: read}
}

// get reads one variable, or for our own names the file its …_FILE twin names. ok is true when it was set, even if it
// could not be read; then a problem is reported and val is nil.
func (e environment) get(name, path string, kind Kind, r *report) (val any, at Origin, ok bool) {
	at = Origin{Layer: Environment, Name: name}
	text, direct := e.vars[name]
	file, indirect := "", false
	if strings.HasPrefix(name, Prefix) {
		file, indirect = e.vars[name+fileSuffix]
	}
	var err error
	switch {
	case direct && indirect:
		r.problem(path, at, "is set, and so is "+name+fileSuffix, "keep one of them")
		return nil, at, true
	case direct:
		val, err = fromText(kind, text)
	case indirect:
		at.Name, at.File = name+fileSuffix, file
		content, readErr := e.read(file)
		if readErr != nil {
			r.problem(path, at, fmt.Sprintf("the file cannot be read: %v", withoutPath(readErr)), "check the path and its permissions")
			return nil, at, true
		}
		if len(content) > maxFile {
			r.problem(path, at, fmt.Sprintf("the file is larger than %d bytes", maxFile), "")
			return nil, at, true
		}
		val, err = fromSecretFile(kind, string(content))
	default:
		return nil, at, false
	}
	if err != nil {
		r.problem(path, at, err.Error(), "")
		return nil, at, true
	}
	return val, at, true
}

// layer reads the variables of every key. In dev mode the unprefixed names of the database are left alone: they may
// belong to another program of the developer.
func (e environment) layer(keys []Key, dev bool, r *report) map[string]value {
	values := map[string]value{}
	for _, key := range keys {
		own := key.ownEnv()
		for _, name := range e.candidates(key) {
			foreign := !strings.HasPrefix(name, Prefix)
			if foreign && key.Path == "debug" && !e.isBool(name) {
				if _, set := e.vars[name]; set {
					r.warn(Origin{Layer: Environment, Name: name}, "is neither true nor false and is taken for another program's")
				}
				continue
			}
			if foreign && dev && strings.HasPrefix(key.Path, "database.") {
				if _, set := e.vars[name]; set {
					r.warn(Origin{Layer: Environment, Name: name}, "is ignored in dev mode, set %s if you mean it", own[0])
				}
				continue
			}
			e.take(values, key, name, r)
		}
	}
	return values
}

// candidates are the variables that may set a key, the winning one first.
func (e environment) candidates(key Key) []string {
	names := key.Env()
	for _, path := range key.Legacy {
		names = append(names, EnvName(path), upper(path))
	}
	return names
}

func (e environment) take(values map[string]value, key Key, name string, r *report) {
	if _, set := e.vars[name]; !set {
		if _, set = e.vars[name+fileSuffix]; !set || !strings.HasPrefix(name, Prefix) {
			return
		}
	}
	if old, taken := values[key.Path]; taken {
		if e.vars[old.origin.Name] != e.vars[name] {
			r.warn(Origin{Layer: Environment, Name: name}, "is ignored because %s is set too", old.origin.Name)
		}
		return
	}
	val, at, _ := e.get(name, key.Path, key.Kind, r)
	if isEmptyList(val) && key.Secret {
		return // an empty list of secrets is no secret
	}
	for _, path := range key.Legacy {
		if name == EnvName(path) || name == upper(path) {
			r.warn(at, "is a name of old, use %s", EnvName(key.Path))
		}
	}
	values[key.Path] = value{val: val, origin: at}
}

func (e environment) isBool(name string) bool {
	_, err := fromText(Bool, e.vars[name])
	return err == nil
}

// others are variables of our own programs and tools that are no settings of this one. Who works with them has them in the same environment.
func others() []string {
	return []string{
		// latchkeep-load
		Prefix + "LOAD_TOKEN", Prefix + "LOAD_KEY",
		// atlas.hcl
		Prefix + "ATLAS_DEV_URL",
		// scripts/make-upgrade-fixture, scripts/timing and scripts/isolation
		Prefix + "UPGRADE_BINARY", Prefix + "UPGRADE_COMMIT", Prefix + "UPGRADE_FIXTURE",
		Prefix + "TIMING_SAMPLES", Prefix + "TIMING_ONLY", Prefix + "TIMING_TABLE",
		Prefix + "ISOLATION_REPORT", Prefix + "MUTATION",
	}
}

// checkNames reports variables that start like ours and mean nothing: a typing error must not go unnoticed.
func (e environment) checkNames(keys []Key, tenant []TenantKey, r *report) {
	whole := append(others(), configEnv) // they have no …_FILE form
	var known []string
	for _, key := range keys {
		known = append(known, key.ownEnv()...)
		for _, path := range key.Legacy {
			known = append(known, EnvName(path))
		}
	}
	for _, key := range tenant {
		known = append(known, EnvName(key.Path))
	}
	for _, old := range legacyTenantEnvs() {
		known = append(known, EnvName(old.Path))
	}
	names := make([]string, 0, len(e.vars))
	for name := range e.vars {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if !strings.HasPrefix(name, Prefix) || slices.Contains(whole, name) ||
			slices.Contains(known, strings.TrimSuffix(name, fileSuffix)) ||
			strings.HasPrefix(name, Prefix+"TEST_") || serviceLink(name, e.vars[name]) {
			continue
		}
		fix := "remove it"
		if near := nearest(strings.TrimSuffix(name, fileSuffix), slices.Concat(known, whole)); near != "" {
			fix = "did you mean " + near + "?"
		}
		r.problem("", Origin{Layer: Environment, Name: name}, "is not a setting", fix)
	}
}

// serviceLink reports whether a variable is one that Kubernetes sets for a service named like us, such as
// LATCHKEEP_SERVICE_HOST or LATCHKEEP_ADMIN_PORT_8001_TCP_ADDR.
func serviceLink(name, val string) bool {
	if regexp.MustCompile(`_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$`).MatchString(name) {
		return true
	}
	link := strings.HasPrefix(val, "tcp://") || strings.HasPrefix(val, "udp://") || strings.HasPrefix(val, "sctp://")
	return strings.HasSuffix(name, "_PORT") && link
}
