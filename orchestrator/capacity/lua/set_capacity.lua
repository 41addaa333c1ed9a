-- Change a limit while it is in use; what is held stays held, and nothing is granted beyond it.
--
-- ARGV     3 name  4 capacity, or units per period of a rate
-- Returns  {'changed', op, over_by, {id unsatisfiable, ..}, grants} {'unknown', op, name}
--include head
--include books
--include queue
--include serve
--include resize
local name = ARGV[3]
local r = resource(name)
if not r then return {'unknown', meta[OP], name} end
if r[KIND] == 'r' then set_rate(r, tonumber(ARGV[4])) else r[CAP] = tonumber(ARGV[4]) end
dirty[name] = true
local unsatisfiable = after_resize(name)
return {'changed', done(), math.max(0, r[USED] - r[CAP]), unsatisfiable, grants}
