-- The first `count` who hold something of a resource, as {id, amount, session, since, state}.
local function amount_in(need, name)
  for i = 1, #need, 2 do
    if need[i] == name then return need[i + 1] end
  end
end

local function holders_of(name, count)
  local found, prefix = {}, 'r\0' .. name
  local from, to = '[' .. prefix .. '\0', '(' .. prefix .. '\1'
  local rows = call('ZRANGEBYLEX', HELD, from, to, 'LIMIT', 0, count)
  for _, row in ipairs(rows) do
    local id = string.sub(row, #prefix + 2)
    local a = decode(call('HGET', REQUESTS, id))
    found[#found + 1] = {id, amount_in(a[NEED], name), a[SESSION], a[SINCE], a[STATE]}
  end
  return found
end
