-- A session has ended, somebody knows: all it holds is suspect at once.
--
-- ARGV     3 session
-- Returns  {'ended', op, {{id, token, session, state}, ..}}
--include head
--include suspects
local found = suspect(ARGV[3])
return {'ended', call('HINCRBY', META, 'op', 1), found}
