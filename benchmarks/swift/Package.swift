// swift-tools-version: 6.0
import PackageDescription

// What `swift/run-tests --only-package` puts there, as it is released.
let passlock = Package.Dependency.package(name: "passlock", path: "../../target/swift-package/passlock")

let package = Package(
    name: "benchmarks",
    products: [
        .executable(name: "passlock", targets: ["Ours"]),
        .executable(name: "urlsession", targets: ["ByURLSession"]),
    ],
    dependencies: [passlock],
    targets: [
        .target(name: "Measure"),
        .executableTarget(name: "Ours", dependencies: ["Measure", .product(name: "Passlock", package: "passlock")]),
        .executableTarget(name: "ByURLSession", dependencies: ["Measure"]),
    ],
    swiftLanguageModes: [.v6]
)
