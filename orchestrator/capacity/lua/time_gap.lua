-- A gap in time is not death. When Redis or all sweepers were away, or the clock was set, nobody
-- could beat, or it would not have counted: whose lease it took more than half of has it anew.
local function shift(key, by)
  for _, member in ipairs(call('ZRANGE', key, 0, -1)) do call('ZINCRBY', key, by, member) end
end

local function unblock_earlier(by)
  for _, name in ipairs(call('HKEYS', RESOURCES)) do
    local r = resource(name)
    if r[BLOCKED] > now_us then
      r[BLOCKED] = r[BLOCKED] + by * 1000
      dirty[name] = true
    end
  end
end

-- The clock went back: what was due at a time is due as much earlier.
local function step_back(by)
  shift(OUTBOX, by)
  shift(TIMERS, by)
  unblock_earlier(by)
end

-- Leases of other lengths are not touched: one that is shorter than the sweeps are apart would
-- otherwise keep all others alive.
local function renew(gap)
  local shorter = gap < 0 and '+inf' or '(' .. 2 * gap
  local found = call('ZRANGEBYSCORE', TTLS, '-inf', shorter, 'WITHSCORES')
  for i = 1, #found, 2 do call('ZADD', SESSIONS, now + found[i + 1], found[i]) end
  return #found > 0
end

-- Return by how many ms time moved further since the last sweep than it may, or back.
local function bridge_gap()
  local swept = tonumber(call('HGET', META, 'swept') or now)
  call('HSET', META, 'swept', now)
  local gap = now - swept
  local longest = call('ZREVRANGE', TTLS, 0, 0, 'WITHSCORES')[2]
  if not renew(gap) and gap >= 0 then return 0 end
  if gap < 0 or gap > longest / 2 then
    shift(DEADLINES, gap)
    shift(HOLDS, gap)
  end
  if gap < 0 then step_back(gap) end
  return gap
end
