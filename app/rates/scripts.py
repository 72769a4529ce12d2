"""What is asked of rates inside Redis: the library's own scripts, for many rates in one call.

The library `limits` calls one script to take from a rate, and a second one to see what is left.
Each of these calls costs this process some 70 µs, which is more than all else that a rate takes.
So its scripts are functions here, and one script calls them for everybody who has asked.
"""

import struct

from limits.aio.storage.redis.bridge import RedisBridge

DIGEST_BYTES = 16

CLAIM = struct.Struct(f">{DIGEST_BYTES}sddd")
"""Digest of the subject, limit, seconds of the window, cost."""

ANSWER = struct.Struct(">?qdqd")
"""Whether it is granted; the previous window's count and seconds left; the current window's."""

# KEYS: what the keys of all claims begin with. They are of one slot. ARGV: the claims, one after
# the other: as one argument they cost Python and Redis next to nothing to pack and to parse.
#
# A key that has expired has a negative time to live.
SPEND = f"""
local function acquire(KEYS, ARGV)
{RedisBridge.SCRIPT_ACQUIRE_SLIDING_WINDOW.decode()}
end
local function look(KEYS, ARGV)
{RedisBridge.SCRIPT_SLIDING_WINDOW.decode()}
end
local answers = {{}}
for from = 1, #ARGV[1], {CLAIM.size} do
  local digest, limit, seconds, cost = struct.unpack('>c{DIGEST_BYTES}ddd', ARGV[1], from)
  local current = KEYS[1] .. digest
  local keys = {{current .. '/-1', current}}
  local is_granted = acquire(keys, {{limit, seconds, cost}})
  local seen = look(keys, {{seconds}})
  answers[#answers + 1] = struct.pack('>Bi8di8d', is_granted and 1 or 0,
    tonumber(seen[1]) or 0, math.max(seen[2], 0) / 1000,
    tonumber(seen[3]) or 0, math.max(seen[4], 0) / 1000)
end
return table.concat(answers)
"""
