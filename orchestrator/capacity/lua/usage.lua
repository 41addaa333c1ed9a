-- How much of a resource is in use, by whom, and who waits.
--
-- ARGV     3 name  4 how many holders to name
-- Returns  {'usage', op, now, kind, most, used, peak, peak_at, waiting, oldest_since or -1,
--           over_by, grants, reclaimed, champion, blocked_until, rate, holders}
--          {'unknown', op, name}
--include head
--include books
--include queue
--include holders
local name = ARGV[3]
local r = resource(name)
if not r then return {'unknown', meta[OP], name} end

-- The oldest of the first in line: those behind them of the same level came later.
local oldest = -1
local from, to = '[' .. name .. '\0', '(' .. name .. '\1'
local rows = call('ZRANGEBYLEX', QUEUES, from, to, 'LIMIT', 0, scan)
for _, member in ipairs(rows) do
  local arrived = decode(call('HGET', REQUESTS, string.sub(member, #name + 23)))[ARRIVED] / 1000
  if oldest < 0 or arrived < oldest then oldest = arrived end
end

local used = r[USED]
if r[KIND] == 'r' then used = math.ceil((used_up(r) - now_us) / r[TAU]) end
local over = r[KIND] == 'c' and math.max(0, used - r[CAP]) or 0
local blocked = r[BLOCKED] > now_us and r[BLOCKED] / 1000 or 0
return {'usage', meta[OP], now, r[KIND], r[CAP], used, r[PEAK], r[PEAK_AT], r[WAITING], oldest,
        over, r[GRANTS], r[RECLAIMED], r[CHAMPION], blocked, r[RATE],
        holders_of(name, tonumber(ARGV[4]))}
