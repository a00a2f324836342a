package webhook_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestDelivery_IsSignedAsReceiversCheckIt(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, _ *testenv.Clock) {
		shop, receiver := env.Tenant(t, "shop"), testenv.NewReceiver(t)
		h := subscribe(t, shop, receiver.URL+"/hooks?x=1", "user")
		kim := uuid.Must(uuid.NewV7())
		shop.Tell(t, event.UserLogin, kim, map[string]any{"id": kim, "name": "Kim & <Co>"})

		call := receiver.Wait(t, 1)[0]
		require.JSONEq(t, `{"token":"`+call.Token+`","event":"user.login"}`, string(call.Body))
		require.Equal(t, "application/json", call.Header.Get("Content-Type"))
		require.True(t, strings.HasPrefix(call.Header.Get("User-Agent"), "Latchkeep"))

		header, claims := verify(t, shop, call.Token)
		require.Equal(t, "JWT", header["typ"])
		require.Equal(t, "hanko webhooks", claims["sub"])
		require.Equal(t, []any{"shop.latchkeep.test"}, claims["aud"])
		require.Equal(t, "user.login", claims["evt"])
		require.Equal(t, call.ID(), claims["jti"])
		issued, _ := claims["iat"].(float64)
		require.EqualValues(t, issued+300, claims["exp"])
		require.WithinDuration(t, time.Now(), time.Unix(int64(issued), 0), time.Minute)
		require.Equal(t, map[string]any{"id": kim.String(), "name": "Kim & <Co>"}, claims["data"])

		w, err := standard.NewWebhook(h.Secret)
		require.NoError(t, err)
		require.NoError(t, w.Verify(call.Body, call.Header))
		require.Error(t, w.Verify(append(call.Body, ' '), call.Header), "it covers the body")
		states(t, shop, 1, map[string]int{"delivered": 1})
		row := deliveries(t, shop)[0]
		require.Equal(t, call.ID(), row.MessageID.String())
		require.Equal(t, 200, row.LastStatus)
		require.Len(t, attemptsOf(t, row), 1)
		require.NotContains(t, string(row.Payload), "Kim", "what waits is sealed")
	})
}

// verify checks a token as a client of the key set does, with nothing of ours.
func verify(t *testing.T, s *testenv.Tenant, token string) (header, claims map[string]any) {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	decode := func(text string) []byte {
		raw, err := base64.RawURLEncoding.DecodeString(text)
		require.NoError(t, err)
		return raw
	}
	require.NoError(t, json.Unmarshal(decode(parts[0]), &header))
	require.NoError(t, json.Unmarshal(decode(parts[1]), &claims))
	var set struct {
		Keys []struct{ Kid, Kty, Crv, X, Y string }
	}
	s.Client().Get(t, "/.well-known/jwks.json").JSON(t, &set)
	at := slices.IndexFunc(set.Keys, func(k struct{ Kid, Kty, Crv, X, Y string }) bool { return k.Kid == header["kid"] })
	require.GreaterOrEqual(t, at, 0)
	key := set.Keys[at]
	require.Equal(t, "ES256", header["alg"])
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, decode(key.X)...), decode(key.Y)...))
	require.NoError(t, err)
	digest, signature := sha256.Sum256([]byte(parts[0]+"."+parts[1])), decode(parts[2])
	require.True(t, ecdsa.Verify(public, digest[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])))
	return header, claims
}

