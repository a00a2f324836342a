package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/auth/totp"
	"github.com/latchkeep/latchkeep/auth/transfer"
	"github.com/latchkeep/latchkeep/auth/user"
	"github.com/latchkeep/latchkeep/ent/scope"
	"github.com/latchkeep/latchkeep/ent/store"
	"github.com/latchkeep/latchkeep/internal/testdb"
	"github.com/latchkeep/latchkeep/pkg/password"
	pkgtotp "github.com/latchkeep/latchkeep/pkg/totp"
)

func TestWrite_WritesAllOfAPerson(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, p *place) {
		shop := p.tenant(t)
		day := func(n int) time.Time { return time.Date(2024, 5, n, 1, 2, 3, 456789000, time.UTC) }
		used, yes, step, domain := day(9), true, int64(77), "corp.example"
		work := user.Email{ID: uuid.New(), Address: "work@shop.example", CreatedAt: day(2), UpdatedAt: day(3)}
		given := transfer.Account{
			ID: uuid.New(), Name: "Kim K", GivenName: "Kim", FamilyName: "K", Picture: "https://x.example/p",
			Username: &user.Username{Name: "kim"},
			Emails:   []user.Email{{Address: "kim@shop.example", IsPrimary: true, IsVerified: true}, work},
			Password: &transfer.Password{Hash: bcryptHash, CreatedAt: day(4), UpdatedAt: day(5)},
			TOTP:     &transfer.TOTP{Secret: "JBSWY3DPEHPK3PXP", LastValidatedStep: &step},
			Credentials: []transfer.Credential{{
				CredentialID: []byte("cred-1"), PublicKey: []byte("key"), AttestationType: "none", Name: "Phone", SignCount: 4_000_000_000,
				AAGUID: uuid.New(), Transports: []string{"internal", "hybrid"}, BackupEligible: &yes, BackupState: &yes, UserHandle: []byte("legacy-17"),
				LastUsedAt: &used, CreatedAt: day(6), UpdatedAt: day(7),
			}, {CredentialID: []byte("cred-2"), PublicKey: []byte("key"), AttestationType: "packed", MFAOnly: true}},
			Identities: []transfer.Identity{
				{ProviderID: "google", Subject: "g-1", EmailID: &work.ID, Claims: `{"a":1}`},
				{ProviderID: "https://idp.example", Subject: "s-1", SAMLDomain: &domain},
			},
			Metadata:  user.Metadata{Public: `{"a":1}`, Private: `{"b":2}`, Unsafe: `{"c":3}`},
			BlockedAt: &used, CreatedAt: day(1), UpdatedAt: day(8),
		}
		require.Equal(t, []string{"written"}, codes(p.write(t, shop, given)))

		kim, err := p.people.Load(t.Context(), shop, given.ID)
		require.NoError(t, err)
		require.Equal(t, []string{"Kim K", "Kim", "K", "https://x.example/p", "kim"},
			[]string{kim.Name, kim.GivenName, kim.FamilyName, kim.Picture, kim.Username.Name})
		require.Equal(t, day(1), kim.CreatedAt)
		require.Equal(t, day(8), kim.UpdatedAt, "the time that was given")
		require.Equal(t, given.Metadata, kim.Metadata)
		require.Equal(t, used, *kim.BlockedAt)
		require.Len(t, kim.Emails, 2)
		require.Equal(t, "kim@shop.example", kim.PrimaryAddress())
		require.True(t, kim.Emails[0].IsVerified)
		require.WithinDuration(t, time.Now(), kim.Emails[0].CreatedAt, time.Minute)
		require.Equal(t, work, kim.Emails[1])
		require.Equal(t, day(4), kim.Password.CreatedAt)
		require.Equal(t, day(5), kim.Password.UpdatedAt)
		require.Len(t, kim.Credentials, 2)
		require.Equal(t, day(6), kim.Credentials[0].CreatedAt)
		require.Equal(t, used, *kim.Credentials[0].LastUsedAt)
		require.Equal(t, []string{"internal", "hybrid"}, kim.Credentials[0].Transports)
		require.True(t, kim.Credentials[0].BackupEligible)
		require.True(t, kim.Credentials[1].MFAOnly)
		require.Len(t, kim.Identities, 2)
		require.Equal(t, work.ID, *kim.Identities[0].EmailID)

		ctx := scope.With(t.Context(), scope.Tenant(shop.ID))
		members := p.store.Reader().MetadataMember.Query().AllX(ctx)
		require.Len(t, members, 3, "she is found by her metadata")
		for _, m := range members {
			require.Equal(t, given.ID, m.UserID)
		}
		hash := p.store.Reader().PasswordCredential.Query().OnlyX(ctx)
		require.Equal(t, bcryptHash, hash.Hash)
		require.Equal(t, int(password.FormatOf(bcryptHash)), hash.Format)
		first := p.store.Reader().WebauthnCredential.Query().AllX(ctx)
		for _, c := range first {
			if string(c.CredentialID) == "cred-1" {
				require.EqualValues(t, 4_000_000_000, c.SignCount)
				require.Equal(t, "legacy-17", string(*c.UserHandle))
				require.Equal(t, "key", string(c.PublicKey))
			} else {
				require.True(t, c.UserHandle == nil || *c.UserHandle == nil)
				require.Nil(t, c.BackupEligible, "unknown until it is used")
			}
		}
		stored := p.store.Reader().TOTPSecret.Query().OnlyX(ctx)
		require.NotContains(t, string(stored.Secret), "JBSWY3DPEHPK3PXP", "the secret is sealed")
		require.EqualValues(t, 77, *stored.LastValidatedStep)
		code, err := pkgtotp.Code("JBSWY3DPEHPK3PXP", time.Now())
		require.NoError(t, err)
		verdict, _, err := p.apps.Check(t.Context(), shop, given.ID, code, time.Now())
		require.NoError(t, err)
		require.Equal(t, totp.Right, verdict)
	})
}

