-- Who waits, in which order, and for whom something is kept.
rules = rules or read_rules()
local scan, boost = tonumber(rules[SCAN]), tonumber(rules[BOOST])
local max_skips, starve = tonumber(rules[MAX_SKIPS]), tonumber(rules[STARVE])

-- All queues are one sorted set in the order of its members, so every key can be declared.
local function row(name, score, id)
  return name .. '\0' .. string.format('%020.0f', score) .. '\0' .. id
end

local function wake_at(name, at_us)
  call('ZADD', TIMERS, 'LT', math.ceil(at_us / 1000), name)
end

-- Say whether the first request stands before the second: those of one moment go by their ids.
local function precedes(score, id, other_score, other_id)
  return score < other_score or (score == other_score and id < other_id)
end

-- Say whether `amount` is free for this request; and from when, where time alone decides.
local function fits(r, amount, score, id)
  local kept = 0
  if r[CHAMPION] ~= '' and precedes(r[CHAMPION_SCORE], r[CHAMPION], score, id) then
    kept = r[CHAMPION_AMOUNT]
  end
  if r[BARRIER] ~= '' and precedes(r[BARRIER_SCORE], r[BARRIER], score, id) then return false end
  if r[BLOCKED] > now_us then return false, r[BLOCKED] end
  if r[KIND] == 'r' then
    local at = used_up(r) + (amount + kept - r[CAP]) * r[TAU]
    if at <= now_us then return true end
    return false, at
  end
  return r[USED] + amount + kept <= r[CAP]
end

-- Say whether a request asks for more than there is since a capacity was lowered.
local function hopeless(need)
  for i = 1, #need, 2 do
    if need[i + 1] > resource(need[i])[CAP] then return true end
  end
  return false
end

local function starves(w)
  return w[SKIPS] >= max_skips or now - w[ARRIVED] / 1000 >= starve
end

-- A champion gives up all its reservations, never a part: a part could block somebody for ever.
local function dethrone(id)
  local need = decode(call('HGET', REQUESTS, id))[NEED]
  for i = 1, #need, 2 do
    local r = resource(need[i])
    if r[CHAMPION] == id then
      r[CHAMPION], r[CHAMPION_SCORE], r[CHAMPION_AMOUNT] = '', 0, 0
      dirty[need[i]] = true
      todo[need[i]] = true
    end
  end
end

-- Keep what a starving request asks for, on all its resources or on none.
local function crown(id, need, score)
  for i = 1, #need, 2 do
    local r = resource(need[i])
    if r[CHAMPION] ~= '' and precedes(r[CHAMPION_SCORE], r[CHAMPION], score, id) then return end
  end
  for i = 1, #need, 2 do
    local r = resource(need[i])
    if r[CHAMPION] ~= '' and r[CHAMPION] ~= id then dethrone(r[CHAMPION]) end
    r[CHAMPION], r[CHAMPION_SCORE], r[CHAMPION_AMOUNT] = id, score, need[i + 1]
    dirty[need[i]] = true
  end
end

local function enqueue(id, w)
  local need = w[NEED]
  for i = 1, #need, 2 do
    if call('ZADD', QUEUES, 0, row(need[i], w[SCORE], id)) == 1 then
      local r = resource(need[i])
      r[WAITING] = r[WAITING] + 1
      dirty[need[i]] = true
    end
  end
end

local function leave_queue(id, w)
  local need = w[NEED]
  for i = 1, #need, 2 do
    local name = need[i]
    local r = resource(name)
    if call('ZREM', QUEUES, row(name, w[SCORE], id)) == 1 then r[WAITING] = r[WAITING] - 1 end
    if r[CHAMPION] == id then r[CHAMPION], r[CHAMPION_SCORE], r[CHAMPION_AMOUNT] = '', 0, 0 end
    if r[BARRIER] == id then r[BARRIER], r[BARRIER_SCORE] = '', 0 end
    dirty[name] = true
  end
end

-- The virtual time of a fair resource is the rank at which it serves, seen from the normal
-- level: what was served out of turn because it is urgent does not move it.
local function move_virtual_time(r, score, level)
  r[VIRTUAL] = math.max(r[VIRTUAL], score + math.min(4 - level, 2) * boost)
end

-- Somebody who withdraws owes nothing; else whoever cancels a thousand waits behind all others.
local function uncharge(w)
  local need = w[NEED]
  for i = 1, #need, 2 do
    if resource(need[i])[FAIR] == 1 then
      local field = need[i] .. '\0' .. w[TENANT]
      local finish = call('HGET', TAGS, field)
      local weight = call('HGET', WEIGHTS, field) or 1
      if finish then
        local cost = need[i + 1] * rules[QUANTUM] / weight
        call('HSET', TAGS, field, string.format('%.0f', finish - cost))
      end
    end
  end
end
