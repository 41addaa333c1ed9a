-- Serve the queues of all touched resources as one queue, in one order.
--
-- Queue by queue, a later request could overtake an earlier one that fits as well.
local CHUNK = 16

local function grant(id, w)
  local need, rows = w[NEED], {}
  leave_queue(id, w)
  for i = 1, #need, 2 do
    take(need[i], need[i + 1])
    local r = resource(need[i])
    if r[FAIR] == 1 then move_virtual_time(r, w[SCORE], w[LEVEL]) end
    rows[#rows + 1] = 0
    rows[#rows + 1] = by_resource(need[i], id)
  end
  call('ZADD', HELD, unpack(rows))
  local token = new_token()
  w[STATE], w[TOKEN], w[SINCE] = 'G', token, now
  call('HSET', REQUESTS, id, encode(w))
  call('ZADD', DEADLINES, now + w[START_MS], id)
  local message = call('HGET', MESSAGES, id)
  -- Without a message its owner asks for it, and nobody has to be told.
  if message then
    call('ZADD', OUTBOX, now, id)
    grants[#grants + 1] = {id, token, message}
  end
end

-- Say whether nothing is left of a resource for anybody from this request on.
local function spent(r, score, id)
  if r[BLOCKED] > now_us then return true end
  if r[KIND] == 'r' then return false end
  if r[USED] >= r[CAP] then return true end
  return score and r[CHAMPION] ~= ''
    and (r[CHAMPION] == id or precedes(r[CHAMPION_SCORE], r[CHAMPION], score, id))
    and r[USED] + r[CHAMPION_AMOUNT] >= r[CAP]
end

-- Step on to the next of a queue: `key` is its "score\0id", the same in each queue it stands in.
local function advance(line)
  line.at = line.at + 1
  if line.at > #line.chunk and line.left > 0 then
    local count = math.min(CHUNK, line.left)
    line.chunk = call('ZRANGEBYLEX', QUEUES, line.from, line.to, 'LIMIT', 0, count)
    line.at = 1
    line.left = #line.chunk == count and line.left - count or 0
    line.from = '(' .. (line.chunk[#line.chunk] or '')
  end
  local member = line.chunk[line.at]
  line.key = member and string.sub(member, line.prefix + 2)
end

local function line_of(name, from)
  local line = {from = from, to = '(' .. name .. '\1', prefix = #name,
                chunk = {}, at = 0, left = scan}
  advance(line)
  return line
end

local function open_lines()
  local lines = {}
  for name in pairs(todo) do
    local r = resource(name)
    if r then
      if r[BARRIER] ~= '' then
        r[BARRIER], r[BARRIER_SCORE] = '', 0
        dirty[name] = true
      end
      if r[WAITING] > 0 and not spent(r) then
        lines[name] = line_of(name, '[' .. name .. '\0')
      elseif r[WAITING] > 0 and r[BLOCKED] > now_us then
        wake_at(name, r[BLOCKED])
      end
    end
  end
  todo = {}
  return lines
end

-- Look on at those behind a request in whose order it was granted: whoever is short by that is
-- passed by nobody, and may stand in no other queue that is still looked at.
local function look_behind(id, w, lines)
  local need = w[NEED]
  for i = 1, #need, 2 do
    local name = need[i]
    local r = resource(name)
    local in_order = r[FIFO] == 1 or r[KIND] == 'r'
    if in_order and r[WAITING] > 0 and r[BARRIER] == '' and not lines[name] then
      lines[name] = line_of(name, '(' .. row(name, w[SCORE], id))
    end
  end
end

-- The names of the resources that a waiting request is short of.
local function shortages(id, w)
  local need, short = w[NEED], {}
  for i = 1, #need, 2 do
    local ok, at = fits(resource(need[i]), need[i + 1], w[SCORE], id)
    if not ok then
      short[#short + 1] = need[i]
      if at then wake_at(need[i], at) end
    end
  end
  return short
end

-- Where order counts nobody passes the first who is short; a rate would starve large requests.
local function bar(id, w, short, lines)
  for _, name in ipairs(short) do
    local r = resource(name)
    if (r[FIFO] == 1 or r[KIND] == 'r') and r[BARRIER] == '' then
      r[BARRIER], r[BARRIER_SCORE] = id, w[SCORE]
      dirty[name] = true
      lines[name] = nil
    end
  end
end

-- Look at the next in order: grant it, or note that others may pass it now.
local function consider(id, lines, passed)
  local packed = call('HGET', REQUESTS, id)
  local w = packed and decode(packed)
  if not w or w[STATE] ~= 'W' or hopeless(w[NEED]) then return end
  local short = shortages(id, w)
  if #short > 0 then
    if starves(w) then crown(id, w[NEED], w[SCORE]) end
    bar(id, w, short, lines)
    passed[#passed + 1] = {id, w, false}
    return
  end
  grant(id, w)
  look_behind(id, w, lines)
  for _, one in ipairs(passed) do
    one[2][SKIPS] = one[2][SKIPS] + 1
    one[3] = true
  end
end

local function first_of(lines)
  local first
  for name, line in pairs(lines) do
    if not line.key then
      lines[name] = nil
    elseif not first or line.key < first then
      first = line.key
    end
  end
  return first
end

local function serve_once(lines)
  local passed = {}
  local key = first_of(lines)
  while key do
    for _, line in pairs(lines) do
      if line.key == key then advance(line) end
    end
    local score, id = tonumber(string.sub(key, 1, 20)), string.sub(key, 22)
    consider(id, lines, passed)
    for name in pairs(lines) do
      if spent(resource(name), score, id) then lines[name] = nil end
    end
    key = first_of(lines)
  end
  for _, one in ipairs(passed) do
    if one[3] then call('HSET', REQUESTS, one[1], encode(one[2])) end
  end
end

-- Who is dethroned frees what others may take: a few rounds, and the sweep finds what is left.
local function serve()
  for _ = 1, 20 do
    if not next(todo) then return end
    serve_once(open_lines())
  end
end
