"""Bugs that somebody could make in the scripts, each as a text that stands there exactly once.

A mutant that the driver does not notice says that the invariants have a hole.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One bug: in this file of `lua/`, this text becomes that one."""

    name: str
    file: str
    before: str
    after: str = ""

    def texts(self, sound: Mapping[str, str]) -> dict[str, str]:
        """Return all scripts, one of them broken."""
        found = sound[self.file].count(self.before)
        assert found == 1, f"mutant {self.name!r}: {self.file}.lua has its text {found} times"
        return {**sound, self.file: sound[self.file].replace(self.before, self.after)}


_DEAD = "if not call('ZSCORE', SESSIONS, session)"

MUTANTS = (
    # Taking and giving back.
    Mutant("capacity is one more", "acquire", "r[USED] > r[CAP] then", "r[USED] > r[CAP] + 1 then"),
    Mutant("a newcomer passes the line", "acquire", "if free and not queued then", "if free then"),
    Mutant("a dead session acquires", "acquire", _DEAD, "if false"),
    Mutant("busy stays in line", "acquire", "  leave_queue(id, w)\n"),
    Mutant("a quota is free at once", "acquire", "r[TAT] - burst_us > now_us", "false"),
    Mutant("too much can be asked for", "acquire", "amount > r[CAP] then", "false then"),
    Mutant("a release serves nobody", "release", "serve()\n"),
    Mutant("any token releases", "release", "a[TOKEN] ~= ARGV[4]", "false"),
    Mutant("a quiet release passes the line", "release", "if r[WAITING] > 0 then", "if false then"),
    Mutant("the index keeps what was released", "release", "call('ZREM', HELD, unpack(rows))"),
    Mutant("a cancellation serves nobody", "cancel", "serve()\n"),
    Mutant("what runs is cancelled", "cancel", "w[STATE] ~= 'W' and w[STATE] ~= 'G'", "false"),
    Mutant("what is given back stays used", "books", "r[USED] = r[USED] - amount", ""),
    Mutant("a quota never used is lost", "books", "if unused then", "if false then"),
    # Starting.
    Mutant("two start one grant", "start", "if a[STATE] ~= 'G' then", "if false then"),
    Mutant("an old token starts", "start", "a[TOKEN] ~= ARGV[4]", "false"),
    Mutant("a dead session starts", "start", _DEAD, "if false"),
    Mutant("what started is published again", "start", "call('ZREM', OUTBOX, id)"),
    # Waiting in line.
    Mutant("the last unit is never given", "queue", "kept <= r[CAP]\nend", "kept < r[CAP]\nend"),
    Mutant("a reservation is ignored", "queue", "kept = r[CHAMPION_AMOUNT]", "kept = 0"),
    Mutant(
        "a barrier is ignored", "queue", "if r[BARRIER] ~= '' and precedes", "if false and precedes"
    ),
    Mutant(
        "a block is ignored", "queue", "if r[BLOCKED] > now_us then return", "if false then return"
    ),
    Mutant(
        "the length of a line drifts",
        "queue",
        "r[WAITING] = r[WAITING] - 1",
        "r[WAITING] = r[WAITING]",
    ),
    Mutant(
        "a champion that goes is kept in mind",
        "queue",
        "    if r[CHAMPION] == id then r[CHAMPION],",
        "    if false then r[CHAMPION],",
    ),
    Mutant(
        "a champion loses a part alone",
        "queue",
        "if r[CHAMPION] ~= '' and r[CHAMPION] ~= id then dethrone(r[CHAMPION]) end",
    ),
    Mutant("who is dethroned frees nothing", "queue", "      todo[need[i]] = true\n"),
    Mutant(
        "a later one is champion too",
        "queue",
        "precedes(r[CHAMPION_SCORE], r[CHAMPION], score, id) then return end",
        "false then return end",
    ),
    Mutant(
        "queues are served one by one",
        "serve",
        "elseif not first or line.key < first then",
        "elseif not first then",
    ),
    Mutant("no barrier is set", "serve", "and r[BARRIER] == '' then", "and false then"),
    Mutant("an old barrier stays", "serve", "r[BARRIER], r[BARRIER_SCORE] = '', 0\n"),
    Mutant(
        "spent one too early", "serve", "if r[USED] >= r[CAP] then", "if r[USED] + 1 >= r[CAP] then"
    ),
    Mutant(
        "spent, says a wrong champion",
        "serve",
        "    and (r[CHAMPION] == id or precedes(r[CHAMPION_SCORE], r[CHAMPION], score, id))\n",
    ),
    Mutant(
        "of one moment all come first", "queue", "(score == other_score and id < other_id)", "false"
    ),
    Mutant(
        "only the first page of a line",
        "serve",
        "#line.chunk == count and line.left - count or 0",
        "0",
    ),
    Mutant("a grant is not in the outbox", "serve", "call('ZADD', OUTBOX, now, id)"),
    Mutant("a grant has no deadline", "serve", "call('ZADD', DEADLINES, now + w[START_MS], id)"),
    Mutant(
        "the hopeless stand in the way",
        "serve",
        " or hopeless(w[NEED]) then return",
        " then return",
    ),
    # Sessions and suspects.
    Mutant(
        "silence frees at once",
        "suspects",
        "      set_state(id, a, 'S')\n",
        "      call('HDEL', REQUESTS, id)\n",
    ),
    Mutant("who comes back stays suspect", "suspects", "set_state(id, a, 'R')"),
    Mutant("who comes back can be reclaimed", "beat", "if was_dead then trust(session) end"),
    Mutant("nobody is told of a loss", "beat", "a[SESSION] ~= session then", "false then"),
    Mutant(
        "the trusted are reclaimed",
        "reclaim",
        "a and (a[STATE] == 'S' or a[STATE] == 'H')",
        "a and a[STATE] ~= 'W'",
    ),
    Mutant("the unconfirmed is reclaimed", "reclaim", "and not confirmed", "and false"),
    Mutant("reclaiming serves nobody", "reclaim", "serve()\n"),
    Mutant("the overdue is not found", "sweep", "set_state(id, a, 'H')"),
    Mutant("late grants keep their permits", "sweep", "    give_back(id, a)\n"),
    Mutant("late grants leave the line", "sweep", "enqueue(id, a)"),
    Mutant(
        "a suspect is told of once",
        "sweep",
        "call('ZRANGE', SUSPECTS, 0, limit - 1)",
        "call('ZRANGEBYSCORE', SUSPECTS, 0, 0)",
    ),
    Mutant("lost messages stay lost", "sweep", "local again = publish_again()", "local again = {}"),
    Mutant("a due quota wakes nobody", "sweep", "    todo[name] = true\n"),
    # Limits that change, and what guards all.
    Mutant("more capacity serves nobody", "resize", "  serve()\n"),
    Mutant("less keeps its champion", "resize", "r[CHAMPION_AMOUNT] > r[CAP] then", "false then"),
    Mutant("less fails nobody", "resize", "    if hopeless(w[NEED]) then", "    if false then"),
    Mutant("a lifted block serves nobody", "block", "serve()\n"),
    Mutant(
        "lost writes are not noticed", "guard", "tonumber(ARGV[2]) > tonumber(meta[OP])", "false"
    ),
)

