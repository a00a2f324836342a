package mail

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	yaml "go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
)

//go:embed locales/*.yaml
var locales embed.FS

// A Catalog holds the texts in all languages. It is safe for concurrent use.
type Catalog struct {
	localizers map[string]*i18n.Localizer
}

// NewCatalog reads the texts that are built in.
func NewCatalog() (*Catalog, error) {
	return readCatalog(locales)
}

// readCatalog reads one file a language.
func readCatalog(files fs.FS) (*Catalog, error) {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("yaml", yaml.Unmarshal)
	c := &Catalog{localizers: make(map[string]*i18n.Localizer)}
	for _, l := range Languages() {
		name := "locales/" + l + ".yaml"
		texts, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read texts of mails in %s: %w", l, err)
		}
		if _, err := bundle.ParseMessageFileBytes(texts, name); err != nil {
			return nil, fmt.Errorf("parse texts of mails in %s: %w", l, err)
		}
	}
	for _, l := range Languages() {
		c.localizers[l] = i18n.NewLocalizer(bundle, l)
	}
	return c, nil
}

// say fills a message in. A message that the language lacks is said in English. A count above zero chooses the form of the plural.
func (c *Catalog) say(lang, id string, values any, count int) (string, error) {
	localizer, ok := c.localizers[lang]
	if !ok {
		localizer = c.localizers[English]
	}
	config := &i18n.LocalizeConfig{MessageID: id, TemplateData: values}
	if count > 0 {
		config.PluralCount = count
	}
	text, err := localizer.Localize(config)
	if missing := (*i18n.MessageNotFoundErr)(nil); text != "" && errors.As(err, &missing) {
		return text, nil // in English
	}
	if err != nil {
		return "", fmt.Errorf("message %s in %s: %w", id, lang, err)
	}
	return text, nil
}
