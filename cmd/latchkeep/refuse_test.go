package main_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestServe_RefusesToStartAndSaysWhatToDo(t *testing.T) {
	t.Parallel()

	sqlite := "LATCHKEEP_DATABASE_URL=sqlite://x.db"
	secret := "LATCHKEEP_SECRETS_KEYS=" + goodSecret
	for name, c := range map[string]struct {
		env   []string
		args  []string
		texts []string
		never string
	}{
		"a missing secret": {
			env: []string{sqlite}, texts: []string{"secrets.keys", "openssl rand"},
		},
		"a short secret": {
			env: []string{sqlite, "LATCHKEEP_SECRETS_KEYS=tooshort"}, texts: []string{"LATCHKEEP_SECRETS_KEYS", "16"}, never: "tooshort",
		},
		"a short secret among others": {
			env: []string{sqlite, "LATCHKEEP_SECRETS_KEYS=" + goodSecret + ",tooshort"}, texts: []string{"LATCHKEEP_SECRETS_KEYS", "16"}, never: "tooshort",
		},
		"a secret that everybody knows": {
			env: []string{sqlite, "LATCHKEEP_SECRETS_KEYS=abcedfghijklmnopqrstuvwxyz"}, texts: []string{"LATCHKEEP_SECRETS_KEYS", "published example"},
			never: "abcedfghijklmnopqrstuvwxyz",
		},
		"the same by its Hanko name": {
			env: []string{sqlite, "SECRET_KEYS=abcedfghijklmnopqrstuvwxyz"}, texts: []string{"SECRET_KEYS", "published example"}, never: "abcedfghijklmnopqrstuvwxyz",
		},
		"no database": {env: []string{secret}, texts: []string{"database.url", "postgres://", "sqlite://"}},
		"no URL of a database": {
			env: []string{secret, "LATCHKEEP_DATABASE_URL=my database, pass=hunter2hunter2hunter2"}, texts: []string{"LATCHKEEP_DATABASE_URL", "postgres://"},
		},
		"another kind of database": {
			env: []string{secret, "LATCHKEEP_DATABASE_URL=oracle://app:hunter2hunter2hunter2@db/app"}, texts: []string{"LATCHKEEP_DATABASE_URL", "unknown database dialect"},
		},
		"CockroachDB": {
			env: []string{secret, "LATCHKEEP_DATABASE_URL=cockroach://app:hunter2hunter2hunter2@db:26257/app"}, texts: []string{"LATCHKEEP_DATABASE_URL", "CockroachDB"},
		},
		"CockroachDB as a dialect": {env: []string{secret, "DATABASE_DIALECT=cockroach"}, texts: []string{"DATABASE_DIALECT", "CockroachDB"}},
		"a database that does not answer": {
			env: []string{secret, "LATCHKEEP_DATABASE_URL=postgres://app:hunter2hunter2hunter2@127.0.0.1:1/app"}, texts: []string{"database.url", "127.0.0.1:1"},
		},
		"no URL of a Redis": {
			env: []string{sqlite, secret, "LATCHKEEP_REDIS_URL=localhost;hunter2hunter2hunter2"}, texts: []string{"LATCHKEEP_REDIS_URL", "redis://"},
		},
		"a name that means nothing": {
			env: []string{sqlite, secret, "LATCHKEEP_DATABSE_POOL=5"}, texts: []string{"LATCHKEEP_DATABSE_POOL", "did you mean LATCHKEEP_DATABASE_POOL"},
		},
		"two servers on one address": {
			env: []string{sqlite, secret}, args: []string{"--public-addr", "127.0.0.1:18000", "--admin-addr", "127.0.0.1:18000"},
			texts: []string{"--admin-addr", "--public-addr", "its own port"},
		},
		"a file that is not there": {env: []string{sqlite, secret}, args: []string{"--config", "nowhere.yaml"}, texts: []string{"nowhere.yaml"}},
		"a server that is not there": {
			env: []string{sqlite, secret}, args: []string{"everything"}, texts: []string{`"everything"`, "public, admin, console or all"},
		},
		"a flag that is not there": {env: []string{sqlite, secret}, args: []string{"--adress", ":1"}, texts: []string{"--adress"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := newMachine(t, c.env...).refuses(t, append([]string{"serve"}, c.args...), c.texts...)
			if c.never != "" {
				require.NotContains(t, said, c.never)
			}
		})
	}
}

func TestServe_NamesEverythingThatIsWrongAtOnce(t *testing.T) {
	t.Parallel()

	newMachine(t, "LATCHKEEP_SECRETS_KEYS=short", "LATCHKEEP_LOG_LEVEL=loud", "LATCHKEEP_DATABASE_POOL=0", "LATCHKEEP_DATABASE_URL=cockroach://x/y").
		refuses(t, []string{"serve"}, "4 problems", "LATCHKEEP_SECRETS_KEYS", "LATCHKEEP_LOG_LEVEL", "LATCHKEEP_DATABASE_POOL", "LATCHKEEP_DATABASE_URL")
}

func TestServe_RefusesPendingMigrationsUnlessToldToApplyThem(t *testing.T) {
	t.Parallel()

	m := node(t)
	m.refuses(t, []string{"serve"}, "lacks", "latchkeep migrate up")
	s := m.start(t, "serve", "--auto-migrate")
	s.address(t, "ops")
	s.stop(t)
	m.start(t, "serve").address(t, "ops")
}

func TestServe_NamesTheSettingOfATakenPort(t *testing.T) {
	t.Parallel()

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	m := node(t)
	m.must(t, "migrate", "up")
	address := taken.Addr().String()
	m.with("LATCHKEEP_SERVER_ADMIN_ADDRESS="+address).refuses(t, []string{"serve"}, "server.admin.address", address, "in use")
	m.with("LATCHKEEP_SERVER_OPS_ADDRESS="+address).refuses(t, []string{"serve"}, "server.ops.address", address, "in use")
}

func TestWorker_RefusesToRunWithoutRedis(t *testing.T) {
	t.Parallel()

	m := node(t)
	m.must(t, "migrate", "up")
	m.refuses(t, []string{"worker"}, "redis.url", `"latchkeep serve" does the work`)
}

func TestEveryCommand_RefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()

	m := node(t)
	m.refuses(t, []string{"sreve"}, `"sreve"`)
	m.refuses(t, []string{"migrate", "sideways"}, `"sideways"`)
	m.refuses(t, []string{"migrate", "down"}, "migrations only go forward")
	m.refuses(t, []string{"migrate", "down", "1"}, "migrations only go forward")
	m.refuses(t, []string{"tenant", "frobnicate"}, `"frobnicate"`)
}
