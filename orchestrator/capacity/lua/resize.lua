-- After a limit changed: nothing may be kept for, or wait behind, who can never be served.
local FIRST = 1000

local function set_rate(r, rate)
  r[RATE] = rate
  -- Quarters of a µs, up: times up to the year 2041 add them without loss, and never too fast.
  r[TAU] = rate > 0 and math.ceil(r[PER] / rate * 4) / 4 or 0
end

-- Return those of the first who wait that ask for more than there is now.
local function find_hopeless(name)
  local found = {}
  local from, to = '[' .. name .. '\0', '(' .. name .. '\1'
  local rows = call('ZRANGEBYLEX', QUEUES, from, to, 'LIMIT', 0, FIRST)
  for _, member in ipairs(rows) do
    local id = string.sub(member, #name + 23)
    local w = decode(call('HGET', REQUESTS, id))
    if hopeless(w[NEED]) then
      found[#found + 1] = id
      for i = 1, #w[NEED], 2 do todo[w[NEED][i]] = true end
    end
  end
  return found
end

local function after_resize(name)
  local r = resource(name)
  if r[CHAMPION] ~= '' and r[CHAMPION_AMOUNT] > r[CAP] then dethrone(r[CHAMPION]) end
  local found = find_hopeless(name)
  todo[name] = true
  serve()
  return found
end
