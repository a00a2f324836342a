package testdb

import (
	"fmt"
	"net/url"
	"os"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// RedisURL is the variable that names a Redis server of 64 databases.
const RedisURL = "LATCHKEEP_TEST_REDIS_URL"

// Redis is the URL of a database of its own on the Redis server: all but the first are given out in turn, whichever process asks. Without a server
// the test is skipped, or fails where LATCHKEEP_TEST_REQUIRE is "all".
func Redis(t testing.TB) string {
	t.Helper()
	server := os.Getenv(RedisURL)
	switch {
	case server == "" && Require():
		t.Fatalf("%s is not set, and LATCHKEEP_TEST_REQUIRE=all", RedisURL)
	case server == "":
		t.Skipf("%s is not set: nothing is tested with a Redis server", RedisURL)
	}
	o, err := redis.ParseURL(server)
	require.NoError(t, err)
	client := redis.NewClient(o)
	defer client.Close()
	n, err := client.Incr(t.Context(), "latchkeep-tests-databases").Result()
	require.NoError(t, err)
	u, err := url.Parse(server)
	require.NoError(t, err)
	u.Path = fmt.Sprintf("/%d", 1+n%63)
	return u.String()
}
