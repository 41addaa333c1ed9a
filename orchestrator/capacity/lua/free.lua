-- Give back what an allocation holds; `unused` refunds its quota: the call was never made.
local function give_back(id, a)
  local need, rows = a[NEED], {}
  local unused = a[STATE] == 'G'
  for i = 1, #need, 2 do
    give(need[i], need[i + 1], unused)
    rows[#rows + 1] = by_resource(need[i], id)
  end
  if unused then
    call('ZREM', DEADLINES, id)
    call('ZREM', OUTBOX, id)
  else
    rows[#rows + 1] = by_session(a[SESSION], id)
  end
  if a[STATE] == 'S' or a[STATE] == 'H' then call('ZREM', SUSPECTS, id) end
  if a[HOLD] > 0 then call('ZREM', HOLDS, id) end
  call('ZREM', HELD, unpack(rows))
end

local function forget(id)
  call('HDEL', REQUESTS, id)
  call('HDEL', MESSAGES, id)
end
