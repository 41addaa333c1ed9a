-- Make a resource known, or change what is known of it.
--
-- ARGV     3 mode: open, or rebuild  4 name  5 kind  6 most one may ask  7 rate
--          8 its period in µs  9 '1' in order  10 reclaim  11 max_hold_ms, 0 for none
--          12 '1' fair  13.. tenant, weight, ..
-- Returns  {'unchanged', op} {'registered', op, over_by, {id unsatisfiable, ..}, grants}
--include names
local mode = ARGV[3]
--include guard
--include books
--include queue
--include serve
--include resize

local name = ARGV[4]

local function keep_weights()
  local wanted, changed = {}, false
  for i = 13, #ARGV, 2 do wanted[name .. '\0' .. ARGV[i]] = ARGV[i + 1] end
  for _, field in ipairs(call('HKEYS', WEIGHTS)) do
    if string.sub(field, 1, #name + 1) == name .. '\0' and not wanted[field] then
      call('HDEL', WEIGHTS, field)
      changed = true
    end
  end
  for field, weight in pairs(wanted) do
    if call('HGET', WEIGHTS, field) ~= weight then
      call('HSET', WEIGHTS, field, weight)
      changed = true
    end
  end
  return changed
end

local function fresh()
  local r = {}
  for i = 1, BARRIER_SCORE do r[i] = 0 end
  r[CHAMPION], r[BARRIER] = '', ''
  return r
end

local function update(r)
  local wanted = {
    [KIND] = ARGV[5], [CAP] = tonumber(ARGV[6]), [PER] = tonumber(ARGV[8]),
    [FIFO] = tonumber(ARGV[9]), [RECLAIM] = ARGV[10], [MAX_HOLD] = tonumber(ARGV[11]),
    [FAIR] = tonumber(ARGV[12]),
  }
  local changed = r[RATE] ~= tonumber(ARGV[7]) or r[PER] ~= wanted[PER]
  for field, value in pairs(wanted) do
    if r[field] ~= value then r[field], changed = value, true end
  end
  if changed then set_rate(r, tonumber(ARGV[7])) end
  return changed
end

local r = resource(name) or fresh()
local changed = update(r)
if not keep_weights() and not changed then return {'unchanged', meta[OP]} end
cache[name], dirty[name] = r, true
local unsatisfiable = after_resize(name)
return {'registered', done(), math.max(0, r[USED] - r[CAP]), unsatisfiable, grants}
