-- Where a request is, and what keeps it from going on.
--
-- ARGV     3 id  4 how many holders to name
-- Returns  {'explained', op, now, 'none'}
--          {'explained', op, now, state, since, token, session}
--          {'explained', op, now, 'W', arrived_ms, resource, place, cause, until_ms, whom, holders}
--          cause is never, blocked, order, rate, capacity, reserved, or turn: it may go soon
--include head
--include books
--include queue
--include holders
local id = ARGV[3]
local packed = call('HGET', REQUESTS, id)
if not packed then return {'explained', meta[OP], now, 'none'} end
local w = decode(packed)
if w[STATE] ~= 'W' then
  return {'explained', meta[OP], now, w[STATE], w[SINCE], w[TOKEN], w[SESSION]}
end

-- What is in the way on one resource: cause, until when, because of whom.
local function cause_of(r, amount)
  if amount > r[CAP] then return 'never' end
  if r[BLOCKED] > now_us then return 'blocked', r[BLOCKED] end
  local ok, at = fits(r, amount, w[SCORE], id)
  if ok then return nil end
  if r[BARRIER] ~= '' and precedes(r[BARRIER_SCORE], r[BARRIER], w[SCORE], id) then
    return 'order', nil, r[BARRIER]
  end
  if at then return 'rate', at end
  if r[USED] + amount > r[CAP] then return 'capacity' end
  return 'reserved', nil, r[CHAMPION]
end

local name, cause, at_us, whom
for i = 1, #w[NEED], 2 do
  name = w[NEED][i]
  cause, at_us, whom = cause_of(resource(name), w[NEED][i + 1])
  if cause then break end
end
local start = name .. '\0'
local place = call('ZLEXCOUNT', QUEUES, '[' .. start, '(' .. row(name, w[SCORE], id))
local arrived_ms = math.floor(w[ARRIVED] / 1000)
return {'explained', meta[OP], now, 'W', arrived_ms, name, place, cause or 'turn',
        at_us and math.ceil(at_us / 1000) or 0, whom or '', holders_of(name, tonumber(ARGV[4]))}
