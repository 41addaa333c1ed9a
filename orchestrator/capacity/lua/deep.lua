-- Serving looks at the heads of queues alone. Each sweep looks at some more, all in turn, so
-- that whoever stands behind many who wait for something else is found as well.
local function fits_all(id, w)
  for i = 1, #w[NEED], 2 do
    if not fits(resource(w[NEED][i]), w[NEED][i + 1], w[SCORE], id) then return false end
  end
  return true
end

local function touch(need)
  for i = 1, #need, 2 do todo[need[i]] = true end
end

-- Return those who ask for more than there is.
local function look_deep()
  local depth = tonumber(call('HGET', META, 'deep'))
  local last = call('HGET', META, 'looked')
  local rows = call('ZRANGEBYLEX', QUEUES, last and '(' .. last or '-', '+', 'LIMIT', 0, depth)
  if #rows == depth then
    call('HSET', META, 'looked', rows[depth])
  else
    call('HDEL', META, 'looked')
  end
  local unsatisfiable = {}
  for _, member in ipairs(rows) do
    local name, id = string.match(member, '^([^%z]*)%z%d*%z(.*)$')
    local w = decode(call('HGET', REQUESTS, id))
    if w[STATE] == 'W' then
      if hopeless(w[NEED]) then
        if w[NEED][1] == name then unsatisfiable[#unsatisfiable + 1] = id end
      elseif fits_all(id, w) then
        grant(id, w)
        touch(w[NEED])
      elseif starves(w) then
        crown(id, w[NEED], w[SCORE])
      end
    end
  end
  return unsatisfiable
end
