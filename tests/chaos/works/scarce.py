"""What the tasks of the chaos suite share: two that are counted, and a lock."""

from orchestrator import Resource

NARROW = Resource(name="narrow", type="network", capacity=2)
WIDE = Resource(name="wide", type="compute", capacity=5)
DOOR = Resource(name="door", type="lock")

CAPACITIES = {"narrow": 2, "wide": 5, "door": 1000}
