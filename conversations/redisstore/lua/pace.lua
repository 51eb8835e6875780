-- pace: a sender's turn, by the generic cell rate algorithm.
-- KEYS  1: when the sender's next turn is, ms
-- ARGV  1: now, ms   2: ms between turns   3: burst, turns   4: the longest wait that is any use, ms
-- Returns the ms to wait for a turn, which is then taken; or, if that is too long,
-- the same with a minus, and nothing is taken. A repeat after a lost answer wastes
-- a turn; it never gives one too many.
local now, gap, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local turn = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now - gap * (burst - 1))
local wait = math.max(0, turn - now)
if wait > tonumber(ARGV[4]) then return string.format('-%.0f', wait) end
-- Kept until all turns are saved up again.
redis.call('SET', KEYS[1], string.format('%.0f', turn + gap), 'PX', string.format('%.0f', turn + gap * burst - now + 1000))
return string.format('%.0f', wait)
