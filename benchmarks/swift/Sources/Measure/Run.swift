import Glibc

/// Makes calls one after another, or that many at once, in as many tasks, and prints what they cost; with none to make, one for
/// each line that asks for it.
public func run(
    _ arguments: Arguments, openAhead: (@Sendable () async throws -> Void)? = nil,
    _ call: @escaping @Sendable () async throws -> Void
) async throws {
    if arguments.calls == 0 {
        setlinebuf(stdout)
        while let line = readLine() {
            await onDemand(line == "call" ? call : openAhead)
        }
        return
    }
    try await call()
    let answered = monotonic()
    _ = try await calls(arguments.warmUp, atOnce: arguments.atOnce, call)
    let (cpu, wall) = (cpuTime(), monotonic())
    let latencies = try await calls(arguments.calls, atOnce: arguments.atOnce, call)
    report(arguments, answered: answered, cpu: cpuTime() - cpu, wall: monotonic() - wall, latencies.sorted())
}

/// One call, or what opens a connection ahead: prints how long it took, in microseconds.
private func onDemand(_ does: (@Sendable () async throws -> Void)?) async {
    guard let does else {
        print("none")
        return
    }
    let start = monotonic()
    do {
        try await does()
        print((monotonic() - start) / 1000)
    } catch {
        print("failed")
    }
}

// One caller is a task too, as a handler of a server is.
private func calls(
    _ count: Int, atOnce: Int, _ call: @escaping @Sendable () async throws -> Void
) async throws -> [UInt64] {
    try await withThrowingTaskGroup(of: [UInt64].self) { workers in
        for _ in 0..<atOnce {
            workers.addTask {
                var latencies: [UInt64] = []
                latencies.reserveCapacity(count / atOnce)
                for _ in 0..<count / atOnce {
                    let start = monotonic()
                    try await call()
                    latencies.append(monotonic() - start)
                }
                return latencies
            }
        }
        return try await workers.reduce(into: []) { $0 += $1 }
    }
}

/// One line of JSON: microseconds and kibibytes.
private func report(_ arguments: Arguments, answered: UInt64, cpu: UInt64, wall: UInt64, _ latencies: [UInt64]) {
    let count = latencies.count
    func micros(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e3 }
    func part(_ of: Double) -> Double { micros(latencies[Int(Double(count - 1) * of)]) }
    let start = arguments.started.map { "\(micros(answered - $0))" } ?? "null"
    print(
        """
        {"calls":\(count),"cpu_us":\(micros(cpu) / Double(count)),"wall_us":\(micros(wall) / Double(count)),\
        "p50_us":\(part(0.50)),"p99_us":\(part(0.99)),"rss_kib":\(peakKiB()),"import_us":0,\
        "ready_us":\(micros(answered - arguments.main)),"start_us":\(start)}
        """
    )
}

/// Nanoseconds of user and system time, of all threads.
private func cpuTime() -> UInt64 {
    nanoseconds(CLOCK_PROCESS_CPUTIME_ID)
}

/// Not `ru_maxrss`: that one begins with what the process that started this one had used.
private func peakKiB() -> Int {
    let file = fopen("/proc/self/status", "r")!
    defer { fclose(file) }
    var status = [UInt8](repeating: 0, count: 4096)
    let count = fread(&status, 1, status.count, file)
    let lines = String(decoding: status.prefix(count), as: UTF8.self).split(separator: "\n")
    return Int(lines.first { $0.hasPrefix("VmHWM:") }!.filter(\.isNumber))!
}
