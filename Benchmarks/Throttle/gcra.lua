-- GCRA for one key: KEYS[1], ARGV = tokens per second, capacity, cost. Answers allowed (1 or 0) and tokens left.
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local token = 1000 / tonumber(ARGV[1])
local room = token * tonumber(ARGV[2])
local charge = token * tonumber(ARGV[3])
local ready = tonumber(redis.call('GET', KEYS[1])) or now
if ready < now then ready = now end
if ready + charge - now > room then return {0, math.floor((room - (ready - now)) / token)} end
ready = ready + charge
redis.call('SET', KEYS[1], ready, 'PX', math.max(1, math.ceil(ready - now)))
return {1, math.floor((room - (ready - now)) / token)}
