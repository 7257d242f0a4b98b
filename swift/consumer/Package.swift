// swift-tools-version: 6.0
import PackageDescription

// A user's project, on the package as it is released. Its programs are the README's examples and a hostile host, with its tests.
// `run-tests` puts all of it below the checkout's target/ and builds it there.
let package = Package(
    name: "consumer",
    platforms: [.macOS(.v13)],
    dependencies: [.package(name: "passlock", path: "../passlock")],
    targets: [
        .executableTarget(
            name: "Consumer",
            dependencies: [
                "Tracing",
                .product(name: "Passlock", package: "passlock"),
                .product(name: "PasslockTesting", package: "passlock"),
            ]
        ),
        .target(name: "Tracing", path: "Tracing"),
        .executableTarget(
            name: "HostileHost",
            dependencies: [.product(name: "Passlock", package: "passlock")],
            path: "hostile-host/Program"
        ),
        .target(name: "Sockets", path: "Sockets"),
        .testTarget(
            name: "HostileHostTests",
            dependencies: [
                "HostileHost", "Sockets",
                .product(name: "Passlock", package: "passlock"),
                .product(name: "PasslockTesting", package: "passlock"),
            ],
            path: "hostile-host/Tests"
        ),
    ],
    swiftLanguageModes: [.v6]
)
