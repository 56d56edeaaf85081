-- For wrk: sends the headers of a file in turn, one in each request, and prints one line of numbers at the end.
local requests, place = {}, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local name, value = line:match("^([^:]+): (.*)$")
    requests[#requests + 1] = wrk.format("GET", "/orders", { [name] = value })
  end
end

function request()
  place = place % #requests + 1
  return requests[place]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local half, most = latency:percentile(50), latency:percentile(99)
  io.write(string.format("measured %d %d %d %d %d\n", summary.requests, summary.duration, failed, half, most))
end
