// What the README's function makes of a call, after the README's examples.
options.observer = trace
_ = try await PasslockClient(options).getUser("user-1")
