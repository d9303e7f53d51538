-- Stand-in for lua-resty-balancer, which Debian lacks: the node with the highest hash together with the key wins, so
-- that a node that comes or goes moves only its own keys. Which node a key gets differs from the original.
local _M = {}
local mt = { __index = _M }

function _M.new(_, nodes)
  return setmetatable({ nodes = nodes }, mt)
end

function _M.reinit(self, nodes)
  self.nodes = nodes
end

function _M.find(self, key)
  local best, best_hash
  for id in pairs(self.nodes) do
    local hash = ngx.md5(id .. "|" .. tostring(key))
    if not best or hash > best_hash then
      best, best_hash = id, hash
    end
  end
  return best
end

return _M
