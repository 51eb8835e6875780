-- pace: a sender's turn, by the generic cell rate algorithm.
-- KEYS  1: when the sender's next turn is, ms
-- ARGV  1: now, ms   2: ms between turns   3: burst, turns   4: how many turns are wanted
-- Returns the ms to wait before the first of the turns; they are taken. A repeat
-- after a lost answer wastes turns; it never gives too many.
local now, gap, burst, n = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local next = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now - gap * (burst - 1))
redis.call('SET', KEYS[1], string.format('%.0f', next + gap * n), 'PX', string.format('%.0f', math.max(1000, next + gap * n - now + 1000)))
return string.format('%.0f', math.max(0, next - now))
