// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "consumer",
    platforms: [.macOS(.v13)],
    dependencies: [.package(name: "passlock", path: "../passlock")],
    targets: [
        .executableTarget(
            name: "Try",
    DEPENDENCIES
        )
    ]
)
