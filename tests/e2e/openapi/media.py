"""How Schemathesis writes what it has no form for."""

import schemathesis


@schemathesis.serializer("application/toml", "application/wasm")
def as_it_is(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
