"""What is done to timelines inside Redis, each in one step, as Lua.

A timeline is a string: a header of three big-endian 64-bit integers (the version of the followees
it was built from, the id above which it is complete, the token of whoever is building it or 0),
then ids of eight bytes each in the order of their arrival. Lua's numbers are doubles, so ids stay
strings and are compared by their two halves.
"""

# KEYS: timelines. ARGV: the id, the size in bytes above which a timeline is cut, the bytes of ids
# that are left. A timeline that is not there is left alone: with one entry it would look warm. One
# that is being built is dropped rather than cut: its builder may have read before what is cut off.
PUSH = """
local function above(a, b)
  local a_high, a_low = struct.unpack('>I4I4', a)
  local b_high, b_low = struct.unpack('>I4I4', b)
  return a_high > b_high or (a_high == b_high and a_low > b_low)
end
local id, size_max, kept_bytes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local built = string.rep('\\0', 8)
local function cut(key)
  local entry = redis.call('GET', key)
  if string.sub(entry, 17, 24) ~= built then
    redis.call('DEL', key)
    return
  end
  local kept_from = #entry - kept_bytes + 1
  local complete_above = string.sub(entry, 9, 16)
  for at = 25, kept_from - 1, 8 do
    local dropped = string.sub(entry, at, at + 7)
    if above(dropped, complete_above) then complete_above = dropped end
  end
  redis.call('SET', key, string.sub(entry, 1, 8) .. complete_above .. built ..
    string.sub(entry, kept_from), 'KEEPTTL')
end
local pushed = 0
for _, key in ipairs(KEYS) do
  if redis.call('EXISTS', key) == 1 then
    pushed = pushed + 1
    if redis.call('APPEND', key, id) > size_max then cut(key) end
  end
end
return pushed
"""

# KEYS: the timeline. ARGV: the version of the followees, milliseconds a build may take, and
# milliseconds an unread timeline is kept. Puts an empty timeline that is complete nowhere, so that
# whatever is pushed from now on is kept; returns the builder's token, or nothing if another is
# building it or somebody knows newer followees.
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
  if version == wanted and begun > 0 and now - begun < tonumber(ARGV[2]) then return false end
end
local token = struct.pack('>I4I4', math.floor(now / 4294967296), now % 4294967296)
redis.call('SET', KEYS[1], ARGV[1] .. string.rep('\\255', 8) .. token, 'PX', ARGV[3])
return token
"""

# KEYS: the timeline. ARGV: the version, the builder's token, the id above which the ids are
# complete, the ids. Keeps what was pushed meanwhile; does nothing if the build is somebody else's
# by now, or the timeline was dropped.
FINISH_BUILD = """
local entry = redis.call('GET', KEYS[1])
if not entry or string.sub(entry, 1, 8) ~= ARGV[1] or string.sub(entry, 17, 24) ~= ARGV[2] then
  return 0
end
local pushed_meanwhile = string.sub(entry, 25)
redis.call('SET', KEYS[1], ARGV[1] .. ARGV[3] .. string.rep('\\0', 8) .. ARGV[4] ..
  pushed_meanwhile, 'KEEPTTL')
return 1
"""
