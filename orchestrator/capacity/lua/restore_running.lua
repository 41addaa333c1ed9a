-- Enter what the ledger knows to run, with a full lease: taken until proven free, even when it
-- is more than there is now.
--
-- ARGV     3 ttl_ms  4.. id, token, session, since_ms, number of resources, resource, amount, ..
-- Returns  {'restored', op} {'unknown', op, resource}
--include names
local mode = 'rebuild'
--include guard
--include books
local ttl, at = tonumber(ARGV[3]), 4

local function holds(need)
  local hold = 0
  for i = 1, #need, 2 do
    local most = resource(need[i])[MAX_HOLD]
    if most > 0 and (hold == 0 or most < hold) then hold = most end
  end
  return hold
end

while at <= #ARGV do
  local id, token, session, since = ARGV[at], ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 3])
  local need, rows = {}, {0, by_session(session, id)}
  local last = at + 4 + 2 * ARGV[at + 4]
  for i = at + 5, last, 2 do
    if not resource(ARGV[i]) then
      save()
      return {'unknown', meta[OP], ARGV[i]}
    end
    need[#need + 1] = ARGV[i]
    need[#need + 1] = tonumber(ARGV[i + 1])
    rows[#rows + 1] = 0
    rows[#rows + 1] = by_resource(ARGV[i], id)
  end
  if call('HEXISTS', REQUESTS, id) == 0 then
    for i = 1, #need, 2 do take(need[i], need[i + 1]) end
    local hold = holds(need)
    local us = since * 1000
    call('HSET', REQUESTS, id, encode({'R', need, us, token, session, since, us, hold}))
    call('ZADD', HELD, unpack(rows))
    if hold > 0 then call('ZADD', HOLDS, since + hold, id) end
    call('ZADD', SESSIONS, now + ttl, session)
    call('ZADD', TTLS, ttl, session)
  end
  at = last + 1
end
save()
return {'restored', meta[OP]}
