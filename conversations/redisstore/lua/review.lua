-- review: lists, once, what a review round covers in one partition, at one instant: a
-- bitmap made of the bitmaps that filters have.
-- KEYS  1: the partition's log   2: ticks (hash)   3: the list (bitmap)   4: a scratch bitmap
--       5…: facets, group by group
-- ARGV  1: now, ms   2: ms to keep the list   3…: for each group, how many facets it has
-- A conversation is listed if it has a facet of every group. The ticks' field '+' notes when
-- that was, and the last entry of the log then: what the log says up to there is what was listed.
-- Returns how many are listed. Safe to run twice: the list is made once.
local call = redis.call
if call('HEXISTS', KEYS[2], '+') == 1 then return call('BITCOUNT', KEYS[3]) end
local at = 5
for g = 3, #ARGV do
  local facets = {}
  for i = 1, tonumber(ARGV[g]) do facets[i], at = KEYS[at], at + 1 end
  call('BITOP', 'OR', g == 3 and KEYS[3] or KEYS[4], unpack(facets))
  if g > 3 then call('BITOP', 'AND', KEYS[3], KEYS[3], KEYS[4]) end
end
call('DEL', KEYS[4])
local n = call('BITCOUNT', KEYS[3])
if n == 0 then call('DEL', KEYS[3]) else call('PEXPIRE', KEYS[3], ARGV[2]) end
local last = call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
call('HSET', KEYS[2], '+', ARGV[1] .. ' ' .. (last[1] and last[1][1] or '0-0'))
call('PEXPIRE', KEYS[2], ARGV[2])
return n
