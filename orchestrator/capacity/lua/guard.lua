-- Refuse when the domain is not what the caller thinks: closed is safe, wrongly open is not.
if not meta[EPOCH] then return {'nostate'} end
if meta[EPOCH] ~= ARGV[1] then return {'epoch', meta[EPOCH]} end
if meta[MODE] ~= mode then return {'closed', meta[MODE]} end
-- The caller has seen a later operation: this server was promoted, and has lost writes.
if tonumber(ARGV[2]) > tonumber(meta[OP]) then return {'rollback', meta[OP]} end
