package config_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/tenants/config"
)

// secretive has a secret at every kind of place.
func secretive(t *testing.T) config.Config {
	t.Helper()
	return decode(t, `{"email_delivery":{"smtp":{"password":"s1"}},"secrets":{"keys":["s2","s3"]},
		"third_party":{"providers":{"apple":{"secret":"s4"}},"custom_providers":{"acme":{"secret":"s5"},"bare":{}}}}`)
}

func TestSecretPaths_AreThese(t *testing.T) {
	t.Parallel()

	want := []string{"email_delivery.smtp.password", "email_delivery.dkim.private_key", "secrets.keys[]"}
	for _, p := range []string{"apple", "discord", "github", "google", "linkedin", "microsoft", "facebook"} {
		want = append(want, "third_party.providers."+p+".secret")
		if p == "apple" {
			want = append(want, "third_party.providers.apple.private_key")
		}
	}
	require.Equal(t, append(want, "third_party.custom_providers.*.secret"), config.SecretPaths())
}

func TestMask_HidesEverySecretAndNothingElse(t *testing.T) {
	t.Parallel()

	c := secretive(t)
	masked := config.Mask(c)
	require.Equal(t, secretive(t), c, "the original is left alone")
	want := secretive(t)
	want.EmailDelivery.SMTP.Password = config.Placeholder
	want.Secrets.Keys = []string{config.Placeholder, config.Placeholder}
	want.ThirdParty.Providers.Apple.Secret = config.Placeholder
	acme := want.ThirdParty.CustomProviders["acme"]
	acme.Secret = config.Placeholder
	want.ThirdParty.CustomProviders["acme"] = acme
	require.Equal(t, want, masked)
}

func TestKeep_TakesTheStoredSecretForThePlaceholder(t *testing.T) {
	t.Parallel()

	stored := secretive(t)
	require.Equal(t, stored, config.Keep(stored, config.Mask(stored)))

	given := config.Mask(stored)
	given.EmailDelivery.SMTP.Password = "new"
	given.Secrets.Keys = nil
	given.ThirdParty.Providers.Google.Secret = config.Placeholder
	kept := config.Keep(stored, given)
	require.Equal(t, "new", kept.EmailDelivery.SMTP.Password)
	require.Empty(t, kept.Secrets.Keys)
	require.Equal(t, "s4", kept.ThirdParty.Providers.Apple.Secret)
	require.Equal(t, config.Problems{{
		Path: "third_party.providers.google.secret", Reason: "is the placeholder, but no secret is stored at this place; give it in full",
	}}, kept.Validate())
}

func TestSealSecrets_SealsEachForItsPlace(t *testing.T) {
	t.Parallel()

	c := secretive(t)
	places := map[string]string{}
	sealed, err := config.SealSecrets(c, func(path, plain string) (string, error) {
		places[path] = plain
		return path + "/" + plain, nil
	})
	require.NoError(t, err)
	require.Equal(t, secretive(t), c, "the original is left alone")
	require.Equal(t, map[string]string{
		"email_delivery.smtp.password": "s1", "secrets.keys[0]": "s2", "secrets.keys[1]": "s3",
		"third_party.providers.apple.secret": "s4", "third_party.custom_providers.acme.secret": "s5",
	}, places)
	require.Equal(t, "secrets.keys[1]/s3", sealed.Secrets.Keys[1])

	opened, err := config.OpenSecrets(sealed, func(path, text string) (string, error) {
		plain, ok := strings.CutPrefix(text, path+"/")
		require.True(t, ok)
		return plain, nil
	})
	require.NoError(t, err)
	require.Equal(t, c, opened)
}

func TestSealSecrets_SaysWhichFailed(t *testing.T) {
	t.Parallel()

	broken := errors.New("no key")
	fail := func(string, string) (string, error) { return "", broken }
	_, err := config.SealSecrets(secretive(t), fail)
	require.ErrorIs(t, err, broken)
	require.EqualError(t, err, "seal email_delivery.smtp.password: no key")
	_, err = config.OpenSecrets(secretive(t), fail)
	require.EqualError(t, err, "open email_delivery.smtp.password: no key")
}

func TestSealSecrets_LeavesNoSecretInWhatIsStored(t *testing.T) {
	t.Parallel()

	for seed := range uint64(100) {
		c := randomConfig(rand.New(rand.NewPCG(seed, 3)))
		c.EmailDelivery.SMTP.Password = "hunter2"
		c.Secrets.Keys = []string{"hunter2"}
		c.ThirdParty.Providers.Apple.PrivateKey = "hunter2"
		for name, p := range c.ThirdParty.CustomProviders {
			p.Secret = "hunter2"
			c.ThirdParty.CustomProviders[name] = p
		}
		sealed, err := config.SealSecrets(c, func(string, string) (string, error) { return "sealed", nil })
		require.NoError(t, err)
		require.NotContains(t, string(config.Diff(config.Default(), sealed)), "hunter2")
		raw, err := config.MarshalCompatible(config.Mask(c))
		require.NoError(t, err)
		require.NotContains(t, string(raw), "hunter2")
	}
}
