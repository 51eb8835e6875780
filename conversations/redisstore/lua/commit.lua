-- commit: applies changes, each to one partition, each whole or not at all.
-- KEYS  for each change: its partition's log; then a key for each of its steps, but for those that write to the log.
-- ARGV  for each change: its steps, a letter each; then their arguments in turn.
-- Steps with a small letter check; they come first:
--   r(wanted)         the document at the key starts with the wanted revision ('': there is none)
--   v(wanted)         the string is exactly the wanted one ('': absent)
--   m(member)         the sorted set has it
--   f(wanted, field)  the hash field holds exactly the wanted value ('': absent)
--   g(wanted, field)  the hash field starts with the wanted revision ('': absent)
--   h(wanted, index)  the list element starts with the wanted bytes
--   o(size, member)   the sorted set has fewer members than size, or has this one
-- and these write at once what is taken back if a later check fails, for a call costs more than what it does:
--   t(value, field)   take: the hash field is absent; it gets the value
--   w(value, field)   the same, of what is no claim
--   u(wanted, new)    update: the document at the key starts with the wanted revision; the new one is put in its place
-- Capitals and digits write: see `writes`; "E" appends an event to the log, "*" is any command: its name, how many arguments, and those.
-- "@" in front takes one argument: the operation's ID, if this is a repeat whose first answer was lost.
-- Returns for each change: 1; 'done' if the log shows that this operation was
-- applied before; or {the failed check's letter, what is there instead}.
-- The log is looked through a minute back: long after the last repeat of an operation.
local call, sub, match, KEYS, ARGV = redis.call, string.sub, string.match, KEYS, ARGV
local writes = {
  S = { 'SET', 1 }, P = { 'RPUSH', 1 }, L = { 'LSET', 2 }, Z = { 'ZADD', 2 }, Y = { 'ZREM', 1 }, A = { 'SADD', 1 }, R = { 'SREM', 1 },
  H = { 'HSET', 2 }, D = { 'HDEL', 1 }, I = { 'INCR', 0 }, ['0'] = { 'SETBIT', 1, '0' }, ['1'] = { 'SETBIT', 1, '1' },
}
local undo, undone = {}, 0 -- how to take back what this change's checks wrote
local function later(...)
  undone = undone + 1
  undo[undone] = { ... }
end
local function take(key, value, field)
  if call('HSETNX', key, field, value) == 0 then return false, call('HGET', key, field) end
  later('HDEL', key, field)
  return true
end
local function revision(have, want) return (match(have, '^%d+') or '') == want, have end
local checks = {
  r = { 1, function(key, want) return revision(call('GETRANGE', key, 0, 19), want) end },
  v = { 1, function(key, want)
    local have = call('GET', key) or ''
    return have == want, have
  end },
  m = { 1, function(key, member) return call('ZSCORE', key, member), '' end },
  f = { 2, function(key, want, field)
    local have = call('HGET', key, field) or ''
    return have == want, have
  end },
  g = { 2, function(key, want, field) return revision(call('HGET', key, field) or '', want) end },
  h = { 2, function(key, want, index)
    local have = call('LINDEX', key, index) or ''
    return sub(have, 1, #want) == want, have
  end },
  o = { 2, function(key, size, member) return call('ZCARD', key) < tonumber(size) or call('ZSCORE', key, member), '' end },
  t = { 2, take },
  w = { 2, take },
  u = { 2, function(key, want, new)
    local was = call('GETSET', key, new)
    if was then later('SET', key, was) else later('DEL', key) end
    return revision(was or '', want)
  end },
}
local function applied(log, op)
  local since = tonumber(call('TIME')[1]) * 1000 - 60000
  for _, entry in ipairs(call('XRANGE', log, string.format('%.0f', since), '+')) do
    if string.find(entry[2][2], '\t' .. op .. '\t', 1, true) then return true end
  end
  return false
end
local results, key, at = {}, 1, 1
while at <= #ARGV do
  local steps, log, op, result = ARGV[at], KEYS[key], nil, 1
  key, at, undone = key + 1, at + 1, 0
  for i = 1, #steps do
    local s = sub(steps, i, i)
    local w, n = writes[s], 1
    if w then
      n = w[2]
      if result ~= 1 then -- nothing more is written
      elseif n == 2 then call(w[1], KEYS[key], ARGV[at], ARGV[at + 1])
      elseif w[3] then call(w[1], KEYS[key], ARGV[at], w[3])
      elseif n == 1 then call(w[1], KEYS[key], ARGV[at])
      else call(w[1], KEYS[key]) end
      key = key + 1
    elseif s == 'E' then
      if result == 1 then call('XADD', log, '*', 'e', ARGV[at]) end
    elseif s == '*' then
      n = 2 + tonumber(ARGV[at + 1])
      if result == 1 then call(ARGV[at], KEYS[key], unpack(ARGV, at + 2, at + n - 1)) end
      key = key + 1
    elseif s == '@' then
      op = ARGV[at]
    else
      n = checks[s][1]
      if result == 1 then
        local good, have = checks[s][2](KEYS[key], ARGV[at], ARGV[at + 1])
        if not good then
          for j = undone, 1, -1 do call(unpack(undo[j])) end
          result = op and applied(log, op) and 'done' or { s, have }
        end
      end
      key = key + 1
    end
    at = at + n
  end
  results[#results + 1] = result
end
return results
