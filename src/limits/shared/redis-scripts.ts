/**
 * The scripts that count in Redis: window.ts and gcra.ts again, in Lua, for all checks of some requests. A test runs both
 * step by step and compares them. Scripts are atomic, so requests of all processes are counted one after the other.
 *
 * A counter is one string:
 *
 *     window   index of the newest bucket, 8 bytes; units of 11 buckets, 1 to 4 bytes each, bucket i at i % 11
 *     gcra     time of the level in microseconds, 8 bytes; level, 8 bytes
 *
 * It expires when nothing in it counts any more. What is refused writes nothing. What is sent for each check and each
 * change is packed (redis-arguments.ts), because reading it is a large part of what a script does.
 */

/** `redis`: its own time; `argument`: the last argument, in microseconds, for tests. */
type ScriptClock = 'redis' | 'argument';

const clocks: Readonly<Record<ScriptClock, string>> = {
  redis: `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]`,
  argument: `
local now = tonumber(ARGV[#ARGV])`,
};

const counters = `
local floor, ceil, min, call = math.floor, math.ceil, math.min, redis.call
local unpack, pack, values = struct.unpack, struct.pack, unpack
local BUCKETS, UNITS_MAX = 11, 4294967295
-- Neither Redis nor clients can do with a later time.
local WAIT_MS_MAX = 1e13

-- A check.
local KIND, LIMIT, WINDOW_MS, BURST, COST, GATE, RETURNED, MEASURED, LAST = 1, 2, 3, 4, 5, 6, 7, 8, 9
local WINDOW = 0

-- A counter. Time: index of the newest bucket; microseconds. Part: microseconds of a bucket; parts of a unit.
-- Used: units; parts of units. A window has its buckets behind that.
local CHANGES, TIME, STORED_TIME, PART, USED, FIRST = 1, 2, 3, 4, 5, 6
local ONE_BYTE, TWO_BYTES = '<dBBBBBBBBBBB', '<dHHHHHHHHHHH'
local THREE_BYTES, FOUR_BYTES = '<dI3I3I3I3I3I3I3I3I3I3I3', '<dI4I4I4I4I4I4I4I4I4I4I4'
local windowFormats = { [19] = ONE_BYTE, [30] = TWO_BYTES, [41] = THREE_BYTES, [52] = FOUR_BYTES }
local GCRA, GCRA_BYTES = '<dd', 16
local counters = {}

local function openWindow(value, bucketUs)
  local format = value and windowFormats[#value]
  local counter
  if format then
    local index, a, b, c, d, e, f, g, h, i, j, k = unpack(format, value)
    local used = a + b + c + d + e + f + g + h + i + j + k
    counter = { 0, index, index, bucketUs, used, a, b, c, d, e, f, g, h, i, j, k }
  else
    counter = { 0, 0, -1, bucketUs, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
  end
  local current = floor(now / bucketUs)
  local newer = current - counter[TIME]
  if newer >= BUCKETS then
    for slot = FIRST, FIRST + BUCKETS - 1 do counter[slot] = 0 end
    counter[USED] = 0
    counter[TIME] = current
  elseif newer > 0 then
    for index = counter[TIME] + 1, current do
      local slot = index % BUCKETS + FIRST
      counter[USED] = counter[USED] - counter[slot]
      counter[slot] = 0
    end
    counter[TIME] = current
  elseif -newer > BUCKETS then
    counter[TIME] = current + 1 + (-newer - 1) % BUCKETS
    counter[CHANGES] = 1
  end
  return counter
end

local function openGcra(value, part, limit)
  local at, level = 0, 0
  if value and #value == GCRA_BYTES then at, level = unpack(GCRA, value) end
  local counter = { 0, at, -1, part, level }
  local elapsedUs = now - at
  if elapsedUs > 0 then
    local rest = level - elapsedUs * limit
    counter[TIME], counter[USED] = now, rest > 0 and rest or 0
  elseif -elapsedUs > part then
    counter[TIME] = now + part
    counter[CHANGES] = 1
  end
  return counter
end

local function counterOf(key, check)
  local counter = counters[key]
  if counter then return counter end
  local value = call('GET', key)
  if check[KIND] == WINDOW then
    counter = openWindow(value, check[WINDOW_MS] * 100)
  else
    counter = openGcra(value, check[WINDOW_MS] * 1000, check[LIMIT])
  end
  counters[key] = counter
  return counter
end

local function within(least, value, most)
  return value < least and least or value > most and most or value
end

local function change(counter, check, bucket, units)
  if check[KIND] == WINDOW then
    local slot = bucket % BUCKETS + FIRST
    local before = counter[slot]
    local after = within(0, before + units, UNITS_MAX)
    counter[slot] = after
    counter[USED] = counter[USED] + after - before
  else
    local part = counter[PART]
    counter[USED] = within(0, counter[USED] + units * part, (check[BURST] + check[LIMIT]) * part)
  end
end

local function set(key, value, untilUs)
  local keptMs = ceil((untilUs - now) / 1000)
  call('SET', key, value, 'PX', within(1, keptMs, WAIT_MS_MAX))
end

local function writeWindow(key, counter)
  local most = 0
  for slot = FIRST, FIRST + BUCKETS - 1 do
    if counter[slot] > most then most = counter[slot] end
  end
  local format = most < 256 and ONE_BYTE or most < 65536 and TWO_BYTES
    or most < 16777216 and THREE_BYTES or FOUR_BYTES
  local index = counter[TIME]
  local value = pack(format, index, values(counter, FIRST, FIRST + BUCKETS - 1))
  -- When it expires depends on the newest bucket alone; a new time costs as much as all the rest of writing.
  if index == counter[STORED_TIME] then
    call('SET', key, value, 'KEEPTTL')
  else
    set(key, value, (index + BUCKETS) * counter[PART])
    counter[STORED_TIME] = index
  end
end

-- Of all checks, by their keys.
local function write(check, key)
  local counter = counters[key]
  if counter[CHANGES] == 0 then return end
  counter[CHANGES] = 0
  if check[KIND] == WINDOW then
    writeWindow(key, counter)
  else
    set(key, pack(GCRA, counter[TIME], counter[USED]), counter[TIME] + counter[USED] / check[LIMIT])
  end
end
`;

