// The README's function, after the README's examples.
options.observer = trace
_ = try await PasslockClient(options).getUser("user-1")
