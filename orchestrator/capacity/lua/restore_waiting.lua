-- Enter who waits, in order of arrival; nobody is served before the domain opens.
--
-- ARGV     3.. id, level, arrived_us, start_ms, tenant, message, number of resources,
--          resource, amount, ..
-- Returns  {'restored', op} {'unknown', op, resource}
--include names
local mode = 'rebuild'
--include guard
--include books
--include queue
local at = 3

-- The rank of a request where tenants share, as in acquire; nil where they do not.
local function fair_rank(need, tenant)
  for i = 1, #need, 2 do
    local r = resource(need[i])
    if r[FAIR] == 1 then
      local field = need[i] .. '\0' .. tenant
      if r[WAITING] == 0 then r[VIRTUAL] = math.max(r[VIRTUAL], now_us) end
      local rank = math.max(r[VIRTUAL], tonumber(call('HGET', TAGS, field) or 0))
      local cost = need[i + 1] * rules[QUANTUM] / (call('HGET', WEIGHTS, field) or 1)
      call('HSET', TAGS, field, string.format('%.0f', rank + cost))
      return rank
    end
  end
end

while at <= #ARGV do
  local id, level, arrived = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local start_ms, tenant, message = tonumber(ARGV[at + 3]), ARGV[at + 4], ARGV[at + 5]
  local need, hold = {}, 0
  local last = at + 6 + 2 * ARGV[at + 6]
  for i = at + 7, last, 2 do
    local r = resource(ARGV[i])
    if not r then
      save()
      return {'unknown', meta[OP], ARGV[i]}
    end
    need[#need + 1] = ARGV[i]
    need[#need + 1] = tonumber(ARGV[i + 1])
    if r[MAX_HOLD] > 0 and (hold == 0 or r[MAX_HOLD] < hold) then hold = r[MAX_HOLD] end
  end
  if call('HEXISTS', REQUESTS, id) == 0 then
    arrived = arrived > 0 and math.min(arrived, now_us) or now_us
    local score = math.max(0, (fair_rank(need, tenant) or arrived) - (4 - level) * boost)
    local w = {'W', need, score, '', '', '', arrived, hold, 0, start_ms, level, tenant}
    call('HSET', REQUESTS, id, encode(w))
    if message ~= '' then call('HSET', MESSAGES, id, message) end
    enqueue(id, w)
  end
  at = last + 1
end
save()
return {'restored', meta[OP]}
