-- Confirm a grant: of all copies of its message one starts.
--
-- ARGV     3 id  4 token, '' for any  5 session
-- Returns  {'started', op, token}, again for the session that started it
--          {'duplicate', op, session} {'stale', op} {'parked', op} {'gone', op} {'nosession', op}
--include head
local id, session = ARGV[3], ARGV[5]
if not call('ZSCORE', SESSIONS, session) then return {'nosession', meta[OP]} end
local packed = call('HGET', REQUESTS, id)
if not packed then return {'gone', meta[OP]} end
local a = decode(packed)
if a[STATE] == 'W' then return {'parked', meta[OP]} end
if ARGV[4] ~= '' and a[TOKEN] ~= ARGV[4] then return {'stale', meta[OP]} end
if a[STATE] ~= 'G' then
  if a[SESSION] == session then return {'started', meta[OP], a[TOKEN]} end
  return {'duplicate', meta[OP], a[SESSION]}
end
local running = {'R', a[NEED], a[SCORE], a[TOKEN], session, now, a[ARRIVED], a[HOLD]}
call('HSET', REQUESTS, id, encode(running))
call('ZADD', HELD, 0, 's\0' .. session .. '\0' .. id)
if a[HOLD] > 0 then call('ZADD', HOLDS, now + a[HOLD], id) end
call('ZREM', DEADLINES, id)
call('ZREM', OUTBOX, id)
call('HDEL', MESSAGES, id)
return {'started', call('HINCRBY', META, 'op', 1), a[TOKEN]}
