-- Grant a request at once, park it, or say that it is busy.
--
-- ARGV     3 id  4 session  5 '1' to park  6 level  7 arrived_us, 0 for now  8 start_ms
--          9 tenant  10 message, '' when nobody is to be told  11.. resource, amount, ..
-- Returns  {'granted', op} at once; the token is of this operation
--          {'granted', op, token, grants} {'parked', op, position, grants}
--          {'busy', op, retry_ms or -1, grants}
--          {'held', op, token, state, session} when it was granted before
--          {'nosession', op} {'unknown', op, resource} {'impossible', op, resource, most}
--          {'twofair', op, resource}
--include head
local id, session, park = ARGV[3], ARGV[4], ARGV[5] == '1'
local level, start_ms, tenant, message = tonumber(ARGV[6]), tonumber(ARGV[8]), ARGV[9], ARGV[10]

-- A permit hangs on a live session alone: else nobody would ever find that its holder is gone.
if not call('ZSCORE', SESSIONS, session) then return {'nosession', meta[OP]} end

local known = call('HGET', REQUESTS, id)
if known then
  known = decode(known)
  if known[STATE] ~= 'W' then
    return {'held', meta[OP], known[TOKEN], known[STATE], known[SESSION]}
  end
  local start = known[NEED][1] .. '\0'
  local own = start .. string.format('%020.0f', known[SCORE]) .. '\0' .. id
  return {'parked', meta[OP], call('ZLEXCOUNT', QUEUES, '[' .. start, '(' .. own), {}}
end

local names, need = {}, {}
for i = 11, #ARGV, 2 do
  names[#names + 1] = ARGV[i]
  need[#need + 1] = ARGV[i]
  need[#need + 1] = tonumber(ARGV[i + 1])
end

-- Look at all of them as if it were granted; write only if it is.
local packed, records = call('HMGET', RESOURCES, unpack(names)), {}
local free, queued, retry_us, hold, fair, idle = true, false, 0, 0, nil, false
for i = 1, #names do
  if not packed[i] then return {'unknown', meta[OP], names[i]} end
  local r, amount = decode(packed[i]), need[2 * i]
  if amount > r[CAP] then return {'impossible', meta[OP], names[i], r[CAP]} end
  if r[FAIR] == 1 then
    if fair then return {'twofair', meta[OP], names[i]} end
    fair, idle = i, r[WAITING] == 0 and r[USED] == 0
  end
  if r[WAITING] > 0 then queued = true end
  if r[MAX_HOLD] > 0 and (hold == 0 or r[MAX_HOLD] < hold) then hold = r[MAX_HOLD] end
  if r[BLOCKED] > now_us then
    free, retry_us = false, math.max(retry_us, r[BLOCKED])
  elseif r[KIND] == 'r' then
    local burst_us = r[CAP] * r[TAU]
    r[TAT] = math.max(now_us, math.min(r[TAT], now_us + burst_us)) + amount * r[TAU]
    if r[TAT] - burst_us > now_us then
      free, retry_us = false, math.max(retry_us, r[TAT] - burst_us)
    end
  else
    r[USED] = r[USED] + amount
    if r[USED] > r[CAP] then free = false end
    if r[USED] > r[PEAK] then r[PEAK], r[PEAK_AT] = r[USED], now end
  end
  r[GRANTS] = r[GRANTS] + 1
  records[i] = r
end

-- Its place: when it arrived, sooner if it is urgent. Where tenants share, instead of its
-- arrival the virtual time at which its tenant's former requests are served (start-time fair
-- queueing); what it asks for is charged to the tenant when it is granted or parked.
local arrived = tonumber(ARGV[7])
if arrived == 0 or arrived > now_us then arrived = now_us end
local score, charge = arrived, nil
if fair or queued or not free then
  rules = read_rules()
  local rank = arrived
  if fair then
    local r, field = records[fair], names[fair] .. '\0' .. tenant
    if idle then r[VIRTUAL] = math.max(r[VIRTUAL], now_us) end
    rank = math.max(r[VIRTUAL], tonumber(call('HGET', TAGS, field) or 0))
    local cost = need[2 * fair] * rules[QUANTUM] / (call('HGET', WEIGHTS, field) or 1)
    charge = {field, string.format('%.0f', rank + cost)}
  end
  -- Never below zero: lines are in the order of their digits.
  score = math.max(0, rank - (4 - level) * rules[BOOST])
end

-- Nobody waits and all is free: as few calls as can be, whatever the number of resources.
if free and not queued then
  if fair then
    local r = records[fair]
    call('HSET', TAGS, charge[1], charge[2])
    r[VIRTUAL] = math.max(r[VIRTUAL], score + math.min(4 - level, 2) * rules[BOOST])
  end
  local fields, rows = {}, {0, 's\0' .. session .. '\0' .. id}
  for i = 1, #names do
    fields[#fields + 1] = names[i]
    fields[#fields + 1] = encode(records[i])
    rows[#rows + 1] = 0
    rows[#rows + 1] = 'r\0' .. names[i] .. '\0' .. id
  end
  call('HSET', RESOURCES, unpack(fields))
  local op = call('HINCRBY', META, 'op', 1)
  local token = string.format('%.0f', ARGV[1] * 4294967296 + op)
  call('HSET', REQUESTS, id, encode({'R', need, score, token, session, now, arrived, hold}))
  call('ZADD', HELD, unpack(rows))
  if hold > 0 then call('ZADD', HOLDS, now + hold, id) end
  return {'granted', op}
end

local retry_ms = retry_us > 0 and math.ceil((retry_us - now_us) / 1000) or -1
if not park and not queued then return {'busy', meta[OP], retry_ms, {}} end

-- Everybody stands in line and is served by the same rule, newcomers too.
--include books
--include queue
--include serve
for i = 1, #names do cache[names[i]] = decode(packed[i]) end
if fair then
  local r = resource(names[fair])
  if idle then r[VIRTUAL] = math.max(r[VIRTUAL], now_us) end
  call('HSET', TAGS, charge[1], charge[2])
end
local w = {'W', need, score, '', '', now, arrived, hold, 0, start_ms, level, tenant}
call('HSET', REQUESTS, id, encode(w))
enqueue(id, w)
for i = 1, #names do todo[names[i]] = true end
serve()

w = decode(call('HGET', REQUESTS, id))
if w[STATE] == 'G' then
  -- Its owner is here and starts it at once. It has no message yet, so nobody is told.
  call('ZREM', DEADLINES, id)
  call('HSET', REQUESTS, id, encode({'R', need, score, w[TOKEN], session, now, arrived, hold}))
  call('ZADD', HELD, 0, by_session(session, id))
  if hold > 0 then call('ZADD', HOLDS, now + hold, id) end
  return {'granted', done(), w[TOKEN], grants}
end
if not park then
  leave_queue(id, w)
  uncharge(w)
  call('HDEL', REQUESTS, id)
  for i = 1, #names do todo[names[i]] = true end
  serve()
  return {'busy', done(), retry_ms, grants}
end
if message ~= '' then call('HSET', MESSAGES, id, message) end
-- No release wakes who waits for time alone, and it may stand too far behind to be looked at.
for i = 1, #names do
  local _, at = fits(resource(names[i]), need[2 * i], score, id)
  if at then wake_at(names[i], at) end
end
local start, own = names[1] .. '\0', row(names[1], score, id)
return {'parked', done(), call('ZLEXCOUNT', QUEUES, '[' .. start, '(' .. own), grants}