func TestWrite_RejectsWhoConflictsAndNobodyElse(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, p *place) {
		shop, other := p.tenant(t), p.tenant(t)
		kim := keyed("kim", "cred", "handle")
		kim.ID = uuid.New()
		kim.Emails = []user.Email{{Address: "kim@shop.example", IsPrimary: true}}
		kim.Identities = []transfer.Identity{{ProviderID: "google", Subject: "1"}}
		require.Equal(t, []string{"written"}, codes(p.write(t, shop, kim)))

		sameID := named("a")
		sameID.ID = kim.ID
		linked := func(provider, subject string) transfer.Account {
			a := named(provider + subject)
			a.Identities = []transfer.Identity{{ProviderID: provider, Subject: subject}}
			return a
		}
		second := addressed("new@shop.example")
		second.Emails = append(second.Emails, user.Email{Address: "kim@shop.example"})
		twice := keyed("twice", "twice", "")
		twice.Credentials = append(twice.Credentials, twice.Credentials[0])
		got := p.write(t, shop,
			named("first"), sameID, named("kim"), second, keyed("c", "cred", ""), keyed("h", "other", "handle"), linked("google", "1"),
			linked("apple", "1"), named("first"), addressed("new@shop.example"), addressed("new@shop.example"), keyed("x", "mine", "own"),
			keyed("y", "mine", ""), keyed("z", "theirs", "own"), linked("apple", "1"), twice, named("last"))
		require.Equal(t, []string{
			"written", "user_id_already_exists at user_id", "username_already_exists at username", "email_already_exists at emails[1].address",
			"credential_already_exists at webauthn_credentials[0].id", "user_handle_already_exists at webauthn_credentials[0].user_handle",
			"identity_already_exists at identities[0]",
			"written", "username_already_exists at username", "written", "email_already_exists at emails[0].address", "written",
			"credential_already_exists at webauthn_credentials[0].id", "user_handle_already_exists at webauthn_credentials[0].user_handle",
			"username_already_exists at username", "credential_already_exists at webauthn_credentials[1].id", "written",
		}, codes(got))
		for _, o := range got {
			require.Equal(t, o.Status == transfer.Rejected, o.Reason() != "")
		}
		require.Equal(t, 6, p.count(t, shop))

		again := kim
		again.Emails = []user.Email{{Address: "kim@shop.example", IsPrimary: true}}
		require.Equal(t, []string{"user_id_already_exists at user_id"}, codes(p.write(t, other, again)), "an id is unique over all tenants")
		again.ID = uuid.Nil
		require.Equal(t, []string{"written"}, codes(p.write(t, other, again)), "all else is another tenant's business")
	})
}

