package web

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/latchkeep/latchkeep/tenants"
	"github.com/latchkeep/latchkeep/tenants/config"
)

// A settingsGroup is a page of settings that people think of together. The settings themselves, their texts and bounds, are those of the schema.
type settingsGroup struct {
	Key, Name, About string
	// Roots are the beginnings of the paths of its settings.
	Roots []string
}

var settingsGroups = []settingsGroup{
	{"sign-in", "Sign-in methods", "What people sign up and sign in with.", []string{"account", "email", "username", "password", "passkey"}},
	{"security", "Security", "Second factors, what strangers learn, and mails about changes.", []string{"mfa", "privacy", "security_notifications"}},
	{"mail", "Look and mail", "What the service is called, and how its mails look and are sent.", []string{"service", "email_delivery", "hosted_page"}},
	{"sessions", "Sessions and tokens", "How long people stay signed in, and what tokens say.", []string{"session", "signing"}},
	{"providers", "Providers", "Signing in through other services and companies.", []string{"third_party", "saml"}},
	{"addresses", "Pages and passkeys", "Which pages may use this tenant, and for which domain passkeys are made.", []string{"webauthn", "cors"}},
	{"webhooks", "Webhooks", "Whom events are told to. Back ends add others through the admin API.", []string{"webhooks"}},
}

func groupOf(key string) (settingsGroup, bool) {
	i := slices.IndexFunc(settingsGroups, func(g settingsGroup) bool { return g.Key == key })
	if i < 0 {
		return settingsGroup{}, false
	}
	return settingsGroups[i], true
}

// fields are the settings of the group, in the order of its roots.
func (g settingsGroup) fields(c config.Config) []config.Field {
	all := config.Fields(c)
	var list []config.Field
	for _, root := range g.Roots {
		for _, f := range all {
			if f.Path == root || strings.HasPrefix(f.Path, root+".") {
				list = append(list, f)
			}
		}
	}
	return list
}

// settingsForm is a page of settings: what is set, or what was sent.
type settingsForm struct {
	Group   settingsGroup
	Fields  []config.Field
	Version int
	Wrong   fieldErrors
}

func (s *Server) settings(v *visit) error {
	return v.redirect("/t/" + v.Tenant.ID.String() + "/settings/" + settingsGroups[0].Key)
}

func (s *Server) settingsOf(v *visit) error {
	v.Section = "settings"
	group, found := groupOf(v.param("group"))
	if !found {
		return errNoPage
	}
	form := settingsForm{Group: group, Fields: group.fields(*v.Tenant.Config), Version: v.Tenant.ConfigVersion}
	return v.show(group.Name, settingsPage(v, form))
}

// reviewSettings shows what a form would change, and what comes of it, before anything does.
func (s *Server) reviewSettings(v *visit) error {
	v.Section = "settings"
	group, found := groupOf(v.param("group"))
	if !found {
		return errNoPage
	}
	form := settingsForm{Group: group, Fields: group.fields(*v.Tenant.Config), Version: v.Tenant.ConfigVersion}
	patch := map[string]any{}
	form.Wrong = fieldErrors{}
	for i, f := range form.Fields {
		sent := v.r.PostFormValue(f.Path)
		switch _, there := v.r.PostForm[f.Path]; {
		case f.Kind == config.KindBool && sent == "": // browsers leave out what is not ticked
			sent = "false"
		case !there:
			continue
		}
		if f.Kind == config.KindLines || f.Kind == config.KindJSON || f.Kind == config.KindText {
			sent = strings.ReplaceAll(sent, "\r\n", "\n")
		}
		if sent == f.Value {
			continue
		}
		form.Fields[i].Value = sent
		value, err := f.Parse(sent)
		if err != nil {
			form.Wrong[f.Path] = err.Error()
			continue
		}
		put(patch, f.Path, value)
	}
	if len(form.Wrong) > 0 {
		return v.showAs(422, group.Name, settingsPage(v, form))
	}
	encoded, err := json.Marshal(patch)
	if err != nil {
		return err
	}
	return s.review(v, "/settings/"+group.Key, encoded, func(wrong fieldErrors) error {
		form.Wrong = wrong
		return v.showAs(422, group.Name, settingsPage(v, form))
	})
}

