package api_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/mail"
	"github.com/latchkeep/latchkeep/tenants"
)

// postbox is a mailer that keeps what it was given.
type postbox struct {
	sent []mail.Message
	fail error
}

func (p *postbox) Send(_ context.Context, _ *tenants.Tenant, m mail.Message) error {
	if p.fail == nil {
		p.sent = append(p.sent, m)
	}
	return p.fail
}

const dkimKey = `-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n`

func TestPreviewMail_ShowsTheTenantsWordsOrADraft(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		acme := c.tenant(t, "acme")
		path := "/v1/tenants/" + acme + "/preview-mail"
		builtIn := c.must(t, 200, "POST", path, `{"language":"de-AT"}`)
		require.Contains(t, builtIn.str("subject"), "123456")
		require.Contains(t, builtIn.str("text"), "5 Minuten")
		require.Contains(t, builtIn.str("html"), "<html lang=\"de\"")

		c.must(t, 200, "PATCH", "/v1/tenants/"+acme+"/config", `{"service":{"name":"Acme & Sons"},"email_delivery":{"templates":[
			{"template":"login","subject":"{{.ServiceName}}: {{.Code}}"},
			{"template":"login","language":"de","text":"Servus! {{.Code}}"},
			{"template":"email_delete","html":"<p>{{.ServiceName}} forgot {{.DeletedEmailAddress}}</p>"}]}}`)
		german := c.must(t, 200, "POST", path, `{"template":"login","language":"de"}`)
		require.Equal(t, "Servus! 123456", german.str("text"))
		require.Equal(t, builtIn.str("subject"), german.str("subject"), "the German words have no subject")
		french := c.must(t, 200, "POST", path, `{"language":"fr"}`)
		require.Equal(t, "Acme & Sons: 123456", french.str("subject"))
		require.Contains(t, french.str("text"), "5 minutes")
		require.Equal(t, "<p>Acme &amp; Sons forgot former@example.com</p>", c.must(t, 200, "POST", path, `{"template":"email_delete"}`).str("html"))

		draft := c.must(t, 200, "POST", path, `{"template":"login","language":"de","words":{"subject":"Draft"}}`)
		require.Equal(t, "Draft", draft.str("subject"))
		require.Equal(t, builtIn.str("text")[:10], draft.str("text")[:10], "in place of what is configured")

		wrong := c.do(t, "POST", path, `{"words":{"text":"{{range .Code}}{{end}}"}}`)
		wrong.problem(t, 400, "invalid_mail")
		require.Contains(t, wrong.Text, "understands only")
		c.do(t, "POST", path, `{"template":"birthday"}`).problem(t, 400, "invalid_mail")
		refused := c.do(t, "PATCH", "/v1/tenants/"+acme+"/config", `{"email_delivery":{"templates":[{"template":"login","html":"<p>no code</p>"}]}}`)
		require.Equal(t, 400, refused.Status)
		require.Contains(t, refused.Text, "email_delivery.templates[0].html")
	})
}

func TestTestMail_IsSentAsTheTenantsMailsAre(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, c *console) {
		acme := c.tenant(t, "acme")
		path := "/v1/tenants/" + acme + "/test-mail"
		c.must(t, 200, "PATCH", "/v1/tenants/"+acme+"/config", `{"email_delivery":{"from_address":"hi@mail.acme.example","from_name":"Acme",
			"dkim":{"domain":"acme.example","selector":"s1","private_key":"`+dkimKey+`"},
			"templates":[{"template":"recovery","subject":"Back in: {{.Code}}"}]}}`)
		require.NotContains(t, c.must(t, 200, "GET", "/v1/tenants/"+acme+"/config", "").Text, "MC4CAQAwBQYDK2Vw", "the key is a secret")

		sent := c.must(t, 200, "POST", path, `{"to":"kim@shop.example","template":"recovery"}`)
		require.Equal(t, true, sent.get("taken"))
		require.Len(t, c.post.sent, 1)
		m := c.post.sent[0]
		require.Equal(t, mail.Address{Name: "Acme", Address: "hi@mail.acme.example"}, m.From)
		require.Equal(t, "kim@shop.example", m.To.Address)
		require.Equal(t, "Back in: 123456", m.Subject)
		require.NotEmpty(t, m.Text)
		require.NotNil(t, m.DKIM)
		require.True(t, m.DKIM.Covers("x@acme.example"))

		c.post.fail = errors.New("mail host smtp.acme.example:587 cannot be reached: timeout")
		failed := c.must(t, 200, "POST", path, `{"to":"kim@shop.example"}`)
		require.Equal(t, false, failed.get("taken"))
		require.Equal(t, c.post.fail.Error(), failed.str("reason"))
		require.Equal(t, false, failed.get("permanent"))

		for _, to := range []string{"", "kim", "kim@shop.example, sam@shop.example", `kim@shop.example\r\nBcc: sam@shop.example`} {
			c.do(t, "POST", path, `{"to":"`+to+`"}`).problem(t, 400, "invalid_mail")
		}
		c.must(t, 200, "PATCH", "/v1/tenants/"+acme+"/config", `{"email_delivery":{"enabled":false}}`)
		c.do(t, "POST", path, `{"to":"kim@shop.example"}`).problem(t, 409, "email_delivery_disabled")
	})
}
