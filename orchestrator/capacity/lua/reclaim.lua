-- Free suspects whose loss is in the ledger, and serve whoever waits for what they held.
--
-- ARGV     3 '1' when somebody has seen that the holders are dead  4.. id
-- Returns  {'reclaimed', op, {id freed, ..}, {id held back, ..}, grants}
--          what is not suspect any more is in neither list: its session came back
--include head
--include books
--include queue
--include serve
--include free

-- A resource may ask for more than silence before it is given to somebody else.
local function may_free(need, confirmed)
  for i = 1, #need, 2 do
    local asks = resource(need[i])[RECLAIM]
    if asks == 'never' or (asks == 'confirmed' and not confirmed) then return false end
  end
  return true
end

local freed, held_back = {}, {}
for i = 4, #ARGV do
  local id = ARGV[i]
  local a = call('HGET', REQUESTS, id)
  a = a and decode(a)
  if a and (a[STATE] == 'S' or a[STATE] == 'H') then
    if may_free(a[NEED], ARGV[3] == '1') then
      for k = 1, #a[NEED], 2 do
        local r = resource(a[NEED][k])
        r[RECLAIMED] = r[RECLAIMED] + 1
      end
      give_back(id, a)
      forget(id)
      freed[#freed + 1] = id
    else
      held_back[#held_back + 1] = id
    end
  end
end
serve()
return {'reclaimed', done(), freed, held_back, grants}