const take = `
local CHECK, CHECK_BYTES = '<BI4dI4I4BBBB', 25

local function hasRoom(counter, check)
  if check[KIND] == WINDOW then return counter[USED] + check[COST] <= check[LIMIT] end
  return counter[USED] <= (check[BURST] - check[COST]) * counter[PART]
end

local function untilFreeMs(counter, units)
  local index = counter[TIME] - BUCKETS
  repeat
    index = index + 1
    units = units - counter[index % BUCKETS + FIRST]
  until units <= 0 or index >= counter[TIME]
  return ceil(((index + BUCKETS) * counter[PART] - now) / 1000)
end

local function untilRoomMs(counter, check, cost)
  local excess = counter[USED] - (check[BURST] - cost) * counter[PART]
  return min(WAIT_MS_MAX, ceil((counter[TIME] - now + ceil(excess / check[LIMIT])) / 1000))
end

local function retryAfterMs(counter, check)
  local cost = check[COST]
  if check[KIND] == WINDOW then
    if cost > check[LIMIT] then return check[WINDOW_MS] end
    return untilFreeMs(counter, counter[USED] + cost - check[LIMIT])
  end
  if cost > check[BURST] then return check[WINDOW_MS] end
  return untilRoomMs(counter, check, cost)
end

-- Units that are left, ms until there are more, bucket.
local function state(counter, check)
  local used = counter[USED]
  if check[KIND] == WINDOW then
    local remaining = check[LIMIT] - used
    return remaining > 0 and remaining or 0, used == 0 and 0 or untilFreeMs(counter, 1), counter[TIME]
  end
  local remaining = check[BURST] - ceil(used / counter[PART])
  if remaining < 0 then remaining = 0 end
  return remaining, used == 0 and 0 or untilRoomMs(counter, check, remaining + 1), 0
end

local function add(counter, check, units)
  change(counter, check, counter[TIME], units)
  counter[CHANGES] = counter[CHANGES] + (units > 0 and 1 or -1)
end

local packed = ARGV[1]
local replies, size = {}, 0
local checks, retries, position, first = {}, {}, 1, 0
while position <= #packed do
  local count, refused = 0, nil
  repeat
    local check = { unpack(CHECK, packed, position) }
    position = position + CHECK_BYTES
    count = count + 1
    checks[count] = check
    local counter = counterOf(KEYS[first + count], check)
    local fits = hasRoom(counter, check)
    local isMeasured = check[MEASURED] == 1
    retries[count] = fits and 0 or retryAfterMs(counter, check)
    if not fits and not isMeasured then refused = refused or count end
    if isMeasured or not refused then add(counter, check, check[COST]) end
  until check[LAST] == 1
  for i = 1, (refused or 1) - 1 do
    local check = checks[i]
    local isReturned = check[RETURNED] == 1 or check[GATE] == checks[refused][GATE]
    if check[MEASURED] == 0 and isReturned then
      add(counters[KEYS[first + i]], check, -check[COST])
    end
  end
  for i = 1, count do
    local key, check = KEYS[first + i], checks[i]
    local remaining, reset, bucket = state(counters[key], check)
    replies[size + 1] = retries[i] == 0 and remaining or 0
    replies[size + 2] = reset
    replies[size + 3] = retries[i]
    replies[size + 4] = bucket
    size = size + 4
    write(check, key)
  end
  first = first + count
end
return replies
`;

const settle = `
local CHANGE, CHANGE_BYTES = '<BI4dI4dd', 33
local BUCKET, UNITS = 5, 6

for i, key in ipairs(KEYS) do
  local check = { unpack(CHANGE, ARGV[1], (i - 1) * CHANGE_BYTES + 1) }
  local counter = counterOf(key, check)
  local bucket, newest = check[BUCKET], counter[TIME]
  if check[KIND] ~= WINDOW or bucket <= newest and bucket > newest - BUCKETS then
    change(counter, check, bucket, check[UNITS])
    counter[CHANGES] = 1
  end
  write(check, key)
end
`;

/**
 * Keys: the processes, by the time at which they were last seen; how often counters were deleted. Arguments: this process,
 * and how long it is kept. Answers with the number of processes, and with that of the deletions.
 */
export const probeScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return { redis.call('ZCARD', KEYS[1]), tonumber(redis.call('GET', KEYS[2]) or 0) }
`;

/** Keys: one for each check. Argument: the checks. Answers with four whole numbers for each: see `outcomesOf` of decision.ts. */
export function takeScript(clock: ScriptClock = 'redis'): string {
  return `${clocks[clock]}${counters}${take}`;
}

/** Keys: one for each change. Argument: the changes. */
export function settleScript(clock: ScriptClock = 'redis'): string {
  return `${clocks[clock]}${counters}${settle}`;
}
