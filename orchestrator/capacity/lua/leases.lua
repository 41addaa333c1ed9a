-- A page of all that is held, or of all that is held of one resource.
--
-- ARGV     3 name, '' for all  4 the last row of the page before, '' at first  5 rows
-- Returns  {'leases', op, now, last row or '',
--           {{id, state, token, session, since, left_ms, need}, ..}}
--          left_ms is -1 without a session; an allocation is listed with the first resource it has
--include head
local name, after, count = ARGV[3], ARGV[4], tonumber(ARGV[5])
local from, to = '[r\0', '(r\1'
if name ~= '' then from, to = '[r\0' .. name .. '\0', '(r\0' .. name .. '\1' end
if after ~= '' then from = '(' .. after end
local rows = call('ZRANGEBYLEX', HELD, from, to, 'LIMIT', 0, count)

local found = {}
for _, row in ipairs(rows) do
  local of, id = string.match(row, '^r%z([^%z]*)%z(.*)$')
  local a = decode(call('HGET', REQUESTS, id))
  if name ~= '' or of == a[NEED][1] then
    local expires = a[SESSION] ~= '' and call('ZSCORE', SESSIONS, a[SESSION])
    local left = expires and math.max(0, expires - now) or -1
    found[#found + 1] = {id, a[STATE], a[TOKEN], a[SESSION], a[SINCE], left, a[NEED]}
  end
end
return {'leases', meta[OP], now, #rows == count and rows[count] or '', found}
