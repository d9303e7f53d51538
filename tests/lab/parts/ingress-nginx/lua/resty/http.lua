-- Stand-in: needed for OCSP stapling only, which the laboratory does without.
return {
  new = function()
    return nil, "not part of the laboratory"
  end,
}
