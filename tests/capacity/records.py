"""What Redis holds of a domain, read behind the verbs' back: for invariants, and to set clocks."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

import redis

from orchestrator.capacity.keys import NAMES, key, keys
from orchestrator.capacity.scripts import sources

_LOCALS = re.compile(r"^local ([A-Z_, ]+?) = ([0-9, ]+)$", re.MULTILINE)

#: Where in a record each field stands, as the scripts name them.
FIELD = {
    name: int(index) - 1
    for names, indexes in _LOCALS.findall(sources()["names"])
    for name, index in zip(names.split(", "), indexes.split(", "), strict=True)
}

_DUMP = """
local found = {now = redis.call('TIME')}
-- JSON has fourteen digits here, a time in microseconds has sixteen.
local function exact(value)
  if type(value) == 'number' then return '#' .. string.format('%.17g', value) end
  if type(value) ~= 'table' then return value end
  local all = {}
  for i, one in ipairs(value) do all[i] = exact(one) end
  return all
end
local function records(key)
  local all = redis.call('HGETALL', key)
  for i = 2, #all, 2 do all[i] = exact(cmsgpack.unpack(all[i])) end
  return all
end
found.resources, found.requests = records(KEYS[2]), records(KEYS[3])
found.messages = redis.call('HKEYS', KEYS[4])
for i = 5, 13 do found[i .. ''] = redis.call('ZRANGE', KEYS[i], 0, -1, 'WITHSCORES') end
found.tags = redis.call('HGETALL', KEYS[14])
return cjson.encode(found)
"""

_PATCH = """
local record = cmsgpack.unpack(redis.call('HGET', KEYS[2], ARGV[1]))
record[tonumber(ARGV[2]) + 1] = tonumber(ARGV[3])
redis.call('HSET', KEYS[2], ARGV[1], cmsgpack.pack(record))
"""


class Record:
    """One record, its fields by name."""

    def __init__(self, fields: list[Any]) -> None:
        self._fields = [_number(value) for value in fields]

    def __getattr__(self, name: str) -> Any:
        return self._fields[FIELD[name.upper()]]

    @property
    def needs(self) -> dict[str, int]:
        """The amounts of a request, by resource."""
        amounts = map(_number, self.need[1::2])
        return dict(zip(self.need[::2], amounts, strict=True))


def _number(value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith("#"):
        return value
    number = float(value[1:])
    return int(number) if number.is_integer() else number


@dataclass
class Dump:
    """All of a domain at one moment."""

    now_us: int
    resources: dict[str, Record]
    requests: dict[str, Record]
    messages: set[str]
    tags: dict[str, float]
    sets: dict[str, dict[str, float]] = field(default_factory=dict)

    def __getattr__(self, name: str) -> dict[str, float]:
        return self.sets[name]


def dump(client: "redis.Redis", domain: str = "main") -> Dump:
    """Read all of a domain at once."""
    names = keys(domain)
    found = json.loads(client.eval(_DUMP, len(names), *names))
    return Dump(
        now_us=int(found["now"][0]) * 1_000_000 + int(found["now"][1]),
        resources={name: Record(fields) for name, fields in _pairs(found["resources"])},
        requests={name: Record(fields) for name, fields in _pairs(found["requests"])},
        messages=set(found["messages"]),
        tags={name: float(value) for name, value in _pairs(found["tags"])},
        sets={
            NAMES[i - 1]: {name: float(value) for name, value in _pairs(found[str(i)])}
            for i in range(5, 14)
        },
    )


def _pairs(flat: Any) -> list[tuple[str, Any]]:
    # An empty table of Lua is an object in JSON.
    return list(zip(flat[::2], flat[1::2], strict=True)) if flat else []


def patch(client: "redis.Redis", name: str, field_name: str, value: float) -> None:
    """Set one field of a resource."""
    names = keys("main")
    client.eval(_PATCH, len(names), *names, name, FIELD[field_name], value)


def set_time(client: "redis.Redis", name: str, member: str, value: float) -> None:
    """Set the time of a member of one of the sorted sets."""
    client.zadd(key("main", name), {member: value})
