-- spectrogram.lua - how long calls took, in decades of latency: second by second, and by kind of call.
--
--   thresher report --script spectrogram.lua CAPTURE
--
-- Where the capture has no begin of a call, its latency is an upper bound: column upper_bounds counts these. Calls that wait on
-- purpose (poll, futex, nanosleep) are seen too; -f 'not evt.category in (wait, sleep)' leaves them out.

local SLICE_NS = 1000000000

local buckets = {
  { name = "under_1us", below = 1000 },
  { name = "under_10us", below = 10000 },
  { name = "under_100us", below = 100000 },
  { name = "under_1ms", below = 1000000 },
  { name = "under_10ms", below = 10000000 },
  { name = "under_100ms", below = 100000000 },
  { name = "under_1s", below = 1000000000 },
  { name = "longer", below = math.maxinteger },
}

local slices = {}      -- by source, then by number of the slice
local categories = {}  -- by name

local function new_counts(t)
  t.calls = 0
  for _, b in ipairs(buckets) do t[b.name] = 0 end
  return t
end

local function count(t, latency)
  for _, b in ipairs(buckets) do
    if latency < b.below then
      t[b.name] = t[b.name] + 1
      break
    end
  end
  t.calls = t.calls + 1
end

local function on_event(v, num, time, source)
  local latency = v["evt.latency"]
  local name = v["evt.category"]
  if not latency or not name then return end

  local c = categories[name]
  if not c then
    c = new_counts{ category = name, upper_bounds = 0, total = 0, longest = 0 }
    categories[name] = c
  end
  count(c, latency)
  c.total = c.total + latency
  c.longest = math.max(c.longest, latency)
  if v["evt.latency_bound"] then c.upper_bounds = c.upper_bounds + 1 end

  if not time then return end
  local of_source = slices[source]
  if not of_source then
    of_source = {}
    slices[source] = of_source
  end
  local slice = time // SLICE_NS
  local s = of_source[slice]
  if not s then
    s = new_counts{ time = slice * SLICE_NS, source = source }
    of_source[slice] = s
  end
  count(s, latency)
end

local function with_buckets(columns)
  for _, b in ipairs(buckets) do
    columns[#columns + 1] = { name = b.name, type = "u64", help = "Calls of that latency" }
  end
  return columns
end

local function on_finish()
  local rows = {}
  for _, of_source in pairs(slices) do
    for _, s in pairs(of_source) do rows[#rows + 1] = s end
  end
  report.table{
    name = "latency_spectrogram",
    title = "Latency over time",
    description = "Calls of each second by how long they took.",
    columns = with_buckets{
      { name = "time", type = "time", help = "Begin of the second" },
      { name = "source", help = "File, or member of an archive" },
      { name = "calls", type = "u64", help = "Calls that ended in it" },
    },
    rows = rows,
  }

  rows = {}
  for _, c in pairs(categories) do rows[#rows + 1] = c end
  table.sort(rows, function(a, b) return a.total > b.total end)
  report.table{
    name = "latency_by_category",
    title = "Latency by kind of call",
    description = "Calls of each category by how long they took; those that took longest together first.",
    columns = with_buckets{
      { name = "category", help = "Kind of call; of input and output, what it worked on" },
      { name = "calls", type = "u64", help = "Calls" },
      { name = "upper_bounds", type = "u64", help = "Of these, calls whose begin was not recorded: they took at most so long" },
      { name = "total", type = "duration", help = "Time in these calls" },
      { name = "longest", type = "duration", help = "The longest of them" },
    },
    rows = rows,
  }
end

return {
  filter = "evt.latency exists",
  fields = { "evt.category", "evt.latency", "evt.latency_bound" },
  on_event = on_event,
  on_finish = on_finish,
}
