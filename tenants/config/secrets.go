package config

import (
	"fmt"
	"reflect"
)

// Placeholder stands for a secret that is set. Who writes it back keeps the secret.
const Placeholder = "********"

// Mask returns a copy that may be shown: secrets that are set are the placeholder.
func Mask(c Config) Config {
	masked, _ := rewriteSecrets(c, func(string, string) (string, error) { return Placeholder, nil })
	return masked
}

// Keep returns given with every placeholder replaced by the secret stored at the same place. Where none is stored the placeholder stays, and
// Validate finds it.
func Keep(stored, given Config) Config {
	secrets := map[string]string{}
	_, _ = rewriteSecrets(stored, func(path, text string) (string, error) {
		secrets[path] = text
		return text, nil
	})
	kept, _ := rewriteSecrets(given, func(path, text string) (string, error) {
		if secret, ok := secrets[path]; ok && text == Placeholder {
			return secret, nil
		}
		return text, nil
	})
	return kept
}

// SealSecrets returns a copy whose secrets are sealed, to be stored. Seal gets the place of each, so that it can bind the text to it.
func SealSecrets(c Config, seal func(path, plain string) (string, error)) (Config, error) {
	sealed, err := rewriteSecrets(c, func(path, text string) (string, error) {
		result, err := seal(path, text)
		if err != nil {
			return "", fmt.Errorf("seal %s: %w", path, err)
		}
		return result, nil
	})
	return sealed, err
}

// OpenSecrets is the opposite of SealSecrets.
func OpenSecrets(sealed Config, open func(path, sealed string) (string, error)) (Config, error) {
	c, err := rewriteSecrets(sealed, func(path, text string) (string, error) {
		result, err := open(path, text)
		if err != nil {
			return "", fmt.Errorf("open %s: %w", path, err)
		}
		return result, nil
	})
	return c, err
}

// SecretPaths lists where secrets are: [] stands for every element of a list and * for every name.
func SecretPaths() []string {
	var paths []string
	var walk func(path string, t reflect.Type, secret bool)
	walk = func(path string, t reflect.Type, secret bool) {
		switch t.Kind() {
		case reflect.Struct:
			for i := range t.NumField() {
				walk(join(path, nameOf(t.Field(i))), t.Field(i).Type, isSecret(t.Field(i)))
			}
		case reflect.Slice:
			walk(path+"[]", t.Elem(), secret)
		case reflect.Map:
			walk(join(path, "*"), t.Elem(), secret)
		default:
			if secret {
				paths = append(paths, path)
			}
		}
	}
	walk("", reflect.TypeFor[Config](), false)
	return paths
}
