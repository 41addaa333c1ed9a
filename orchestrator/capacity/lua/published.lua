-- The messages of these grants are with the broker.
--
-- ARGV     3.. id
-- Returns  {'noted', op}
--include head
for i = 3, #ARGV do call('ZREM', OUTBOX, ARGV[i]) end
return {'noted', meta[OP]}
