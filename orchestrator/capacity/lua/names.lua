-- Names for the keys and the fields of records, the time, and what the domain says of itself.
--
-- A record is an array, packed: it is read and written at each acquire, and names would double it.
local call, encode, decode = redis.call, cmsgpack.pack, cmsgpack.unpack

local META, RESOURCES, REQUESTS, MESSAGES, QUEUES, DEADLINES, SESSIONS, TTLS,
      HELD, HOLDS, SUSPECTS, OUTBOX, TIMERS, TAGS, WEIGHTS = unpack(KEYS)

-- A resource. KIND is 'c' for a capacity, 'r' for a rate. CAP is the most one request may ask:
-- a rate's burst. TAU is its µs per unit and TAT the time up to which it is used up (GCRA).
local KIND, CAP, USED, PEAK, PEAK_AT, GRANTS, RECLAIMED = 1, 2, 3, 4, 5, 6, 7
local PER, RATE, TAU, TAT = 8, 9, 10, 11
local FIFO, RECLAIM, MAX_HOLD, FAIR, VIRTUAL = 12, 13, 14, 15, 16
-- BLOCKED is until when, in µs. The champion has a reservation; nobody passes the barrier.
local BLOCKED, WAITING, CHAMPION, CHAMPION_SCORE, CHAMPION_AMOUNT = 17, 18, 19, 20, 21
local BARRIER, BARRIER_SCORE = 22, 23

-- A request. STATE is 'W' waiting, 'G' granted and not started, 'R' running, 'S' suspect since its
-- session ended, 'H' suspect since it is held too long. One that runs ends with HOLD.
local STATE, NEED, SCORE, TOKEN, SESSION, SINCE, ARRIVED, HOLD = 1, 2, 3, 4, 5, 6, 7, 8
local SKIPS, START_MS, LEVEL, TENANT = 9, 10, 11, 12

-- Only Redis' clock counts: two workers with different clocks agree on who is late.
local clock = call('TIME')
local now_us = clock[1] * 1000000 + clock[2]
local now = math.floor(now_us / 1000)

local EPOCH, OP, MODE = 1, 2, 3
local meta = call('HMGET', META, 'epoch', 'op', 'mode')

-- How order is kept: read only where somebody waits, or takes turns.
local SCAN, MAX_SKIPS, STARVE, BOOST, QUANTUM = 1, 2, 3, 4, 5
local rules
local function read_rules()
  return call('HMGET', META, 'scan', 'skips', 'starve', 'boost', 'quantum')
end
