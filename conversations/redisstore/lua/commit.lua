-- commit: applies a change to one partition whole, or not at all.
-- KEYS  1: the partition's log; then every key that is checked or written.
-- ARGV  1: operation ID if this is a repeat whose first answer was lost, else ''
--       2: how many checks; then, for each: kind, key's place in KEYS, wanted, argument
--       then, to the end, the writes: how many arguments, command, key's place, arguments…
-- Checks come first and write nothing:
--   rev    the document at the key starts with the wanted revision ('' : there is none)
--   field  the hash field <argument> holds exactly the wanted value ('' : absent)
--   frev   the hash field <argument> starts with the wanted revision ('' : absent)
--   head   the list element <argument> starts with the wanted bytes
--   room   the sorted set has fewer than <wanted> members, or <argument> is one
--   member the sorted set has <argument>
--   value  the string is exactly the wanted one ('' : absent)
-- Returns {'ok'}; {'done'} if the log shows that this operation was applied
-- before; or {kind, place of the failed check from 1, what is there instead}.
-- The log is looked through a minute back: long after the last repeat of an operation.
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local function applied(op)
  local since = tonumber(call('TIME')[1]) * 1000 - 60000
  for _, entry in ipairs(call('XRANGE', KEYS[1], string.format('%.0f', since), '+')) do
    if string.find(entry[2][2], '\t' .. op .. '\t', 1, true) then return true end
  end
  return false
end
local at = 3
for i = 1, tonumber(ARGV[2]) do
  local kind, key, want, arg = ARGV[at], KEYS[tonumber(ARGV[at + 1])], ARGV[at + 2], ARGV[at + 3]
  at = at + 4
  local have, good
  if kind == 'rev' then
    have = call('GETRANGE', key, 0, 19)
    good = (string.match(have, '^%d+') or '') == want
  elseif kind == 'field' then
    have = call('HGET', key, arg) or ''
    good = have == want
  elseif kind == 'frev' then
    have = call('HGET', key, arg) or ''
    good = (string.match(have, '^%d+') or '') == want
  elseif kind == 'head' then
    have = call('LINDEX', key, arg) or ''
    good = string.sub(have, 1, #want) == want
  elseif kind == 'room' then
    good = call('ZSCORE', key, arg) or call('ZCARD', key) < tonumber(want)
  elseif kind == 'member' then
    good = call('ZSCORE', key, arg)
  elseif kind == 'value' then
    have = call('GET', key) or ''
    good = have == want
  end
  if not good then
    if ARGV[1] ~= '' and applied(ARGV[1]) then return { 'done' } end
    return { kind, i, have or '' }
  end
end
while at <= #ARGV do
  local n = tonumber(ARGV[at])
  call(ARGV[at + 1], KEYS[tonumber(ARGV[at + 2])], unpack(ARGV, at + 3, at + 2 + n))
  at = at + 3 + n
end
return { 'ok' }
