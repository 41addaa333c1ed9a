-- The other side says "not now": grant nothing of a resource for a while, whatever is free.
--
-- ARGV     3 name  4 milliseconds, 0 to lift it
-- Returns  {'blocked', op, grants} {'unknown', op, name}
--include head
--include books
--include queue
--include serve
local name, milliseconds = ARGV[3], tonumber(ARGV[4])
local r = resource(name)
if not r then return {'unknown', meta[OP], name} end
r[BLOCKED] = milliseconds > 0 and math.max(r[BLOCKED], now_us + milliseconds * 1000) or 0
dirty[name] = true
todo[name] = true
serve()
return {'blocked', done(), grants}
