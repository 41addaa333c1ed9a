-- Find what time has brought: silent sessions, late starts, due quotas, lost messages.
--
-- ARGV     3 how many of each  4 age in ms after which a message counts as lost
-- Returns  {'swept', op, grants, {{id, token, session, state}, ..} suspects,
--           {id, ..} granted and not started, {{id, token, message}, ..} to publish again,
--           {id, ..} unsatisfiable, ms until the next quota or -1, gap_ms}
--include head
--include books
--include queue
--include serve
--include free
--include suspects
--include time_gap
--include deep
local limit = tonumber(ARGV[3])

local function due(key)
  return call('ZRANGEBYSCORE', key, '-inf', now, 'LIMIT', 0, limit)
end

local function count(field, by)
  if by > 0 then call('HINCRBY', META, field, by) end
end

local function suspect_the_overdue()
  for _, id in ipairs(due(HOLDS)) do
    local a = decode(call('HGET', REQUESTS, id))
    call('ZREM', HOLDS, id)
    if a[STATE] == 'R' then
      set_state(id, a, 'H')
      call('ZADD', SUSPECTS, 0, id)
    end
  end
end

-- Granted and never started: back in line, at the old place. Who was to ask for it himself is
-- gone, or he would have.
local function put_back_the_late()
  local late = due(DEADLINES)
  for _, id in ipairs(late) do
    local a = decode(call('HGET', REQUESTS, id))
    give_back(id, a)
    if call('HEXISTS', MESSAGES, id) == 1 then
      a[STATE], a[TOKEN], a[SINCE] = 'W', '', ''
      call('HSET', REQUESTS, id, encode(a))
      enqueue(id, a)
    else
      uncharge(a)
      forget(id)
    end
  end
  return late
end

local function wake_rates()
  for _, name in ipairs(due(TIMERS)) do
    call('ZREM', TIMERS, name)
    todo[name] = true
  end
end

local function publish_again()
  local found = {}
  local before = now - tonumber(ARGV[4])
  for _, id in ipairs(call('ZRANGEBYSCORE', OUTBOX, 0, before, 'LIMIT', 0, limit)) do
    local a = decode(call('HGET', REQUESTS, id))
    found[#found + 1] = {id, a[TOKEN], call('HGET', MESSAGES, id)}
    call('ZADD', OUTBOX, now, id)
  end
  return found
end

-- Those who were told least lately first, so that one that stays hides no other.
local function tell_suspects()
  local found = {}
  for _, id in ipairs(call('ZRANGE', SUSPECTS, 0, limit - 1)) do
    local a = decode(call('HGET', REQUESTS, id))
    found[#found + 1] = {id, a[TOKEN], a[SESSION], a[STATE]}
    call('ZADD', SUSPECTS, now, id)
  end
  return found
end

-- What a tenant was charged and has paid for since says nothing any more.
local function forget_tags()
  local page = call('HSCAN', TAGS, call('HGET', META, 'tags') or '0', 'COUNT', limit)
  call('HSET', META, 'tags', page[1])
  for i = 1, #page[2], 2 do
    local r = resource(string.match(page[2][i], '^[^%z]*'))
    local idle = r and r[WAITING] == 0 and r[USED] == 0
    local served = r and math.max(r[VIRTUAL], idle and now_us or 0)
    if not r or tonumber(page[2][i + 1]) <= served then call('HDEL', TAGS, page[2][i]) end
  end
end

local gap = bridge_gap()
for _, session in ipairs(due(SESSIONS)) do suspect(session) end
suspect_the_overdue()
local late = put_back_the_late()
wake_rates()
serve()
local unsatisfiable = look_deep()
serve()
forget_tags()
local again = publish_again()
count('late', #late)
count('republished', #again)
local timer = call('ZRANGE', TIMERS, 0, 0, 'WITHSCORES')
local next_ms = timer[2] and math.max(0, timer[2] - now) or -1
return {'swept', done(), grants, tell_suspects(), late, again, unsatisfiable, next_ms, gap}
