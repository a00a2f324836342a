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

// take is one attempt, atomically.
//
// KEYS[1] is a hash: s the start of window 0 and i the interval, both in microseconds, t the number of the window in
// which k, the tokens left, were counted. ARGV: interval, tokens, intervals to keep, and the time in microseconds, or
// "" for the server's own clock, on which all replicas agree. It returns what was left before the attempt and the
// microseconds until the window ends.
//
// Numbers are written with %.0f, since Lua would write a time as 1.8e+15.
const take = `
local interval, tokens, kept, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
if not now then
  local clock = redis.call('TIME')
  now = clock[1] * 1000000 + clock[2]
end
local state = redis.call('HMGET', KEYS[1], 's', 'i', 't', 'k')
local start, window, left = tonumber(state[1]), tonumber(state[3]), tonumber(state[4])
if not start or not window or not left or tonumber(state[2]) ~= interval then
  start, window, left = now, 0, tokens
end
local current = math.floor((now - start) / interval)
if current > window then
  window, left = current, tokens
end
left = math.min(left, tokens)
if left > 0 then
  redis.call('HSET', KEYS[1], 's', string.format('%.0f', start), 'i', string.format('%.0f', interval),
    't', string.format('%.0f', window), 'k', string.format('%.0f', left - 1))
  redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.max(math.ceil(interval * kept / 1000), 1)))
end
return {left, start + (window + 1) * interval - now}`

// timeout bounds an attempt: a login must not wait for a Redis that does not answer.
const timeout = 500 * time.Millisecond

// Redis counts in a Redis that replicas share.
type Redis struct {
	client redis.UniversalClient
	script *redis.Script
	now    func() time.Time // nil: the clock of the server
}

// NewRedis makes a limiter that replicas share. It takes over no responsibility for client.
func NewRedis(client redis.UniversalClient) *Redis {
	return &Redis{client: client, script: redis.NewScript(take)}
}

// WithClock is a limiter on the same Redis that goes by another clock than that of the server.
func (r *Redis) WithClock(now func() time.Time) *Redis {
	other := *r
	other.now = now
	return &other
}

// Take takes a token. Errors: Redis cannot be reached, or does not answer within half a second; that of a ctx that is done.
func (r *Redis) Take(ctx context.Context, key string, l Limit) (Decision, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return Decision{}, err
	}
	// By default the client does not let a context interrupt it while it waits for a server that is silent, but goes by
	// its own time-outs of several seconds. So it is left waiting.
	type answer struct {
		d   Decision
		err error
	}
	answers := make(chan answer, 1)
	go func() {
		d, err := r.run(ctx, key, l.sane())
		answers <- answer{d, err}
	}()
	select {
	case a := <-answers:
		return a.d, a.err
	case <-ctx.Done():
		return Decision{}, fmt.Errorf("count an attempt in Redis: %w", ctx.Err())
	}
}

func (r *Redis) run(ctx context.Context, key string, l Limit) (Decision, error) {
	var now any = ""
	if r.now != nil {
		now = r.now().UnixMicro()
	}
	interval := max(l.Interval.Microseconds(), 1)
	got, err := r.script.Run(ctx, r.client, []string{prefix + key}, interval, l.Tokens, keptIntervals, now).Int64Slice()
	if err != nil {
		return Decision{}, fmt.Errorf("count an attempt in Redis: %w", err)
	}
	if len(got) != 2 {
		return Decision{}, errors.New("count an attempt in Redis: unexpected answer")
	}
	return decide(int(got[0]), time.Duration(got[1])*time.Microsecond), nil
}
