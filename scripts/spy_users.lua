-- spy_users.lua - what was done in shells: each command and each change of directory below a shell, in order, with the directory it
-- was done in.
--
--   thresher report --script spy_users.lua CAPTURE
--
-- A row is told apart from those of other shells by `shell`, the process id of the outermost shell above it: one login, one script,
-- one shell that an intruder opened. The outer shell of a shell is seen only as far as the capture knows its ancestors.

local SHELLS = { sh = true, bash = true, dash = true, ash = true, zsh = true, ksh = true, fish = true, csh = true, tcsh = true }

local rows = {}

-- What the capture does not know is told as "<NA>" or as an empty text.
local function known(text)
  if text ~= "" and text ~= "<NA>" then return text end
end

local function shells_above(ancestors)
  local n = 0
  for _, name in ipairs(ancestors or {}) do
    if SHELLS[name] then n = n + 1 end
  end
  return n
end

local function what_was_done(v)
  local type = v["evt.type"]
  if type == "execve" or type == "execveat" then
    return v["proc.cmdline"]
  end
  return SHELLS[v["proc.name"]] and "cd " .. (v["evt.arg.path"] or v["proc.cwd"] or "?")
end

local function on_event(v, num, time, source)
  local command = what_was_done(v)
  if not command then return end
  rows[#rows + 1] = {
    time = time,
    shell = v["proc.loginshellid"],
    depth = shells_above(v["proc.aname"]),
    terminal = (v["proc.tty"] or 0) ~= 0,
    user = known(v["user.name"]),
    container = v["container.id"],
    directory = known(v["proc.cwd"]),
    command = command,
    parent = known(v["proc.pname"]),
    pid = v["proc.pid"],
    event = num,
    source = source,
  }
end

local function on_finish()
  report.table{
    name = "shell_commands",
    title = "What was done in shells",
    description = "Commands and changes of directory below a shell, in the order of each capture.",
    columns = {
      { name = "time", type = "time", help = "When" },
      { name = "shell", type = "u64", unit = "id", help = "Process id of the outermost shell above it" },
      { name = "depth", type = "u64", help = "Shells above it" },
      { name = "terminal", type = "bool", help = "It had a terminal: somebody typed, or seemed to" },
      { name = "user", help = "Effective user" },
      { name = "container", help = "Container, host for none" },
      { name = "directory", help = "Working directory" },
      { name = "command", help = "Command line, or cd" },
      { name = "parent", help = "Process that ran it" },
      { name = "pid", type = "u64", unit = "id", help = "Process id" },
      { name = "event", type = "u64", unit = "id", help = "Number of the event in its source" },
      { name = "source", help = "File, or member of an archive" },
    },
    rows = rows,
  }
end

return {
  filter = "proc.loginshellid exists and evt.failed = false and evt.type in (execve, execveat, chdir, fchdir)",
  fields = {
    "evt.type", "evt.arg.path", "proc.name", "proc.pid", "proc.pname", "proc.aname", "proc.cmdline", "proc.cwd", "proc.tty",
    "proc.loginshellid", "user.name", "container.id",
  },
  on_event = on_event,
  on_finish = on_finish,
}