// put puts a value at a path into an object.
func put(object map[string]any, path string, value any) {
	name, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		object[name] = value
		return
	}
	inner, _ := object[name].(map[string]any)
	if inner == nil {
		inner = map[string]any{}
		object[name] = inner
	}
	put(inner, rest, value)
}

// settingsReview is what a change would do.
type settingsReview struct {
	Result *tenants.Result
	// Patch is the change, to be sent again, and Version what it was made from.
	Patch   string
	Version int
	// Back is the page that the change was made on.
	Back         string
	Consequences []string
}

// review shows what a merge patch would change; refused shows what is wrong with it.
func (s *Server) review(v *visit, back string, patch []byte, refused func(fieldErrors) error) error {
	version, err := strconv.Atoi(v.form("version"))
	if err != nil {
		return errNoPage
	}
	result, err := s.o.Tenants.PatchConfig(v.ctx(), v.Tenant.ID, patch, tenants.How{By: v.Who.Actor, If: version, DryRun: true, Strict: true})
	if err != nil {
		wrong, err := fields(err)
		if err != nil {
			return err
		}
		return refused(wrong)
	}
	if len(result.Changes) == 0 {
		return v.done("/t/"+v.Tenant.ID.String()+back, "Nothing was changed.")
	}
	t, err := v.snapshot()
	if err != nil {
		return err
	}
	consequences, err := s.o.Consequences(v.ctx(), t, result.Config)
	if err != nil {
		return err
	}
	return v.show("Review the change", reviewPage(v, settingsReview{
		Result: result, Patch: string(patch), Version: version, Back: back, Consequences: consequences,
	}))
}

// saveSettings makes a change that was reviewed.
func (s *Server) saveSettings(v *visit) error {
	v.Section = "settings"
	version, err := strconv.Atoi(v.form("version"))
	if err != nil {
		return errNoPage
	}
	patch := []byte(v.r.PostFormValue("patch"))
	result, err := s.o.Tenants.PatchConfig(v.ctx(), v.Tenant.ID, patch, tenants.How{By: v.Who.Actor, If: version, Strict: true})
	if err != nil {
		return err
	}
	back := v.form("back")
	if group, found := groupOf(strings.TrimPrefix(back, "/settings/")); found {
		back = "/settings/" + group.Key
	} else {
		back = "/settings/json"
	}
	return v.done("/t/"+v.Tenant.ID.String()+back, fmt.Sprintf("Saved as version %d.", result.ConfigVersion))
}

// jsonForm is the whole configuration as text.
type jsonForm struct {
	Text    string
	Version int
	Wrong   fieldErrors
}

func (s *Server) settingsJSON(v *visit) error {
	v.Section = "settings"
	text, err := json.MarshalIndent(v.Tenant.Config, "", "  ")
	if err != nil {
		return err
	}
	return v.show("Settings as JSON", jsonPage(v, jsonForm{Text: string(text), Version: v.Tenant.ConfigVersion}))
}

func (s *Server) reviewJSON(v *visit) error {
	v.Section = "settings"
	form := jsonForm{Text: v.r.PostFormValue("config"), Version: v.Tenant.ConfigVersion}
	return s.review(v, "/settings/json", []byte(form.Text), func(wrong fieldErrors) error {
		form.Wrong = wrong
		return v.showAs(422, "Settings as JSON", jsonPage(v, form))
	})
}

// historyPage is a page of the changes of a configuration.
type historyList struct {
	Versions []tenants.Version
	Changes  [][]config.Change
	Page     int
	More     bool
}