func TestWrite_SharedHandleOfOnePerson(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, p *place) {
		kim := keyed("kim", "one", "handle")
		kim.Credentials = append(kim.Credentials, transfer.Credential{CredentialID: []byte("two"), PublicKey: []byte("key"), UserHandle: []byte("handle")})
		require.Equal(t, []string{"written"}, codes(p.write(t, p.tenant(t), kim)))
	})
}

func TestWrite_AgainChangesNothing(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, p *place) {
		shop := p.tenant(t)
		kim, sam := addressed("kim@shop.example"), named("sam")
		kim.ID, sam.ID = uuid.New(), uuid.New()
		p.write(t, shop, kim, sam)
		changed := named("renamed")
		changed.ID = kim.ID
		outcomes, err := p.writer.KeepingExisting().Write(t.Context(), shop, []transfer.Account{changed, sam, named("new"), sam})
		require.NoError(t, err)
		require.Equal(t, []string{"exists", "exists", "written", "exists"}, codes(outcomes))
		require.Equal(t, kim.ID, outcomes[0].UserID)
		loaded, err := p.people.Load(t.Context(), shop, kim.ID)
		require.NoError(t, err)
		require.Nil(t, loaded.Username)
		require.Equal(t, []string{"user_id_already_exists at user_id"}, codes(p.write(t, shop, sam)))
	})
}

// Who is unknown costs as much as the dearest hash, which each process looks up once for each version of the tenant.
func TestWrite_OfDearerHashesMakesANewVersionOfTheTenant(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, p *place) {
		shop := p.tenant(t)
		version := func() int64 {
			return p.store.Reader().Tenant.GetX(scope.With(t.Context(), scope.System("test")), shop.ID).Version
		}
		hashed := func(name, hash string) transfer.Account {
			a := named(name)
			a.Password = &transfer.Password{Hash: hash}
			return a
		}
		before := version()
		p.write(t, shop, named("a"), hashed("b", argonHash), hashed("f", fbHash))
		require.Equal(t, before, version())
		dear := strings.Replace(bcryptHash, "$10$", "$12$", 1)
		p.write(t, shop, hashed("c", dear))
		require.Equal(t, before+1, version())
		p.write(t, shop, hashed("d", dear))
		require.Equal(t, before+1, version(), "not with every batch")
	})
}

func TestWrite_FailsAsAWhole(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, p *place) {
		shop := p.tenant(t)
		broken := errors.New("broken")
		_, err := p.writer.Write(t.Context(), shop, []transfer.Account{named("a"), named("b")},
			func(_ context.Context, _ *store.Tx, outcomes []transfer.Outcome) error {
				require.Len(t, outcomes, 2)
				return broken
			})
		require.ErrorIs(t, err, broken)
		_, err = p.writer.Write(t.Context(), shop, []transfer.Account{named("a"), {TOTP: &transfer.TOTP{Secret: "!"}}})
		require.ErrorIs(t, err, pkgtotp.ErrBrokenSecret)
		_, err = p.writer.Write(t.Context(), shop, make([]transfer.Account, transfer.MaxBatch+1))
		require.Error(t, err)
		require.Zero(t, p.count(t, shop))
	})
}

