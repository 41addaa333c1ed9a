-- Renew sessions, and with each all it holds; say what they believe to hold and have lost.
--
-- ARGV     3 ttl_ms  4.. session, number of ids, ids .., session, ..
-- Returns  {'beaten', op, {id, ..}}
--include head
--include suspects
local ttl, at, lost = tonumber(ARGV[3]), 4, {}
while at <= #ARGV do
  local session, count = ARGV[at], tonumber(ARGV[at + 1])
  local was_dead = not call('ZSCORE', SESSIONS, session)
  call('ZADD', SESSIONS, now + ttl, session)
  call('ZADD', TTLS, ttl, session)
  if was_dead then trust(session) end
  for i = at + 2, at + 1 + count do
    local a = call('HGET', REQUESTS, ARGV[i])
    a = a and decode(a)
    if not a or a[SESSION] ~= session then lost[#lost + 1] = ARGV[i] end
  end
  at = at + 2 + count
end
return {'beaten', call('HINCRBY', META, 'op', 1), lost}
