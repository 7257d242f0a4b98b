// swift-tools-version: 6.0
import PackageDescription

// A user's project. Its program is the README's example; `run-tests` puts both below the checkout's target/ and builds it there
// against the package as it would be released.
let package = Package(
    name: "consumer",
    platforms: [.macOS(.v13)],
    dependencies: [.package(name: "passlock", path: "../passlock")],
    targets: [
        .executableTarget(
            name: "Consumer",
            dependencies: [
                .product(name: "Passlock", package: "passlock"),
                .product(name: "PasslockTesting", package: "passlock"),
            ]
        )
    ]
)
