/// One check, done atomically by a Redis or Valkey server: the levels that any throttle holds, and GCRA over all limits of
/// which none is charged unless all allow.
///
/// Numbers are the limits' own units. A server's script counts in 53 bits, so limits whose units are larger lose the
/// digits beyond; those are limits of more than 10^12 tokens.
public enum SharedScript {
    /// The Lua text of a check. KEYS and ARGV are a `SharedQuestion`'s, the answer a `SharedAnswer`'s numbers.
    public static let check =
        beginning + """
            local cost, decay = tonumber(ARGV[2]), tonumber(ARGV[5])
            local function held(key, own)
                local found, till, clean = level(key, decay)
                if not found then return own, 0 end
                if found == 3 then return 3, till - now end
                if own > found or found == 0 then return own, 0 end
                return found, clean + decay - now
            end
            local pair, left = held(KEYS[1], tonumber(ARGV[3]))
            local behind, leftBehind = held(KEYS[2], tonumber(ARGV[4]))
            local answer, room = {pair, left, behind, leftBehind}, pair < 3
            local after, early = {}, {}
            for i = 1, #KEYS - 2 do
                local at = 5 + (i - 1) * 8
                local step = math.min(ARGV[at + 1] == '1' and behind or pair, 2)
                local rate, token = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3 + step])
                local known = redis.call('GET', KEYS[i + 2])
                local debt, last = 0, now
                if known then
                    local owed, seen = string.match(known, '^(%d+) (%d+)$')
                    if owed then
                        debt, last = tonumber(owed), tonumber(seen)
                        if last > now then early[KEYS[i + 2]] = owed end
                        debt = math.max(0, debt - math.max(0, now - last) * rate)
                    end
                end
                answer[i + 4] = debt
                after[i] = debt + cost * token
                if token == 0 or after[i] > tonumber(ARGV[at + 6 + step]) then room = false end
            end
            if room and cost > 0 then
                for i = 1, #KEYS - 2 do
                    local rate = tonumber(ARGV[5 + (i - 1) * 8 + 2])
                    -- A key's life is counted by the server's clock, which says nothing of a caller's.
                    local life = isOwn and rate > 0 and math.ceil(after[i] / rate) + 1000 or 31536000000
                    redis.call('SET', KEYS[i + 2], string.format('%.0f %.0f', after[i], now), 'PX',
                        string.format('%.0f', math.min(life, 31536000000)))
                end
            elseif cost > 0 then
                -- The clock has stepped back: who is only ever refused must not wait for it to catch up.
                for key, owed in pairs(early) do
                    redis.call('SET', key, owed .. ' ' .. string.format('%.0f', now), 'KEEPTTL')
                end
            end
            return answer
            """

    /// The Lua text that tells of a level. KEYS and ARGV are a `SharedLevel`'s. What another throttle has told stands where
    /// it is harsher.
    public static let tell =
        beginning + """
            local told, untill, since = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
            local found, till, clean = level(KEYS[1], tonumber(ARGV[2]))
            if found and found > told then return 0 end
            if found == told and (told == 3 and till > untill or told < 3 and clean > since) then return 0 end
            redis.call('SET', KEYS[1], string.format('%d %.0f %.0f', told, untill, since), 'PX', ARGV[6])
            return 1
            """

    /// The clock, and a level as it is now: its number, the end of its block and the beginning of its clean time.
    private static let beginning = """
        local now = tonumber(ARGV[1])
        local isOwn = now == 0
        if isOwn then
            local time = redis.call('TIME')
            now = time[1] * 1000 + math.floor(time[2] / 1000)
        end
        local function level(key, decay)
            local known = redis.call('GET', key)
            if not known then return nil end
            local found, till, clean = string.match(known, '^(%d+) (%d+) (%d+)$')
            found, till, clean = tonumber(found), tonumber(till), tonumber(clean)
            if not found then return nil end
            local was = found
            if found == 3 then
                if now < till then return 3, till, clean end
                found, clean = 2, math.max(clean, till)
            end
            while found > 0 and now - clean >= decay do
                found, clean = found - 1, clean + decay
            end
            -- What has been forgiven stays forgiven when the clock steps back.
            if found ~= was then
                redis.call('SET', key, string.format('%d %.0f %.0f', found, till, clean), 'KEEPTTL')
            end
            return found, till, clean
        end

        """
}