func TestDelivery_TriesAgainWithTheSameIDAndAFreshSignature(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, clock *testenv.Clock) {
		shop, receiver := env.Tenant(t, "shop"), testenv.NewReceiver(t)
		subscribe(t, shop, receiver.URL, "user")
		receiver.Answer(func(testenv.Call) testenv.Reply {
			return testenv.Reply{Status: 500, Body: "no\x00\xff" + strings.Repeat("ä", 5000)}
		})
		shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
		states(t, shop, 1, map[string]int{"waiting": 1})
		row := deliveries(t, shop)[0]
		require.WithinDuration(t, clock.Now().Add(5*time.Second), row.AvailableAt, 3*time.Second)
		excerpt, _ := attemptsOf(t, row)[0]["excerpt"].(string)
		require.True(t, strings.HasPrefix(excerpt, "no\uFFFD\uFFFDää"), excerpt)
		require.LessOrEqual(t, len(excerpt), 512)
		require.Equal(t, "the answer was 500", attemptsOf(t, row)[0]["error"])

		waits := []int{6, 18, 54, 144, 720, 2160, 4320, 8640, 17280, 25920, 25920, 25920}
		for i, seconds := range waits {
			idle(t, shop)
			clock.Move(time.Duration(seconds) * time.Second)
			env.App.Ring()
			states(t, shop, i+2, map[string]int{"waiting": 1})
		}
		receiver.Always(204)
		clock.Move(6*time.Hour + time.Second)
		states(t, shop, len(waits)+2, map[string]int{"delivered": 1})
		calls := receiver.Calls()
		for _, c := range calls {
			require.Equal(t, calls[0].ID(), c.ID())
			require.Equal(t, calls[0].ID(), c.Claims["jti"])
		}
		first, last := calls[0], calls[len(calls)-1]
		require.NotEqual(t, first.Token, last.Token)
		require.NotEqual(t, first.Header.Get("webhook-timestamp"), last.Header.Get("webhook-timestamp"))
		row = deliveries(t, shop)[0]
		require.Len(t, attemptsOf(t, row), 10, "the latest")
		require.Zero(t, idle(t, shop).Failures)
	})
}

func TestDelivery_KeepsTheOrderOfAUserWhileOthersGoAhead(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, clock *testenv.Clock) {
		shop, receiver := env.Tenant(t, "shop"), testenv.NewReceiver(t)
		subscribe(t, shop, receiver.URL, "user")
		kim, lee := uuid.New(), uuid.New()
		failing := 3
		receiver.Answer(func(c testenv.Call) testenv.Reply { // one at a time for a user, so nobody else counts down
			if c.Data()["n"] == 0.0 && c.Event == "user.update" && failing > 0 {
				failing--
				return testenv.Reply{Status: 503}
			}
			return testenv.Reply{Status: 200}
		})
		shop.Tell(t, event.UserUpdate, kim, numbered(5)...)
		states(t, shop, 1, map[string]int{"waiting": 5})
		shop.Tell(t, event.UserLogin, lee, numbered(3)...)
		states(t, shop, 4, map[string]int{"waiting": 5, "delivered": 3})
		for i, seconds := range []int{6, 18} {
			idle(t, shop)
			clock.Move(time.Duration(seconds) * time.Second)
			env.App.Ring()
			states(t, shop, 5+i, map[string]int{"waiting": 5, "delivered": 3})
		}
		shop.Tell(t, event.UserUpdate, kim, map[string]any{"n": 5})
		states(t, shop, 6, map[string]int{"waiting": 6, "delivered": 3})
		idle(t, shop)
		clock.Move(54 * time.Second)
		env.App.Ring()
		states(t, shop, 12, map[string]int{"delivered": 9})
		var hers []testenv.Call
		for _, c := range receiver.Calls() {
			if c.Event == "user.update" {
				hers = append(hers, c)
			}
		}
		require.Equal(t, []int{0, 0, 0, 0, 1, 2, 3, 4, 5}, order(hers))
	})
}

func TestDelivery_ALastingFailureHoldsUpItsUserForFourAttemptsOnly(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, clock *testenv.Clock) {
		shop, receiver := env.Tenant(t, "shop"), testenv.NewReceiver(t)
		subscribe(t, shop, receiver.URL, "user")
		receiver.Answer(func(c testenv.Call) testenv.Reply {
			if c.Data()["n"] == 0.0 {
				return testenv.Reply{Status: 400}
			}
			return testenv.Reply{Status: 200}
		})
		shop.Tell(t, event.UserUpdate, uuid.New(), numbered(3)...)
		states(t, shop, 1, map[string]int{"waiting": 3})
		for i, seconds := range []int{6, 18} {
			idle(t, shop)
			clock.Move(time.Duration(seconds) * time.Second)
			env.App.Ring()
			states(t, shop, 2+i, map[string]int{"waiting": 3})
		}
		idle(t, shop)
		clock.Move(54 * time.Second)
		env.App.Ring()
		states(t, shop, 6, map[string]int{"waiting": 1, "delivered": 2})
		require.Equal(t, []int{0, 0, 0, 0, 1, 2}, order(receiver.Calls()))
	})
}

