package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// prefix keeps our keys apart from others' in the same Redis.
const prefix = "latchkeep:limit:"

// take is one attempt, atomically. KEYS: the bucket. ARGV: now and interval in milliseconds, tokens. It returns what was left before the
// attempt and the milliseconds until the window ends. The clock is the caller's, so that a bucket means the same in every script version;
// replicas' clocks differ by less than any interval.
const take = `
local start = redis.call('HGET', KEYS[1], 's')
local now, interval, tokens = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local window, left = 0, tokens
if start then
  start = tonumber(start)
  window = math.max(math.floor((now - start) / interval), 0)
  local state = redis.call('HMGET', KEYS[1], 't', 'k')
  if tonumber(state[1]) >= window then
    window = tonumber(state[1])
    left = tonumber(state[2])
  end
else
  start = now
end
if left > 0 then
  redis.call('HSET', KEYS[1], 's', start, 't', window, 'k', left - 1)
  redis.call('PEXPIRE', KEYS[1], interval * 3)
end
return {left, start + (window + 1) * interval - now}`

// Redis counts in a Redis that replicas share.
type Redis struct {
	client redis.UniversalClient
	script *redis.Script
	now    func() time.Time
}

// NewRedis makes a limiter that replicas share.
func NewRedis(client redis.UniversalClient) *Redis {
	return &Redis{client: client, script: redis.NewScript(take), now: time.Now}
}

// timeout bounds an attempt: a login must not wait for a Redis that does not answer.
const timeout = 500 * time.Millisecond

// Take takes a token.
func (r *Redis) Take(ctx context.Context, key string, l Limit) (Decision, error) {
	l = l.sane()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	interval := max(l.Interval.Milliseconds(), 1)
	got, err := r.script.Run(ctx, r.client, []string{prefix + key}, r.now().UnixMilli(), interval, l.Tokens).Int64Slice()
	if err != nil {
		return Decision{}, fmt.Errorf("count attempt in Redis: %w", err)
	}
	if len(got) != 2 {
		return Decision{}, errors.New("count attempt in Redis: unexpected answer")
	}
	return decide(int(got[0]), time.Duration(got[1])*time.Millisecond), nil
}
