-- Resources are read once and written once in a script, however often it looks at them.
local cache, dirty = {}, {}
-- names of resources to serve, and what was granted on the way: {id, token, message}
local todo, grants = {}, {}

local function resource(name)
  local r = cache[name]
  if r == nil then
    local packed = call('HGET', RESOURCES, name)
    r = packed and decode(packed) or false
    cache[name] = r
  end
  return r
end

local function save()
  for name in pairs(dirty) do call('HSET', RESOURCES, name, encode(cache[name])) end
  dirty = {}
end

-- Write what has changed; return the number of this operation.
local function done()
  save()
  return call('HINCRBY', META, 'op', 1)
end

-- The epoch comes from SQL: a promoted replica would give the same number twice without it.
local function new_token()
  return string.format('%.0f', ARGV[1] * 4294967296 + call('HINCRBY', META, 'op', 1))
end

-- Up to when a rate is used up. Never further ahead than its burst: after a step of the clock
-- back it would be closed for as long as the step.
local function used_up(r)
  return math.max(now_us, math.min(r[TAT], now_us + r[CAP] * r[TAU]))
end

local function take(name, amount)
  local r = resource(name)
  dirty[name] = true
  r[GRANTS] = r[GRANTS] + 1
  if r[KIND] == 'r' then
    r[TAT] = used_up(r) + amount * r[TAU]
    return
  end
  r[USED] = r[USED] + amount
  if r[USED] > r[PEAK] then r[PEAK], r[PEAK_AT] = r[USED], now end
end

local function give(name, amount, unused)
  local r = resource(name)
  dirty[name] = true
  todo[name] = true
  if r[KIND] == 'r' then
    if unused then r[TAT] = r[TAT] - amount * r[TAU] end
    return
  end
  r[USED] = r[USED] - amount
  -- Loud, never clamped: a clamp hides a double release, and the leak that follows from it.
  if r[USED] < 0 then error('more was released than taken of ' .. name) end
end

-- Rows of the index: who holds something of a resource, and what a session holds.
local function by_session(session, id) return 's\0' .. session .. '\0' .. id end
local function by_resource(name, id) return 'r\0' .. name .. '\0' .. id end
