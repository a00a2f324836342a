package maillog_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/event"
	"github.com/latchkeep/latchkeep/auth/maillog"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testenv"
)

func TestMailLog_TellsWhatBecameOfMailsAndNotWhatTheySaid(t *testing.T) {
	t.Parallel()

	testenv.Each(t, func(t *testing.T, env *testenv.Env) {
		shop, bank := env.Tenant(t, "shop"), env.Tenant(t, "bank")
		login := event.MailPayload{Template: "login", To: "kim.possible@shop.example", Language: "de-AT, en", Code: "123456", ValidUntil: time.Now().Add(time.Hour).Unix()}
		shop.Mail(t, login)
		late := login
		late.To, late.ValidUntil = "late@shop.example", time.Now().Add(-time.Second).Unix()
		shop.Mail(t, late)
		shop.Mail(t, event.MailPayload{Template: "password_update", To: "lou@shop.example"})
		bank.Mail(t, login)
		list := func(s *testenv.Tenant, f maillog.Filter, before uuid.UUID, limit int) []maillog.Mail {
			mails, err := env.App.MailLog.List(t.Context(), s.ID, f, before, limit)
			require.NoError(t, err)
			return mails
		}
		require.Eventually(t, func() bool {
			return len(list(shop, maillog.Filter{State: maillog.Sent}, uuid.Nil, 9)) == 2 && len(list(shop, maillog.Filter{State: maillog.Dropped}, uuid.Nil, 9)) == 1
		}, 30*time.Second, 20*time.Millisecond)

		all := list(shop, maillog.Filter{}, uuid.Nil, 9)
		require.Len(t, all, 3)
		first := all[2]
		require.Equal(t, []any{"login", "de", "kim*********@shop.example", "sent", 1}, []any{first.Template, first.Language, first.Address, first.State, first.Attempts})
		require.NotNil(t, first.SentAt)
		require.Nil(t, first.NextAt)
		require.Equal(t, "its code has expired", all[1].Reason)
		require.Len(t, list(shop, maillog.Filter{Template: "login"}, uuid.Nil, 9), 2)
		require.Equal(t, all[1:2], list(shop, maillog.Filter{}, all[0].ID, 1))
		require.Len(t, list(bank, maillog.Filter{}, uuid.Nil, 9), 1)
		for _, bad := range []maillog.Filter{{State: "ready"}, {Template: "nothing"}} {
			_, err := env.App.MailLog.List(t.Context(), shop.ID, bad, uuid.Nil, 9)
			require.ErrorContains(t, err, "invalid_filter")
		}
		require.NoError(t, shop.Change(t, func(ctx context.Context, tx *store.Tx) error {
			for _, row := range tx.Intent.Query().AllX(ctx) {
				if row.Kind == event.KindMail {
					require.Empty(t, row.Payload)
				}
			}
			return nil
		}))
	})
}

func TestMailLog_TellsWhenAMailIsTriedNext(t *testing.T) {
	t.Parallel()

	env := testenv.OnSQLite(t, testenv.Quiet())
	shop := env.Tenant(t, "shop")
	shop.Mail(t, event.MailPayload{Template: "password_update", To: "lou@shop.example"})
	mails, err := env.App.MailLog.List(t.Context(), shop.ID, maillog.Filter{State: maillog.Waiting}, uuid.Nil, 9)
	require.NoError(t, err)
	require.Len(t, mails, 1)
	require.NotNil(t, mails[0].NextAt)
	require.Nil(t, mails[0].SentAt)
}
