-- Stand-in for lua-resty-balancer, which Debian lacks: nodes of equal weight in turn, from a random one on.
local _M = {}
local mt = { __index = _M }

local function fill(self, nodes)
  self.nodes = nodes
  self.ids = {}
  for id in pairs(nodes) do
    table.insert(self.ids, id)
  end
  table.sort(self.ids)
  self.last = #self.ids > 0 and math.random(#self.ids) or 0
end

function _M.new(_, nodes)
  local self = setmetatable({}, mt)
  fill(self, nodes)
  return self
end

_M.reinit = fill

function _M.find(self)
  if #self.ids == 0 then
    return nil
  end
  self.last = self.last % #self.ids + 1
  return self.ids[self.last]
end

return _M
