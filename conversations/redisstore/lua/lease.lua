-- lease: hands out messages that are ready to be sent, lower lanes first, and
-- messages whose lease ran out, whose fate is therefore uncertain.
-- KEYS  1: leases (sorted set: member → when the lease runs out, ms)
--       2: tokens (hash: member → token, attempt, lane)
--       3…: the lanes (sorted sets: member → ready at, ms)
-- ARGV  1: now, ms   2: how many at most   3: lease until, ms   4: token
--       5: '1' if an earlier run with this token may have succeeded
-- Returns a flat list: member, attempt (from 1), lane (from 0).
-- Safe to run twice: what the first run leased is handed out again.
local now, room, till, token = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4]
local out = {}
local function hand(member, attempt, lane)
  redis.call('ZADD', KEYS[1], till, member)
  redis.call('HSET', KEYS[2], member, token .. ' ' .. attempt .. ' ' .. lane)
  out[#out + 1], out[#out + 2], out[#out + 3] = member, tostring(attempt), tostring(lane)
  room = room - 1
end
if ARGV[5] == '1' then
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], till, till)) do
    local mine, attempt, lane = string.match(redis.call('HGET', KEYS[2], member) or '', '^(%S+) (%d+) (%d+)$')
    if mine == token then hand(member, tonumber(attempt), tonumber(lane)) end
  end
  if #out > 0 then return out end
end
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, room)) do
  local _, attempt, lane = string.match(redis.call('HGET', KEYS[2], member) or '', '^(%S+) (%d+) (%d+)$')
  hand(member, tonumber(attempt or 1), tonumber(lane or 0))
end
for i = 3, #KEYS do
  if room <= 0 then break end
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[i], '-inf', now, 'LIMIT', 0, room)) do
    redis.call('ZREM', KEYS[i], member)
    local attempt = string.match(redis.call('HGET', KEYS[2], member) or '', '^%- (%d+)')
    hand(member, tonumber(attempt or 0) + 1, i - 3)
  end
end
return out
