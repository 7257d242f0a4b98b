import Foundation
import Passlock

/// SIGPIPE ends the process, as it does unless somebody says otherwise.
@Sendable
func sigpipe(_ endpoint: String) async throws {
    signal(SIGPIPE, SIG_DFL)
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    try expect(pthread_sigmask(SIG_UNBLOCK, &signals, nil) == 0, "SIGPIPE stays blocked")
    let client = try HostileHost.client(of: endpoint)
    for _ in 0..<300 {
        _ = try await succeeds(or: .connection) { try await client.getUser("user-1") }
    }
}

/// A timer's signal interrupts whatever the process waits for, once a millisecond.
@Sendable
func raisedSignals(_ endpoint: String) async throws {
    var action = sigaction()
    #if canImport(Darwin)
        action.__sigaction_u.__sa_handler = { _ in }
        let clock = ITIMER_REAL
    #else
        action.__sigaction_handler.sa_handler = { _ in }
        let clock = __itimer_which_t(ITIMER_REAL.rawValue)
    #endif
    // Without SA_RESTART.
    action.sa_flags = 0
    sigaction(SIGALRM, &action, nil)
    let pause = timeval(tv_sec: 0, tv_usec: 1000)
    var timer = itimerval(it_interval: pause, it_value: pause)
    setitimer(clock, &timer, nil)
    for _ in 0..<20 {
        // A connection each time, whose opening is interrupted too.
        let client = try HostileHost.client(of: endpoint)
        for _ in 0..<20 {
            try expect(try await succeeds { try await client.getUser("user-1") }, "another user")
        }
    }
}
