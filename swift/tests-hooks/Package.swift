// swift-tools-version: 6.0
import PackageDescription

// The package on a library that panics when asked to, which no released one does. PKG_CONFIG_PATH says which is linked.
let package = Package(
    name: "tests-hooks",
    platforms: [.macOS(.v13)],
    dependencies: [.package(name: "passlock", path: "..")],
    targets: [.testTarget(name: "PanicTests", dependencies: [.product(name: "Passlock", package: "passlock")])],
    swiftLanguageModes: [.v6]
)