func TestDelivery_WaitsAsLongAsItIsAskedTo(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, clock *testenv.Clock) {
		shop, receiver := env.Tenant(t, "shop"), testenv.NewReceiver(t)
		subscribe(t, shop, receiver.URL, "user")
		receiver.Answer(func(testenv.Call) testenv.Reply {
			return testenv.Reply{Status: 429, Header: map[string]string{"Retry-After": "300"}}
		})
		shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
		states(t, shop, 1, map[string]int{"waiting": 1})
		require.WithinDuration(t, clock.Now().Add(300*time.Second), deliveries(t, shop)[0].AvailableAt, 10*time.Second)
		shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
		states(t, shop, 1, map[string]int{"waiting": 2})
		require.Len(t, receiver.Calls(), 1, "it asked to be left alone as a whole")

		receiver.Answer(func(testenv.Call) testenv.Reply {
			at := clock.Now().Add(100 * time.Hour).UTC().Format(http.TimeFormat)
			return testenv.Reply{Status: 500, Header: map[string]string{"Retry-After": at}}
		})
		clock.Move(301 * time.Second)
		env.App.Ring()
		states(t, shop, 3, map[string]int{"waiting": 2})
		for _, d := range deliveries(t, shop) {
			require.WithinDuration(t, clock.Now().Add(6*time.Hour), d.AvailableAt, 10*time.Second, "a date counts, but six hours at most")
		}
		receiver.Always(200)
		shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
		states(t, shop, 4, map[string]int{"waiting": 2, "delivered": 1})
	})
}

func TestDelivery_FollowsNoRedirect(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, _ *testenv.Clock) {
		shop, receiver, other := env.Tenant(t, "shop"), testenv.NewReceiver(t), testenv.NewReceiver(t)
		subscribe(t, shop, receiver.URL, "user")
		receiver.Answer(func(testenv.Call) testenv.Reply {
			return testenv.Reply{Status: 307, Header: map[string]string{"Location": other.URL}}
		})
		shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
		states(t, shop, 1, map[string]int{"waiting": 1})
		require.Empty(t, other.Calls())
		require.Contains(t, attemptsOf(t, deliveries(t, shop)[0])[0]["error"], "redirects are not followed")
	})
}

func TestDelivery_ReachesEveryEndpointThatListens(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, _ *testenv.Clock) {
		first, second, third := testenv.NewReceiver(t), testenv.NewReceiver(t), testenv.NewReceiver(t)
		shop := env.Tenant(t, "shop", `{"webhooks":{"enabled":true,"hooks":[{"callback":"`+first.URL+`","events":["user.create"]},{"callback":"`+first.URL+
			`","events":["user"]},{"callback":"`+second.URL+`","events":["session"]}]}}`)
		bank := env.Tenant(t, "bank", `{"webhooks":{"enabled":true,"hooks":[{"callback":"`+second.URL+`","events":["user"]}]}}`)
		subscribe(t, shop, third.URL, "user.create", "email.send")
		made := shop.Admin(t).Do(t, http.MethodPost, "/users", `{"emails":[{"address":"kim@shop.example","is_primary":true}]}`)
		require.Equal(t, http.StatusOK, made.Status, "%s", made.Body)
		call := first.Wait(t, 1)[0]
		require.Equal(t, call.ID(), third.Wait(t, 1)[0].ID())
		require.Equal(t, []string{"user.create"}, first.Events())
		require.Empty(t, second.Calls())
		bank.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
		second.Wait(t, 1)
		states(t, shop, 2, map[string]int{"delivered": 2})
		states(t, bank, 1, map[string]int{"delivered": 1})
	})
}

