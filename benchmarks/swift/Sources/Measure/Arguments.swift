import Glibc

/// How every client is started, in every language. Made first: the time to the first answer is counted from here.
public struct Arguments: Sendable {
    /// Where the server is.
    public let endpoint: String

    /// The file of the server's authority, where the server has one.
    public let ca: String?

    let warmUp: Int
    let calls: Int
    let atOnce: Int
    let started: UInt64?
    let main = monotonic()

    /// Those that this process was started with.
    public init() {
        startAgain()
        var given: [String: String] = [:]
        for at in stride(from: 1, to: CommandLine.arguments.count - 1, by: 2) {
            given[CommandLine.arguments[at]] = CommandLine.arguments[at + 1]
        }
        func number(_ name: String, otherwise: Int) -> Int {
            given[name].map { Int($0)! } ?? otherwise
        }
        ca = given["--ca"]
        endpoint = given["--endpoint"]!
        warmUp = number("--warm-up", otherwise: 200)
        calls = number("--calls", otherwise: 2000)
        atOnce = number("--at-once", otherwise: 1)
        started = given["--started"].map { UInt64($0)! }
    }
}

/// Where Swift is set up in a folder, the process begins by mounting and entering that, which is no work of the client's. So
/// the program is started a second time, and the start of the process is when that was.
private func startAgain() {
    let mark = "PASSLOCK_BENCHMARKS_STARTED_AGAIN"
    guard getenv(mark) == nil, let at = CommandLine.arguments.firstIndex(of: "--started") else { return }
    setenv(mark, "1", 1)
    var arguments = CommandLine.arguments
    arguments[at + 1] = String(monotonic())
    execv("/proc/self/exe", arguments.map { strdup($0) } + [nil])
    fatalError("it can't be started again: \(String(cString: strerror(errno)))")
}

/// Nanoseconds of the clock that all processes of this machine share.
func monotonic() -> UInt64 {
    nanoseconds(CLOCK_MONOTONIC)
}

/// What this clock says.
func nanoseconds(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
