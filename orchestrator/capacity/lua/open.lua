-- Open a rebuilt domain; whoever can go is served by the next sweep.
--
-- Returns  {'opened', op}
--include names
local mode = 'rebuild'
--include guard
for _, name in ipairs(call('HKEYS', RESOURCES)) do
  if decode(call('HGET', RESOURCES, name))[WAITING] > 0 then call('ZADD', TIMERS, now, name) end
end
call('HSET', META, 'mode', 'open', 'swept', now)
return {'opened', call('HINCRBY', META, 'op', 1)}
