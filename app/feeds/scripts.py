"""What is done to timelines inside Redis, each in one step, as Lua.

A timeline is a string: a header of five big-endian 64-bit integers (the version of the followees
it was built from, the id above which it is complete, the token of whoever is building it or 0, the
position in the log of changes at which its build began, the bytes of pulled ids), then the ids of
the followees that were pulled when it was built, then ids of posts in the order of their arrival.
Every id has eight bytes. Lua's numbers are doubles, so ids stay strings and are compared by their
two halves.
"""

# KEYS: the first of the timelines. ARGV: the id, the size in bytes above which a timeline is cut
# (not counting pulled ids), the bytes of ids that are left, and all timelines' keys, the first
# again, one after the other: they are as long as each other, and of one slot. As one argument they
# cost Python and Redis next to nothing to pack and to parse.
#
# A timeline that is not there is left alone: with one entry it would look warm. Appending tells by
# the new length whether it was there, which saves asking; where most are not there, asking first
# costs less. One that is being built is dropped rather than cut: its builder may have read before
# what is cut off. The answer is never empty: a cluster's client sends again what has no answer.
PUSH = """
local call, sub = redis.call, string.sub
local id, size_max, kept_bytes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local built = string.rep('\\0', 8)
local function above(a, b)
  local a_high, a_low = struct.unpack('>I4I4', a)
  local b_high, b_low = struct.unpack('>I4I4', b)
  return a_high > b_high or (a_high == b_high and a_low > b_low)
end
local function cut(key, size)
  local _, pulled_bytes = struct.unpack('>I4I4', call('GETRANGE', key, 32, 39))
  if size - pulled_bytes <= size_max then return end
  local entry = call('GET', key)
  if sub(entry, 17, 24) ~= built then
    call('DEL', key)
    return
  end
  local ids_from, kept_from = 41 + pulled_bytes, size - kept_bytes + 1
  local complete_above = sub(entry, 9, 16)
  for at = ids_from, kept_from - 1, 8 do
    local dropped = sub(entry, at, at + 7)
    if above(dropped, complete_above) then complete_above = dropped end
  end
  call('SET', key, sub(entry, 1, 8) .. complete_above .. sub(entry, 17, ids_from - 1) ..
    sub(entry, kept_from), 'KEEPTTL')
end
local keys, key_bytes, seen, cold = ARGV[4], #KEYS[1], 0, 0
for from = 1, #keys, key_bytes do
  local key = sub(keys, from, from + key_bytes - 1)
  seen = seen + 1
  if cold * 2 > seen and call('EXISTS', key) == 0 then
    cold = cold + 1
  else
    local size = call('APPEND', key, id)
    if size == #id then
      call('DEL', key)
      cold = cold + 1
    elseif size > size_max then
      cut(key, size)
    end
  end
end
return 1
"""

# KEYS: the timeline. ARGV: the version of the followees, milliseconds a build may take, and
# milliseconds an unread timeline is kept. Puts an empty timeline that is complete nowhere, so that
# whatever is pushed from now on is kept; returns the builder's token, or nothing if another is
# building it, has built it since it was looked for, or knows newer followees.
BEGIN_BUILD = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local header = redis.call('GETRANGE', KEYS[1], 0, 23)
if #header == 24 then
  local _, version = struct.unpack('>I4I4', string.sub(header, 1, 8))
  local _, wanted = struct.unpack('>I4I4', ARGV[1])
  if version > wanted then return false end
  local high, low = struct.unpack('>I4I4', string.sub(header, 17, 24))
  local begun = high * 4294967296 + low
  if version == wanted and (begun == 0 or now - begun < tonumber(ARGV[2])) then return false end
end
local token = struct.pack('>I4I4', math.floor(now / 4294967296), now % 4294967296)
redis.call('SET', KEYS[1], ARGV[1] .. string.rep('\\255', 8) .. token .. string.rep('\\0', 16),
  'PX', ARGV[3])
return token
"""

# KEYS: the timeline. ARGV: the builder's token, and what was built. Keeps what was pushed
# meanwhile; does nothing if the build is somebody else's by now, or the timeline was dropped.
FINISH_BUILD = """
local entry = redis.call('GET', KEYS[1])
if not entry or string.sub(entry, 1, 8) ~= string.sub(ARGV[2], 1, 8) or
  string.sub(entry, 17, 24) ~= ARGV[1] then
  return 0
end
local pushed_meanwhile = string.sub(entry, 41)
redis.call('SET', KEYS[1], ARGV[2] .. pushed_meanwhile, 'KEEPTTL')
return 1
"""