func TestDelivery_ForgetsCodesAsSoonAsTheyAreDelivered(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, clock *testenv.Clock) {
		shop, receiver := env.Tenant(t, "shop", `{"email_delivery":{"enabled":false},"service":{"name":"The Shop"}}`), testenv.NewReceiver(t)
		subscribe(t, shop, receiver.URL, "email.send")
		receiver.Always(500)
		until := time.Now().Add(5 * time.Minute).Truncate(time.Second)
		shop.Mail(t, event.MailPayload{
			Template: "login", To: "kim@shop.example", Code: "123456", TTL: 300, ValidUntil: until.Unix(), Language: "de;q=1",
		})
		states(t, shop, 1, map[string]int{"waiting": 1})
		require.NotEmpty(t, deliveries(t, shop)[0].Payload)
		receiver.Always(200)
		idle(t, shop)
		clock.Move(6 * time.Second)
		env.App.Ring()
		states(t, shop, 2, map[string]int{"delivered": 1})
		require.Empty(t, deliveries(t, shop)[0].Payload)
		data := receiver.Calls()[1].Data()
		require.Contains(t, data["body_plain"], "123456")
		require.Contains(t, data["body"], "<html")
		require.Contains(t, data["subject"], "123456")
		delete(data, "body")
		delete(data, "body_plain")
		delete(data, "subject")
		require.Equal(t, map[string]any{
			"to_email_address": "kim@shop.example", "delivered_by_hanko": false, "accept_language": "de;q=1", "language": "de;q=1", "type": "login",
			"data": map[string]any{"service_name": "The Shop", "otp_code": "123456", "ttl": 300.0, "valid_until": float64(until.Unix())},
		}, data)

		shop.Mail(t, event.MailPayload{Template: "email_create", To: "kim@shop.example", New: "new@shop.example"})
		states(t, shop, 3, map[string]int{"delivered": 2})
		data = receiver.Calls()[2].Data()
		require.Equal(t, "security_notification", data["type"])
		require.Empty(t, data["accept_language"])
		require.Equal(t, map[string]any{"template": "email_create", "service_name": "The Shop", "new_email_address": "new@shop.example"}, data["data"])

		receiver.Always(500)
		shop.Mail(t, event.MailPayload{Template: "recovery", To: "kim@shop.example", Code: "654321", TTL: 300, ValidUntil: clock.Now().Add(4 * time.Second).Unix()})
		states(t, shop, 4, map[string]int{"delivered": 2, "dropped": 1})
		shop.Mail(t, event.MailPayload{Template: "recovery", To: "kim@shop.example", Code: "654321", TTL: 300, ValidUntil: clock.Now().Add(30 * time.Second).Unix()})
		states(t, shop, 5, map[string]int{"delivered": 2, "dropped": 1, "waiting": 1})
		idle(t, shop)
		clock.Move(time.Minute)
		env.App.Ring()
		states(t, shop, 5, map[string]int{"delivered": 2, "dropped": 2})
		for _, d := range deliveries(t, shop) {
			require.Empty(t, d.Payload)
		}
	})
}

func TestDelivery_ReadsLittleOfAnAnswer(t *testing.T) {
	t.Parallel()

	each(t, func(t *testing.T, env *testenv.Env, _ *testenv.Clock) {
		shop, receiver := env.Tenant(t, "shop"), testenv.NewReceiver(t)
		subscribe(t, shop, receiver.URL, "user")
		receiver.Answer(func(testenv.Call) testenv.Reply { return testenv.Reply{Status: 200, Body: strings.Repeat("x", 5<<20)} })
		shop.Tell(t, event.UserLogin, uuid.New(), map[string]any{})
		states(t, shop, 1, map[string]int{"delivered": 1})
		require.Equal(t, strings.Repeat("x", 512), attemptsOf(t, deliveries(t, shop)[0])[0]["excerpt"])
	})
}
