-- Withdraw a request that has not started: one that waits, or is granted and on its way.
--
-- ARGV     3 id
-- Returns  {'cancelled', op, grants} {'running', op} {'gone', op}
--include head
local id = ARGV[3]
local packed = call('HGET', REQUESTS, id)
if not packed then return {'gone', meta[OP]} end
local w = decode(packed)
if w[STATE] ~= 'W' and w[STATE] ~= 'G' then return {'running', meta[OP]} end

--include books
--include queue
--include serve
--include free
if w[STATE] == 'G' then
  give_back(id, w)
else
  leave_queue(id, w)
  for i = 1, #w[NEED], 2 do todo[w[NEED][i]] = true end
end
uncharge(w)
forget(id)
serve()
return {'cancelled', done(), grants}
