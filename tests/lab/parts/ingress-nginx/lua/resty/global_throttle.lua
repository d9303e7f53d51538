-- Stand-in: needed for global rate limits only, which the laboratory does without.
return {
  new = function()
    return nil, "not part of the laboratory"
  end,
}
