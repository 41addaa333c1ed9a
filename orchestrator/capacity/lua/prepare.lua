-- Empty a domain and close it until it is rebuilt. An epoch is prepared once it is newer than
-- what is there; again, while whoever rebuilds it has not opened it.
--
-- ARGV     1 epoch  2 unused  3.. field, value of the domain's rules
-- Returns  {'prepared', 0} {'epoch', current}
--include names
local current, epoch = tonumber(meta[EPOCH] or 0), tonumber(ARGV[1])
if epoch < current or (epoch == current and meta[MODE] ~= 'rebuild') then
  return {'epoch', meta[EPOCH]}
end
call('UNLINK', unpack(KEYS))
call('HSET', META, 'epoch', ARGV[1], 'op', 0, 'mode', 'rebuild', 'late', 0, 'republished', 0)
for i = 3, #ARGV, 2 do call('HSET', META, ARGV[i], ARGV[i + 1]) end
return {'prepared', 0}
