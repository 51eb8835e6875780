-- commit: applies changes, each to one partition, each whole or not at all.
-- KEYS  for each change: its partition's log; then every key it checks or writes.
-- ARGV  for each change: operation ID if this is a repeat whose first answer was
--       lost, else ''; how many keys, checks and writes it has;
--       for each check: kind, key's place in the change's keys, wanted, argument;
--       for each write: how many arguments, command, key's place, arguments…
-- Checks come first and write nothing, but for a last one that takes a field:
--   rev    the document at the key starts with the wanted revision ('' : there is none)
--   field  the hash field <argument> holds exactly the wanted value ('' : absent)
--   take   the hash field <argument> is absent; it gets the wanted value
--   frev   the hash field <argument> starts with the wanted revision ('' : absent)
--   head   the list element <argument> starts with the wanted bytes
--   room   the sorted set has fewer than <wanted> members, or <argument> is one
--   member the sorted set has <argument>
--   value  the string is exactly the wanted one ('' : absent)
-- Returns for each change: 1; 'done' if the log shows that this operation was
-- applied before; or {kind, place of the failed check from 1, what is there instead}.
-- The log is looked through a minute back: long after the last repeat of an operation.
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local base, at = 0, 1
local function applied(op)
  local since = tonumber(call('TIME')[1]) * 1000 - 60000
  for _, entry in ipairs(call('XRANGE', KEYS[base + 1], string.format('%.0f', since), '+')) do
    if string.find(entry[2][2], '\t' .. op .. '\t', 1, true) then return true end
  end
  return false
end
local function holds(kind, key, want, arg)
  local have
  if kind == 'rev' then
    have = call('GETRANGE', key, 0, 19)
    return (string.match(have, '^%d+') or '') == want, have
  elseif kind == 'field' then
    have = call('HGET', key, arg) or ''
    return have == want, have
  elseif kind == 'take' then
    if call('HSETNX', key, arg, want) == 1 then return true end
    return false, call('HGET', key, arg)
  elseif kind == 'frev' then
    have = call('HGET', key, arg) or ''
    return (string.match(have, '^%d+') or '') == want, have
  elseif kind == 'head' then
    have = call('LINDEX', key, arg) or ''
    return string.sub(have, 1, #want) == want, have
  elseif kind == 'room' then
    return call('ZSCORE', key, arg) or call('ZCARD', key) < tonumber(want), ''
  elseif kind == 'member' then
    return call('ZSCORE', key, arg), ''
  elseif kind == 'value' then
    have = call('GET', key) or ''
    return have == want, have
  end
  return false, ''
end
local results = {}
while at <= #ARGV do
  local op, keys, checks, writes = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local result = 1
  at = at + 4
  for i = 1, checks do
    if result == 1 then
      local good, have = holds(ARGV[at], KEYS[base + ARGV[at + 1]], ARGV[at + 2], ARGV[at + 3])
      if not good then result = { ARGV[at], i, have } end
    end
    at = at + 4
  end
  if result ~= 1 and op ~= '' and applied(op) then result = 'done' end
  for _ = 1, writes do
    local n = tonumber(ARGV[at])
    if result == 1 then call(ARGV[at + 1], KEYS[base + ARGV[at + 2]], unpack(ARGV, at + 3, at + 2 + n)) end
    at = at + 3 + n
  end
  results[#results + 1] = result
  base = base + keys
end
return results
