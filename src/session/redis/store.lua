-- Sessions in Redis. A call is one step: nobody sees half of it, and a call that is repeated changes nothing more.
--
-- A session is a hash at PREFIX .. NAME with the fields version, expires, sealed, subject and sid. The last two are the keys of
-- the indexes that it stands in; sid may be empty. An index is a sorted set of names, the oldest session first.
--
-- A session that is missing in one of its indexes is none: it could not be ended by what that index stands for. So an index that
-- was evicted or deleted takes its sessions along.

local operation, prefix, now = ARGV[1], ARGV[2], tonumber(ARGV[3])

local function lives(name)
    local fields = redis.call('HMGET', prefix .. name, 'expires', 'subject', 'sid')
    local expires, subject, sid = fields[1], fields[2], fields[3]
    if not expires or tonumber(expires) <= now then
        return false
    end
    return redis.call('ZSCORE', subject, name) and (sid == '' or redis.call('ZSCORE', sid, name))
end

local function forget(name)
    for _, index in ipairs(redis.call('HMGET', prefix .. name, 'subject', 'sid')) do
        if index and index ~= '' then
            redis.call('ZREM', index, name)
        end
    end
    redis.call('DEL', prefix .. name)
end

local function forget_in(index, name)
    forget(name)
    redis.call('ZREM', index, name)
end

-- Takes away what has expired at the old end of an index.
local function trim(index)
    local oldest = redis.call('ZRANGE', index, 0, 0)[1]
    while oldest and not lives(oldest) do
        forget_in(index, oldest)
        oldest = redis.call('ZRANGE', index, 0, 0)[1]
    end
end

-- Leaves room for one more session beside less than `most`: the oldest go. Gives how many those were.
local function make_room(index, most)
    local living = {}
    for _, name in ipairs(redis.call('ZRANGE', index, 0, -1)) do
        if lives(name) then
            living[#living + 1] = name
        else
            forget_in(index, name)
        end
    end
    local gone = math.max(#living - most + 1, 0)
    for place = 1, gone do
        forget(living[place])
    end
    return gone
end

-- An index lives as long as the last of its sessions.
local function enlist(index, name, ttl)
    if not redis.call('ZSCORE', index, name) then
        local youngest = redis.call('ZREVRANGE', index, 0, 0, 'WITHSCORES')[2]
        redis.call('ZADD', index, tonumber(youngest or 0) + 1, name)
    end
    if redis.call('PTTL', index) < ttl then
        redis.call('PEXPIRE', index, ttl)
    end
end

-- KEYS: the session, its subject, and its sid if it has one.
local function keep(name, version, expires, ttl, sealed)
    local session, subject, sid = KEYS[1], KEYS[2], KEYS[3] or ''
    redis.call('HSET', session, 'version', version, 'expires', expires, 'sealed', sealed, 'subject', subject, 'sid', sid)
    redis.call('PEXPIRE', session, ttl)
    enlist(subject, name, ttl)
    if sid ~= '' then
        enlist(sid, name, ttl)
    end
end

-- Takes a session out of the indexes that its next version does not stand in.
local function rename(name)
    for place, index in ipairs(redis.call('HMGET', KEYS[1], 'subject', 'sid')) do
        if index ~= '' and index ~= KEYS[place + 1] then
            redis.call('ZREM', index, name)
        end
    end
end

local operations = {}

-- KEYS: as above. `most` is 0 where there may be any number. Gives how many sessions had to go for it, -1
-- when the key is in use.
function operations.create(name, version, expires, ttl, sealed, most)
    if lives(name) then
        return redis.call('HGET', KEYS[1], 'sealed') == sealed and 0 or -1
    end
    forget(name)
    ttl, most = tonumber(ttl), tonumber(most)
    if ttl <= 0 then
        return 0
    end
    for place = 2, #KEYS do
        trim(KEYS[place])
    end
    local gone = most > 0 and make_room(KEYS[2], most) or 0
    keep(name, version, expires, ttl, sealed)
    return gone
end

-- KEYS: the session.
function operations.load(name)
    return lives(name) and redis.call('HMGET', KEYS[1], 'version', 'sealed')
end

-- KEYS: as for create. Gives 0 unless the session is there in the version `expected`.
function operations.replace(name, version, expires, ttl, sealed, expected)
    if not lives(name) then
        return 0
    end
    local there = redis.call('HMGET', KEYS[1], 'version', 'sealed')
    if there[1] ~= expected then
        return there[1] == version and there[2] == sealed and 1 or 0
    end
    ttl = tonumber(ttl)
    if ttl <= 0 then
        forget(name)
        return 1
    end
    rename(name)
    keep(name, version, expires, ttl, sealed)
    return 1
end

-- KEYS: the session.
function operations.delete(name)
    forget(name)
    return 1
end

-- KEYS: the index. Gives how many sessions there were.
function operations.delete_all()
    local living = 0
    for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
        if lives(name) then
            living = living + 1
        end
        forget(name)
    end
    redis.call('DEL', KEYS[1])
    return living
end

-- KEYS: the index, and the note of when that which it stands for has ended at the provider; the note never becomes an earlier one.
-- Gives how many sessions there were.
function operations.end_provider_session(ended_at, ttl)
    local noted = redis.call('GET', KEYS[2])
    if noted and tonumber(noted) > tonumber(ended_at) then
        ended_at = noted
    end
    redis.call('SET', KEYS[2], ended_at, 'PX', ttl)
    return operations.delete_all()
end

-- KEYS: that note.
function operations.provider_session_ended_at()
    return redis.call('GET', KEYS[1])
end

-- KEYS: the lease. Gives 0 when another has it.
function operations.lease(holder, ttl)
    if redis.call('SET', KEYS[1], holder, 'NX', 'PX', ttl) or redis.call('GET', KEYS[1]) == holder then
        return 1
    end
    return 0
end

-- KEYS: the lease.
function operations.release(holder)
    if redis.call('GET', KEYS[1]) == holder then
        redis.call('DEL', KEYS[1])
    end
    return 1
end

return operations[operation](unpack(ARGV, 4))
