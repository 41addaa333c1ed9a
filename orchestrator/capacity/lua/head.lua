-- What every verb begins with.
--
-- KEYS     in the order of `names`, always all of them
-- ARGV     1 epoch  2 the highest operation the caller has seen  3.. as each script says
-- Returns  {'nostate'} {'epoch', current} {'closed', mode} {'rollback', operation}
--          when nothing may happen; otherwise {what, operation, ..}
--include names
local mode = 'open'
--include guard
