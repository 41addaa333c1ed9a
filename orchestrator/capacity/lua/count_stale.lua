-- Count an attempt that came to its end after its step had been taken from it.
--
-- Returns  {'noted', op}
--include head
call('HINCRBY', META, 'stale_effects', 1)
return {'noted', meta[OP]}
