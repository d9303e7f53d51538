-- Stand-in for lua-resty-lock, which Debian lacks: a lock that never waits, as the ewma balancer uses it.
local _M = {}
local mt = { __index = _M }

function _M.new(_, dictionary, options)
  local dict = ngx.shared[dictionary]
  if not dict then
    return nil, "dictionary not found"
  end
  return setmetatable({ dict = dict, exptime = options and options.exptime or 30 }, mt)
end

function _M.lock(self, key)
  local ok, err = self.dict:add(key, true, self.exptime)
  if not ok then
    return nil, err == "exists" and "timeout" or err
  end
  self.key = key
  return 0
end

function _M.unlock(self)
  if not self.key then
    return nil, "unlocked"
  end
  self.dict:delete(self.key)
  self.key = nil
  return 1
end

return _M