#: Bugs in what the driver does not play, each with the examples that see it.
EXAMPLES = (
    Mutant(
        "a gap ends leases",
        "time_gap",
        "if not renew(gap) and gap >= 0 then return 0 end",
        "do return 0 end",
    ),
    Mutant(
        "a short lease keeps all alive",
        "time_gap",
        "gap < 0 and '+inf' or '(' .. 2 * gap",
        "'+inf'",
    ),
    Mutant("a grant's time runs in a gap", "time_gap", "    shift(DEADLINES, gap)\n"),
    Mutant("a clock set back delays messages", "time_gap", "  shift(OUTBOX, by)\n"),
    Mutant("a clock set back delays a quota", "time_gap", "  shift(TIMERS, by)\n"),
    Mutant("a clock set back prolongs a block", "time_gap", "  unblock_earlier(by)\n"),
    Mutant(
        "a clock set back closes a rate",
        "books",
        "math.min(r[TAT], now_us + r[CAP] * r[TAU])",
        "r[TAT]",
    ),
    Mutant("the sweep looks at heads alone", "sweep", "look_deep()", "{}"),
    Mutant("the sweep begins anew each time", "deep", "last and '(' .. last or '-'", "'-'"),
    Mutant(
        "what is granted at once is free of charge",
        "acquire",
        "    call('HSET', TAGS, charge[1], charge[2])\n    r[VIRTUAL]",
        "    r[VIRTUAL]",
    ),
    Mutant(
        "who is parked is not charged",
        "acquire",
        "  call('HSET', TAGS, charge[1], charge[2])\nend",
        "end",
    ),
    Mutant(
        "weights are ignored",
        "acquire",
        "rules[QUANTUM] / (call('HGET', WEIGHTS, field) or 1)",
        "rules[QUANTUM]",
    ),
    Mutant(
        "virtual time stands still",
        "queue",
        "r[VIRTUAL] = math.max(r[VIRTUAL], score",
        "local _ = math.max(r[VIRTUAL], score",
    ),
    Mutant(
        "the urgent move virtual time",
        "queue",
        "score + math.min(4 - level, 2) * boost)",
        "score + 4 * boost)",
    ),
    Mutant("who withdraws still owes", "cancel", "uncharge(w)\n"),
    Mutant("tags are kept for ever", "sweep", "call('HDEL', TAGS, page[2][i])", "local _ = page"),
    Mutant("tags are forgotten too soon", "sweep", "tonumber(page[2][i + 1]) <= served", "true"),
    Mutant("anybody empties an open domain", "prepare", "and meta[MODE] ~= 'rebuild'", "and false"),
    Mutant("an older epoch is taken", "guard", "if meta[EPOCH] ~= ARGV[1] then", "if false then"),
    Mutant(
        "a domain is open while it is rebuilt",
        "guard",
        "if meta[MODE] ~= mode then",
        "if false then",
    ),
    Mutant(
        "who can go waits on after a rebuild",
        "open",
        "call('ZADD', TIMERS, now, name)",
        "local _ = name",
    ),
    Mutant(
        "a rebuilt session has no lease",
        "restore_running",
        "    call('ZADD', SESSIONS, now + ttl, session)\n",
    ),
    Mutant("the future comes first", "acquire", " or arrived > now_us then", " then"),
    Mutant("waiting long counts for nothing", "queue", " or now - w[ARRIVED] / 1000 >= starve"),
    Mutant("passing is not counted", "serve", "one[2][SKIPS] + 1", "one[2][SKIPS]"),
    Mutant("what never is reclaimed is", "reclaim", "asks == 'never' or ", ""),
    Mutant(
        "an unchanged resource is written",
        "register",
        "if not keep_weights() and not changed then",
        "if false then",
    ),
)

#: Bugs that the driver meets too seldom, and the test in `test_order` that sees them always.
RARE: Mapping[str, str] = {
    "of one moment all come first": (
        "of those of one moment nobody takes what is kept for another"
    ),
    "only the first page of a line": "who stands behind forty of the same resource is found",
    "who is dethroned frees nothing": "what was kept for who is dethroned is granted at once",
}
