package = "lua-cjson"
version = "2.1.0.10-1"
source = {
    url = "https://example.org/lua-cjson.zip",
}
description = {
    summary = "A fast JSON parser",
    license = "MIT"
}
