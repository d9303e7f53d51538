-- Debian has this library under another name; this older version writes no SameSite.
return require("nginx.cookie")