// Two write the same people at once: each person is written once, and nobody else is harmed.
func TestWrite_ConcurrentlyWritesEachPersonOnce(t *testing.T) {
	t.Parallel()

	eachDatabase(t, func(t *testing.T, p *place) {
		shop := p.tenant(t)
		const writers, people = 4, 60
		var all sync.WaitGroup
		results := make([][]transfer.Outcome, writers)
		failed := make([]error, writers)
		for w := range writers {
			batch := make([]transfer.Account, people)
			for i := range batch {
				batch[i] = addressed(fmt.Sprintf("%d@shop.example", i))
				if i%10 == 9 {
					batch[i] = addressed(fmt.Sprintf("%d.%d@shop.example", i, w))
				}
			}
			all.Go(func() { results[w], failed[w] = p.writer.Write(t.Context(), shop, batch) })
		}
		all.Wait()
		for w := range writers {
			require.NoError(t, failed[w])
		}
		for i := range people {
			written := 0
			for w := range writers {
				switch results[w][i].Status {
				case transfer.Written:
					written++
				default:
					require.Equal(t, transfer.CodeEmailExists, results[w][i].Code)
				}
			}
			if i%10 == 9 {
				require.Equal(t, writers, written)
			} else {
				require.Equal(t, 1, written, i)
			}
		}
		require.Equal(t, people/10*9+people/10*writers, p.count(t, shop))
	})
}

// Somebody takes an address at the worst moment, whenever it is tried again: after it was found to be free, and before it is written.
func TestWrite_OvertakenAtEachAttempt(t *testing.T) {
	t.Parallel()

	for _, name := range testdb.Dialects() {
		if name == dialect.SQLite {
			continue // nobody else can write during a unit of work
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var rival func()
			st, _ := testdb.New(t, name, testdb.WithStatements(func(statement string) {
				if rival != nil && strings.HasPrefix(statement, "INSERT INTO emails") {
					rival()
				}
			}))
			p := newPlace(t, st)
			shop := p.tenant(t)
			next := 0
			rival = func() {
				again := rival
				rival = nil
				defer func() { rival = again }()
				next++
				p.write(t, shop, addressed(fmt.Sprintf("%d@shop.example", next)))
			}
			got, err := p.writer.Write(t.Context(), shop, []transfer.Account{
				addressed("1@shop.example"), addressed("2@shop.example"), addressed("3@shop.example"), addressed("free@shop.example"),
			})
			rival = nil
			require.NoError(t, err)
			require.Equal(t, []string{
				"email_already_exists at emails[0].address", "email_already_exists at emails[0].address", "email_already_exists at ", "written",
			}, codes(got))
			require.Equal(t, 5, p.count(t, shop), "four rivals and one of ours")
		})
	}
}

// BenchmarkImport measures how many people a second are written, without reading the file: each has an address, a username and a password,
// every fourth a passkey.
func BenchmarkImport(b *testing.B) {
	for _, name := range testdb.Dialects() {
		b.Run(name, func(b *testing.B) {
			st, _ := testdb.New(b, name)
			p := newPlace(b, st)
			shop := p.tenant(b)
			const size = 1000
			n := 0
			for b.Loop() {
				batch := make([]transfer.Account, size)
				for i := range batch {
					n++
					batch[i] = addressed(fmt.Sprintf("person%d@shop.example", n))
					batch[i].ID = uuid.New()
					batch[i].Username = &user.Username{Name: fmt.Sprintf("person%d", n)}
					batch[i].Password = &transfer.Password{Hash: bcryptHash}
					if n%4 == 0 {
						batch[i].Credentials = keyed("", fmt.Sprint("credential", n), "").Credentials
					}
				}
				p.write(b, shop, batch...)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "users/s")
		})
	}
}
