-- Give back an allocation and serve whoever waits for it.
--
-- ARGV     3 id  4 token, '' for any
-- Returns  {'released', op} or {'released', op, grants}
--          {'gone', op} {'stale', op} when the token is another's
--          {'parked', op} when it is not granted yet: that is cancelled, not released
--include head
local id = ARGV[3]
local packed = call('HGET', REQUESTS, id)
if not packed then return {'gone', meta[OP]} end
local a = decode(packed)
if a[STATE] == 'W' then return {'parked', meta[OP]} end
if ARGV[4] ~= '' and a[TOKEN] ~= ARGV[4] then return {'stale', meta[OP]} end

local need = a[NEED]
if a[STATE] == 'R' and a[HOLD] == 0 then
  local names, rows = {}, {'s\0' .. a[SESSION] .. '\0' .. id}
  for i = 1, #need, 2 do
    names[#names + 1] = need[i]
    rows[#rows + 1] = 'r\0' .. need[i] .. '\0' .. id
  end
  local found, fields, quiet = call('HMGET', RESOURCES, unpack(names)), {}, true
  for i = 1, #names do
    local r = decode(found[i])
    if r[WAITING] > 0 then
      quiet = false
      break
    end
    if r[KIND] == 'c' then
      r[USED] = r[USED] - need[2 * i]
      if r[USED] < 0 then error('more was released than taken of ' .. names[i]) end
      fields[#fields + 1] = names[i]
      fields[#fields + 1] = encode(r)
    end
  end
  -- Nobody waits: as few calls as can be.
  if quiet then
    if #fields > 0 then call('HSET', RESOURCES, unpack(fields)) end
    call('HDEL', REQUESTS, id)
    call('ZREM', HELD, unpack(rows))
    -- No operation is counted: a promoted replica that has not heard of it holds more, not less.
    return {'released', meta[OP]}
  end
end

--include books
--include queue
--include serve
--include free
give_back(id, a)
forget(id)
serve()
return {'released', done(), grants}
