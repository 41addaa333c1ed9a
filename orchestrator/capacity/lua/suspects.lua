-- The permits of a session that ended are suspect, not free: the ledger first writes down that
-- their attempts are lost, so that a holder which only slept cannot complete any more.
local function rows_of(session)
  local prefix = 's\0' .. session
  return call('ZRANGEBYLEX', HELD, '[' .. prefix .. '\0', '(' .. prefix .. '\1'), #prefix + 2
end

local function set_state(id, a, state)
  a[STATE] = state
  call('HSET', REQUESTS, id, encode(a))
end

-- Make what a session holds suspect; return it as {id, token, session, state}.
local function suspect(session)
  call('ZREM', SESSIONS, session)
  call('ZREM', TTLS, session)
  local rows, start = rows_of(session)
  local found = {}
  for _, row in ipairs(rows) do
    local id = string.sub(row, start)
    local a = decode(call('HGET', REQUESTS, id))
    if a[STATE] ~= 'S' then
      set_state(id, a, 'S')
      call('ZADD', SUSPECTS, 0, id)
    end
    found[#found + 1] = {id, a[TOKEN], session, 'S'}
  end
  return found
end

-- The session was only silent: what was suspect is its own again.
local function trust(session)
  local rows, start = rows_of(session)
  for _, row in ipairs(rows) do
    local id = string.sub(row, start)
    local a = decode(call('HGET', REQUESTS, id))
    if a[STATE] == 'S' then
      set_state(id, a, 'R')
      call('ZREM', SUSPECTS, id)
      if a[HOLD] > 0 then call('ZADD', HOLDS, a[SINCE] + a[HOLD], id) end
    end
  end
end