func (s *Server) settingsHistory(v *visit) error {
	v.Section = "settings"
	list := historyList{Page: max(1, number(v.query("page")))}
	found, err := s.o.Tenants.ConfigVersions(v.ctx(), v.Tenant.ID, list.Page, perPage)
	if err != nil {
		return err
	}
	list.Versions, list.More = found.Items, found.Total > list.Page*perPage
	for _, version := range found.Items {
		var changes []config.Change
		if err := json.Unmarshal(version.Changes, &changes); err != nil {
			return err
		}
		list.Changes = append(list.Changes, changes)
	}
	return v.show("History of the settings", historyPage(v, list))
}

// rollBack makes an earlier version the current one, after it was shown what that changes.
func (s *Server) rollBack(v *visit) error {
	v.Section = "settings"
	version := number(v.param("version"))
	current := number(v.form("version"))
	if version < 1 || current < 1 {
		return errNoPage
	}
	how := tenants.How{By: v.Who.Actor, If: current, DryRun: v.form("sure") != "yes", Strict: true}
	result, err := s.o.Tenants.RollBack(v.ctx(), v.Tenant.ID, version, how)
	if err != nil {
		return err
	}
	if !how.DryRun {
		return v.done("/t/"+v.Tenant.ID.String()+"/settings/history", fmt.Sprintf("Version %d is in effect again, as version %d.", version, result.ConfigVersion))
	}
	if len(result.Changes) == 0 {
		return v.done("/t/"+v.Tenant.ID.String()+"/settings/history", "That version has nothing that is not in effect.")
	}
	t, err := v.snapshot()
	if err != nil {
		return err
	}
	consequences, err := s.o.Consequences(v.ctx(), t, result.Config)
	if err != nil {
		return err
	}
	return v.show("Review the change", reviewPage(v, settingsReview{
		Result: result, Version: current, Back: fmt.Sprintf("/settings/history/%d", version), Consequences: consequences,
	}))
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n > 1_000_000 {
		return 0
	}
	return n
}

// shownValue is a value of a setting as a list of changes shows it.
func shownValue(v any) string {
	if text, is := v.(string); is {
		if text == "" {
			return "(empty)"
		}
		return text
	}
	if v == nil {
		return "(nothing)"
	}
	encoded, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return string(encoded)
}

// labelOf is what a setting is called on a form: the last part of its path, in words.
func labelOf(path string) string {
	_, rest, _ := strings.Cut(path, ".")
	if rest == "" {
		rest = path
	}
	return sentenceCase(strings.NewReplacer("_", " ", ".", ": ").Replace(rest))
}

// capitals are words that are written with capitals.
var capitals = map[string]string{"url": "URL", "urls": "URLs", "id": "ID", "ids": "IDs", "ip": "IP", "smtp": "SMTP", "ttl": "TTL", "totp": "TOTP", "jwt": "JWT", "uri": "URI",
	"mfa": "MFA", "saml": "SAML", "cors": "CORS", "webauthn": "WebAuthn", "dkim": "DKIM", "http": "HTTP"}

// sentenceCase begins a text with a capital letter, and writes abbreviations as people do.
func sentenceCase(text string) string {
	words := strings.Fields(text)
	for i, word := range words {
		bare := strings.TrimSuffix(word, ":")
		if known, is := capitals[bare]; is {
			words[i] = known + word[len(bare):]
		} else if i == 0 {
			words[i] = strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return strings.Join(words, " ")
}

// rootOf is the part of the configuration that a setting is in.
func rootOf(path string) string {
	root, _, _ := strings.Cut(path, ".")
	return root
}

// hostedAddress is where the tenant's own sign-in page is, on the page of how it looks; empty elsewhere, and where there is none. It is a link: the
// page refuses to be shown in a frame.
func hostedAddress(v *visit, group string) string {
	if group != "mail" || !v.Tenant.Config.HostedPage.Enabled {
		return ""
	}
	return v.Tenant.PublicURL + "/sign-in"
}
